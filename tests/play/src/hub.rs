//! A hub as a test double: it keeps chains, key packages and logs as a server does. Its fields are open, so that a test can
//! lie with them.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use chancery_groups::{Breach, Change, Company, Face, check_key_package, meet};
use chancery_trail::{digest, room_next, room_start};
use chancery_transparency::Charter;
use chancery_wire::{
    api::{self, Chain, Chains, Claimed, RoomHead, Welcome},
    bytes::Opaque,
    frames::{Accepted, Entry, Kind, Refused, Submit},
    ids::{DeviceId, Digest, FileId, RoomId, SubmissionId},
    names::Handle,
    problem::Code,
    time::Instant,
};

/// A submission as anybody could make it.
pub fn submission(room: RoomId, kind: Kind, body: &[u8]) -> Submit {
    let id = SubmissionId::from_slice(&digest(body).0[..16]).unwrap();
    let (welcome, group_info) = (vec![].into(), vec![].into());
    Submit { id, room, kind, epoch: 0, body: body.to_vec().into(), welcome, group_info }
}

/// A room, as the hub keeps it.
#[derive(Debug)]
pub struct Hall {
    /// Its public face.
    pub face: Face,
    /// Its log.
    pub log: Vec<Entry>,
    /// The tree of the current epoch.
    pub tree: Vec<u8>,
    /// The group info of the current epoch.
    pub group_info: Vec<u8>,
    /// What its commits did, each with its place in the log.
    pub changes: Vec<(u64, Change)>,
}

impl Hall {
    /// Where its log ends.
    pub fn head(&self, room: RoomId) -> (u64, Digest) {
        self.log.last().map_or((0, room_start(room)), |entry| (entry.seq, entry.head))
    }

    /// Puts something at the end of the log, whatever it is.
    pub fn append(&mut self, submit: &Submit, at: Instant) -> Accepted {
        let (seq, head) = self.head(submit.room);
        let (seq, body) = (seq + 1, submit.body.as_slice());
        let digest = digest(body);
        let head = room_next(head, seq, submit.kind, digest);
        let at = at.0.try_into().unwrap();
        let body = Some(submit.body.clone());
        self.log.push(Entry {
            room: submit.room,
            seq,
            kind: submit.kind,
            at,
            id: submit.id,
            head,
            digest,
            body,
        });
        Accepted { id: submit.id, room: submit.room, seq, at, head }
    }

    /// Counts and chains the log anew, so that a lie about it is told without a slip.
    pub fn chain_anew(&mut self, room: RoomId) {
        let mut head = room_start(room);
        for (seq, entry) in (1..).zip(&mut self.log) {
            if let Some(body) = &entry.body {
                entry.digest = digest(body.as_slice());
            }
            head = room_next(head, seq, entry.kind, entry.digest);
            (entry.seq, entry.head) = (seq, head);
        }
    }
}

/// The hub.
#[derive(Debug, Default)]
pub struct Hub {
    /// The device chains.
    pub chains: BTreeMap<Handle, Chain>,
    /// Key packages of each account's one device, those for one use first.
    pub packages: HashMap<Handle, Vec<Opaque>>,
    /// The rooms.
    pub halls: HashMap<RoomId, Hall>,
    /// The welcomes that wait for devices.
    pub welcomes: HashMap<DeviceId, Vec<Welcome>>,
    /// The files it was told to delete.
    pub disposed: Vec<FileId>,
    /// The devices that their account's chain has revoked.
    pub revoked: BTreeSet<DeviceId>,
    /// The amendments of the charter.
    pub amendments: Vec<Vec<u8>>,
    /// The charter by which it judges who may meet whom; by none, it lets everybody meet everybody.
    pub charter: Option<Arc<Charter>>,
}

impl Hub {
    /// The same hub once more: what is done to one is not done to the other.
    #[must_use]
    pub fn twin(&self) -> Self {
        let hall = |(room, hall): (&RoomId, &Hall)| {
            let face = Face::load(&hall.face.save().unwrap()).unwrap();
            let (log, tree, group_info) = (hall.log.clone(), hall.tree.clone(), hall.group_info.clone());
            (*room, Hall { face, log, tree, group_info, changes: hall.changes.clone() })
        };
        let (chains, packages) = (self.chains.clone(), self.packages.clone());
        Self {
            chains,
            packages,
            halls: self.halls.iter().map(hall).collect(),
            welcomes: self.welcomes.clone(),
            disposed: self.disposed.clone(),
            revoked: self.revoked.clone(),
            amendments: self.amendments.clone(),
            charter: self.charter.clone(),
        }
    }

    /// Opens a room; the same again is answered the same.
    pub fn open(&mut self, open: &api::Open) -> RoomHead {
        let hall = self.halls.entry(open.room).or_insert_with(|| Hall {
            face: Face::open(open.room, &open.tree.0, &open.group_info.0).unwrap(),
            log: vec![],
            tree: open.tree.0.clone(),
            group_info: open.group_info.0.clone(),
            changes: vec![],
        });
        let (seq, head) = hall.head(open.room);
        RoomHead { room: open.room, epoch: hall.face.epoch(), seq, head }
    }

    /// Takes in a submission by the rules of the room, whoever sends it.
    pub fn submit(&mut self, submit: &Submit, at: Instant) -> Result<Accepted, Refused> {
        let refused = |code: Code| Refused {
            id: submit.id,
            room: submit.room,
            code: code.as_str().as_bytes().to_vec().into(),
            title: code.title().as_bytes().to_vec().into(),
        };
        let hall = self.halls.get_mut(&submit.room).ok_or_else(|| refused(Code::NoRoom))?;
        if let Some(entry) = hall.log.iter().find(|entry| entry.id == submit.id) {
            return Ok(Accepted {
                id: entry.id,
                room: entry.room,
                seq: entry.seq,
                at: entry.at,
                head: entry.head,
            });
        }
        let breach = |breach: Breach| match breach {
            Breach::OtherEpoch => refused(Code::WrongEpoch),
            Breach::OldCharter { .. } => refused(Code::OldCharter),
            _ => refused(Code::Refused),
        };
        match submit.kind {
            Kind::Message => {
                let epoch = chancery_groups::sealed_epoch(submit.room, submit.body.as_slice())
                    .map_err(|_| refused(Code::NotSealed))?;
                if epoch > hall.face.epoch() || epoch + 1 < hall.face.epoch() {
                    return Err(refused(Code::WrongEpoch));
                }
                return Ok(hall.append(submit, at));
            }
            Kind::Proposal => {
                hall.face.propose(submit.body.as_slice()).map_err(breach)?;
                return Ok(hall.append(submit, at));
            }
            Kind::Commit => {}
        }
        let before = hall.face.leaves().unwrap();
        if let Some(charter) = &self.charter {
            let change = hall.face.read(submit.body.as_slice()).map_err(breach)?;
            let (since, room) = (charter.separated(), submit.room);
            meet(&before, &change, Company { room, at, charter, since, whose: &|_| None }).map_err(breach)?;
        }
        let change = hall
            .face
            .commit(submit.body.as_slice(), submit.group_info.as_slice(), &|leaf| {
                self.revoked.contains(&leaf.name.device)
            })
            .map_err(breach)?;
        hall.tree = hall.face.tree().unwrap();
        hall.group_info = submit.group_info.as_slice().to_vec();
        let accepted = hall.append(submit, at);
        hall.changes.push((accepted.seq, change.clone()));
        for (leaf, _) in &change.added {
            self.welcomes.entry(leaf.name.device).or_default().push(Welcome {
                room: submit.room,
                seq: accepted.seq,
                head: accepted.head,
                welcome: Opaque(submit.welcome.as_slice().to_vec()),
                tree: Opaque(hall.tree.clone()),
            });
        }
        Ok(accepted)
    }

    /// What stands in a room's log after an entry.
    pub fn entries(&self, room: RoomId, after: u64) -> Vec<Entry> {
        let log = self.halls.get(&room).map(|hall| hall.log.as_slice()).unwrap_or_default();
        log.iter().filter(|entry| entry.seq > after).cloned().collect()
    }

    /// Chains of these accounts, the founder's first.
    pub fn chains(&self, handles: &[Handle]) -> Chains {
        // Everybody here was invited by the founder, who is served first.
        let founder = self.chains.values().filter(|chain| chain.handle.as_str() == "alice");
        let asked = handles.iter().filter_map(|handle| self.chains.get(handle));
        Chains { chains: founder.chain(asked).cloned().collect() }
    }

    /// Hands out a key package of an account's one device.
    pub fn claim(&mut self, handle: &Handle, now: Instant) -> Result<Claimed, String> {
        let stock = self.packages.get_mut(handle).ok_or("there is no such account")?;
        let last_resort =
            |package: &Opaque| check_key_package(&package.0, now).is_ok_and(|offer| offer.last_resort);
        let package =
            if stock.len() > 1 && !last_resort(&stock[0]) { stock.remove(0) } else { stock[0].clone() };
        Ok(Claimed { packages: vec![package] })
    }

    /// What is needed to come back into a room.
    pub fn return_to(&self, room: RoomId) -> api::Return {
        let hall = &self.halls[&room];
        let (seq, head) = hall.head(room);
        api::Return {
            head: RoomHead { room, epoch: hall.face.epoch(), seq, head },
            group_info: Opaque(hall.group_info.clone()),
            tree: Opaque(hall.tree.clone()),
        }
    }
}
