//! A room without a network: its log, and the public face by which commits are judged.
//!
//! It answers a device as the server would. What went into it is kept, so that it can be played to a real server later.

use std::time::Duration;

use chancery_engine::{Engine, Joined, Out};
use chancery_groups::Face;
use chancery_trail::{digest, room_next, room_start};
use chancery_wire::{
    api::{self, RoomHead, Welcome},
    bytes::Opaque,
    frames::{Accepted, Entry, Kind, Submit, UpTo},
    ids::{Digest, RoomId},
    time::Instant,
};

use crate::{
    Outcome,
    clock::{Watch, elapsed},
    people::Book,
};

/// A room, as a server keeps it.
#[derive(Debug)]
pub(crate) struct Hall {
    /// The room.
    pub(crate) room: RoomId,
    /// What opened it.
    pub(crate) open: api::Open,
    /// What was put into it, in order.
    pub(crate) submitted: Vec<Submit>,
    /// The last entry of its log.
    pub(crate) last: Option<Entry>,
    /// The welcome of whoever was added last.
    pub(crate) welcome: Option<Welcome>,
    /// What came after that.
    pub(crate) since: Vec<Entry>,
    /// How long the server's share of the last commit took: to load the face, judge, follow, and write it.
    pub(crate) judged: Duration,
    face: Vec<u8>,
    epoch: u64,
    head: Digest,
}

impl Hall {
    /// Opens the room a device has just made.
    pub(crate) fn open(engine: &mut Engine, now: Instant) -> Outcome<Self> {
        let out = engine.outgoing(now)?.into_iter().find_map(|out| match out {
            Out::Open(open) => Some(open),
            _ => None,
        });
        let open = out.ok_or("the room was not opened")?;
        let room = open.room;
        let face = Face::open(room, &open.tree.0, &open.group_info.0)?.save()?;
        let head = room_start(room);
        engine.opened(&RoomHead { room, epoch: 0, seq: 0, head }, now)?;
        engine.connected(now);
        engine.up_to(0, &UpTo { room, seq: 0, last: 0 }, now)?;
        let (submitted, judged) = (vec![], Duration::ZERO);
        let (last, welcome, since) = (None, None, vec![]);
        Ok(Self { room, open, submitted, last, welcome, since, judged, face, epoch: 0, head })
    }

    /// Lets a device do everything it wants to; counts its time, not the hall's. Returns how much it submitted.
    pub(crate) fn settle(
        &mut self,
        engine: &mut Engine,
        book: &Book,
        now: Instant,
        watch: &mut Watch,
    ) -> Outcome<usize> {
        let before = self.submitted.len();
        loop {
            let out = watch.run(|| engine.outgoing(now))?;
            if out.is_empty() {
                return Ok(self.submitted.len() - before);
            }
            for out in out {
                match out {
                    Out::Submit(submit) => self.take(engine, &submit, now, watch)?,
                    Out::Claim(wish, handles) => {
                        let claims = book.claims(&handles);
                        loop {
                            let needs = watch.run(|| engine.claimed(wish, &claims, now))?;
                            if needs.is_empty() {
                                break;
                            }
                            let chains = book.chains(&needs);
                            watch.run(|| engine.trust(&needs, &chains, now))?;
                        }
                    }
                    Out::Open(_) | Out::ClaimDevices(..) | Out::Dispose(..) | Out::Return(_) => {
                        return Err("a device lost its way".into());
                    }
                }
            }
        }
    }

    /// Takes in what a device submits, and lets it see its own entry.
    fn take(&mut self, engine: &mut Engine, submit: &Submit, now: Instant, watch: &mut Watch) -> Outcome {
        let (accepted, entry) = self.append(submit, now)?;
        let received = watch.run(|| {
            engine.accepted(&accepted, now)?;
            engine.receive(self.room, std::slice::from_ref(&entry), now)
        })?;
        match received.alarm {
            Some(alarm) => Err(alarm.to_string().into()),
            None => Ok(()),
        }
    }

    /// Puts something at the end of the log, as a server does.
    pub(crate) fn append(&mut self, submit: &Submit, now: Instant) -> Outcome<(Accepted, Entry)> {
        if submit.kind == Kind::Commit {
            let begin = elapsed();
            let mut face = Face::load(&self.face)?;
            face.commit(submit.body.as_slice(), submit.group_info.as_slice(), &|_| false)?;
            (self.face, self.epoch) = (face.save()?, face.epoch());
            self.judged = elapsed().saturating_sub(begin);
        }
        let (room, id, seq) = (self.room, submit.id, self.last.as_ref().map_or(1, |last| last.seq + 1));
        let (kind, digest) = (submit.kind, digest(submit.body.as_slice()));
        let (at, head) = (u64::try_from(now.0)?, room_next(self.head, seq, kind, digest));
        let body = Some(submit.body.clone());
        let entry = Entry { room, seq, kind, at, id, head, digest, body };
        self.head = head;
        self.submitted.push(submit.clone());
        self.last = Some(entry.clone());
        if submit.welcome.as_slice().is_empty() {
            self.since.push(entry.clone());
        } else {
            let welcome = Opaque(submit.welcome.as_slice().to_vec());
            let tree = Opaque(Face::load(&self.face)?.tree()?);
            self.welcome = Some(Welcome { room, seq, head, welcome, tree });
            self.since.clear();
        }
        Ok((Accepted { id, room, seq, at, head }, entry))
    }

    /// The room's epoch.
    pub(crate) fn epoch(&self) -> u64 {
        self.epoch
    }
}

/// Lets a device join by a welcome; counts its time. What came after the welcome is still to be received.
pub(crate) fn join(
    engine: &mut Engine,
    welcome: &Welcome,
    book: &Book,
    now: Instant,
    watch: &mut Watch,
) -> Outcome {
    loop {
        match watch.run(|| engine.welcomed(welcome, now))? {
            Joined::In(_) => return Ok(()),
            Joined::Needs(needs) => {
                let handles = needs.chains;
                let chains = book.chains(&handles);
                watch.run(|| engine.trust(&handles, &chains, now))?;
            }
            other => return Err(format!("a device did not join: {other:?}").into()),
        }
    }
}
