//! What is to be sent now: every wish that can be fulfilled is sealed, in order, and handed out until it is answered.

use chancery_groups::{policy_of, roster};
use chancery_vault::{Room, Standing, WishId, Wished};
use chancery_wire::{
    api,
    bytes::Opaque,
    frames::{Kind, Submit},
    ids::{DeviceId, FileId, RoomId},
    names::Handle,
    time::Instant,
};
use openmls::group::MlsGroup;

use crate::{
    engine::{Engine, Turn},
    error::EngineError,
    seal::AGAIN,
    wish::Wish,
};

/// Messages sealed before a leaf is renewed, so that healing from a stolen state is bounded in messages too.
const RENEW_MESSAGES: u32 = 100;
/// How many messages of a room may be on their way at once.
const WINDOW: usize = 64;

/// Something the network is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Out {
    /// Send this; the answer goes to [`Engine::accepted`] or [`Engine::refused`].
    Submit(Submit),
    /// Ask the server to open a room; the answer goes to [`Engine::opened`].
    Open(api::Open),
    /// Ask for key packages of these accounts; the answer goes to [`Engine::claimed`].
    Claim(WishId, Vec<Handle>),
    /// Ask for key packages of these devices of an account; the answer goes to [`Engine::claimed`].
    ClaimDevices(WishId, Handle, Vec<DeviceId>),
    /// Delete a file that was taken back; that it is gone goes to [`Engine::disposed`].
    Dispose(RoomId, FileId),
    /// Ask for what is needed to come back into the room; the answer goes to [`Engine::come_back`].
    Return(RoomId),
}

impl Engine {
    /// What is to be sent now. Only rooms that were followed to the end of their log send anything.
    pub fn outgoing(&mut self, now: Instant) -> Result<Vec<Out>, EngineError> {
        // Most of the time there is nothing: look before a transaction that writes is made.
        let idle = self.look(|step, _| {
            let quiet = |room: &Room| match room.standing {
                Standing::Joined => {
                    let settled = room.settle_at.is_none_or(|at| at > now);
                    let told = tells_at(room).into_iter().flatten().all(|at| at > now);
                    settled && told && room.renew_at > now && room.sealed < RENEW_MESSAGES
                }
                Standing::Opening | Standing::Lost => false,
                Standing::Left | Standing::Paused | Standing::Stopped => true,
            };
            let over = step.next_expiry()?.into_iter().chain(self.over_at()).any(|at| at <= now);
            let wished = step.has_wishes()? || !step.disposals(now)?.is_empty();
            Ok(step.rooms()?.iter().all(quiet) && !over && !wished)
        })?;
        if idle {
            return Ok(vec![]);
        }
        self.turn(now, |turn| {
            let mut out = Vec::new();
            turn.step.expire(now)?;
            if turn.memory.over_at.is_some_and(|at| at <= now) {
                turn.look_for_those_over()?;
            }
            for mut room in turn.step.rooms()? {
                let live = room.standing == Standing::Joined && turn.memory.caught_up.contains(&room.id);
                if live && tells_at(&room).into_iter().flatten().any(|at| at <= now) {
                    turn.report(&mut room)?;
                    turn.tell_draft(&mut room)?;
                    turn.tell_names(&mut room)?;
                    turn.step.keep_room(&room)?;
                }
            }
            for room in turn.step.rooms()? {
                turn.outgoing(room, &mut out)?;
            }
            out.extend(turn.step.disposals(now)?.into_iter().map(|(room, file)| Out::Dispose(room, file)));
            Ok(out)
        })
    }
}

impl Turn<'_> {
    fn outgoing(&mut self, room: Room, out: &mut Vec<Out>) -> Result<(), EngineError> {
        match room.standing {
            Standing::Opening => self.open(&room, out),
            Standing::Joined if self.memory.caught_up.contains(&room.id) => self.joined(room, out),
            Standing::Lost if self.memory.caught_up.contains(&room.id) => self.lost(&room, out),
            _ => Ok(()),
        }
    }

    fn open(&mut self, room: &Room, out: &mut Vec<Out>) -> Result<(), EngineError> {
        for wished in self.step.wishes(room.id)? {
            if let Wish::Open { group_info, tree } = Wish::read(&wished.what)? {
                let (group_info, tree) = (Opaque(group_info.into_vec()), Opaque(tree.into_vec()));
                out.push(Out::Open(api::Open { room: room.id, group_info, tree }));
            }
        }
        Ok(())
    }

    fn lost(&mut self, room: &Room, out: &mut Vec<Out>) -> Result<(), EngineError> {
        let wishes = self.step.wishes(room.id)?;
        let returning = wishes.iter().find(|wished| matches!(Wish::read(&wished.what), Ok(Wish::Return)));
        match returning {
            Some(kept) => self.send(kept, out),
            None if self.memory.replaced.contains(&room.id) && wishes.is_empty() => {}
            None => out.push(Out::Return(room.id)),
        }
        Ok(())
    }

    fn joined(&mut self, mut room: Room, out: &mut Vec<Out>) -> Result<(), EngineError> {
        let mut group = self.group(room.id)?;
        let asked = self.asked(&room, &group)?;
        let settled = room.settle_at.is_none_or(|at| at <= self.now);
        if settled && self.nobody_stays(&room, &group, &asked)? {
            self.abandon(&mut room)?;
            return Ok(self.step.keep_room(&room)?);
        }
        let elsewhere = self.leaves_elsewhere(&group, &asked)?;
        let mut wishes = self.wishes(&room, &group, (!asked.is_empty(), elsewhere))?;
        // Somebody else was first.
        let settles = |wish: &Wish| matches!(wish, Wish::Settle | Wish::Mend { .. });
        if elsewhere {
            // Its keys are renewed when that is over, or looked at again then.
            room.renew_at = room.renew_at.max(self.now.plus_seconds(AGAIN));
            room.settle_at = None;
        } else if room.settle_at.is_some_and(|at| at <= self.now)
            && !wishes.iter().any(|(_, wish)| settles(wish))
        {
            room.settle_at = None;
        }
        // INVARIANT: of a device's own changes one is under way at a time, because the group keeps what only the last one does. Then
        // what others proposed is committed before anything else: until then nobody can say anything. Revoked devices wait for
        // nothing else either: who has asked to leave may be left alone with them.
        // Nothing more is said with keys that are due to be renewed: they may be older than this vault knows.
        let stale = room.renew_at <= self.now;
        wishes.sort_by_key(|(wished, wish)| match (&wished.sealed, wish) {
            (Some(sealed), _) if sealed.kind == Kind::Commit => 0,
            (Some(sealed), _) if sealed.kind == Kind::Message => 1,
            (_, Wish::Settle) => 2,
            (_, Wish::Mend { .. }) => 3,
            // Whoever leaves has said before what was to be said, such as what the room is called.
            (None, Wish::Leave) => 6,
            (None, Wish::Write { .. }) if stale => 5,
            _ => 4,
        });
        let leaves = wishes.iter().filter(|(_, wish)| *wish == Wish::Leave).count();
        // A large room is looked through only for somebody who wants to leave it.
        let alone = leaves > 0 && group.members().take(2).count() == 1;
        if alone && leaves == wishes.len() {
            self.abandon(&mut room)?;
            return Ok(self.step.keep_room(&room)?);
        }
        for (wished, wish) in wishes.into_iter().take(WINDOW) {
            // What is under way may still bring somebody in; alone, one leaves when that is over.
            if alone && wish == Wish::Leave {
                break;
            }
            let ready = if wished.sealed.is_some() {
                Some(wished)
            } else if wished.not_before > group.epoch().as_u64()
                || waits_for_own_leave(&wish, &group)
                || elsewhere
            {
                None
            } else {
                match &wish {
                    Wish::Add { handles, packages, .. } if packages.is_empty() => {
                        out.push(Out::Claim(wished.wish, handles.clone()));
                        None
                    }
                    Wish::Mend { handle, packages: None } => {
                        let policy = policy_of(group.extensions())?;
                        let amiss = self.amiss(room.id, (&roster(group.public_group())?, &policy), handle)?;
                        if amiss.missing.is_empty() {
                            self.seal(&mut room, &mut group, &wished, &wish)?;
                            self.step.wished(wished.wish)?.filter(|wished| wished.refused.is_none())
                        } else {
                            out.push(Out::ClaimDevices(wished.wish, handle.clone(), amiss.missing));
                            None
                        }
                    }
                    _ => {
                        self.seal(&mut room, &mut group, &wished, &wish)?;
                        self.step.wished(wished.wish)?.filter(|wished| wished.refused.is_none())
                    }
                }
            };
            let Some(ready) = ready else { break };
            self.send(&ready, out);
            // Nothing overtakes a handshake: what comes after it belongs to the epoch it opens.
            if ready.sealed.is_some_and(|sealed| sealed.kind != Kind::Message) {
                break;
            }
        }
        self.step.keep_room(&room)?;
        self.put(room.id, group);
        Ok(())
    }

    /// The wishes of a room, with those of the device itself: to settle what was proposed, and to renew its leaf.
    fn wishes(
        &mut self,
        room: &Room,
        group: &MlsGroup,
        (asked, elsewhere): (bool, bool),
    ) -> Result<Vec<(Wished, Wish)>, EngineError> {
        let read = |turn: &Self| -> Result<Vec<(Wished, Wish)>, EngineError> {
            let wishes = turn.step.wishes(room.id)?.into_iter();
            wishes.map(|wished| Wish::read(&wished.what).map(|wish| (wished, wish))).collect()
        };
        let wishes = read(self)?;
        if elsewhere {
            return Ok(wishes);
        }
        // Whoever waits for others to let it go does not wait with what they need for that.
        let handshake = wishes.iter().any(|(_, wish)| !matches!(wish, Wish::Write { .. } | Wish::Leave));
        let due = !wishes.is_empty() || room.settle_at.is_none_or(|at| at <= self.now);
        let mend = if due && !handshake { self.next_to_mend(room, group)? } else { None };
        let own = |wish: Wish| self.step.wish(room.id, self.now, &wish.write());
        if due && asked {
            if wishes.iter().any(|(_, wish)| *wish == Wish::Settle) {
                return Ok(wishes);
            }
            own(Wish::Settle)?;
        } else if let Some(handle) = mend {
            own(Wish::Mend { handle, packages: None })?;
        } else if !handshake && (room.sealed >= RENEW_MESSAGES || room.renew_at <= self.now) {
            own(Wish::Renew)?;
        } else {
            return Ok(wishes);
        }
        read(self)
    }

    /// Hands out what was sealed, unless it is on its way or promised its place already.
    fn send(&mut self, wished: &Wished, out: &mut Vec<Out>) {
        let Some(sealed) = &wished.sealed else { return };
        if wished.accepted.is_some() || !self.memory.in_flight.insert(sealed.submission) {
            return;
        }
        out.push(Out::Submit(Submit {
            id: sealed.submission,
            room: wished.room,
            kind: sealed.kind,
            epoch: sealed.epoch,
            body: sealed.body.clone().into(),
            welcome: sealed.welcome.clone().into(),
            group_info: sealed.group_info.clone().into(),
        }));
    }
}

/// Whether something cannot be said now: this device has asked to leave, and that is neither committed nor over.
fn waits_for_own_leave(wish: &Wish, group: &MlsGroup) -> bool {
    matches!(wish, Wish::Write { .. }) && group.pending_proposals().next().is_some()
}

/// When the device tells something by itself in a room: what was got and read, what is being written, what the room is called.
pub(crate) fn tells_at(room: &Room) -> [Option<Instant>; 4] {
    [room.report_at, room.draft_at, room.name.say_at, room.topic.say_at]
}
