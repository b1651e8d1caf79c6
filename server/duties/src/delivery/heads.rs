//! What the batching task knows by heart: where each busy room stands, and who is in it.
//!
//! Read once and kept in step by the one task that writes. Another node may write too; then the next place in the log is
//! taken, the write is lost, and the room is read again. So what is known here may be old, and can never do harm.

use std::collections::HashMap;

use chancery_floor::store::{Read, StoreError};
use chancery_wire::ids::{DeviceId, RoomId};

use super::store;
use crate::rooms::{self, Standing};

/// How many rooms are known by heart.
const ROOMS: usize = 20_000;

/// A room.
#[derive(Debug)]
pub(super) struct Head {
    /// Where it stands.
    pub standing: Standing,
    /// Who is in it.
    pub members: HashMap<DeviceId, Mark>,
    /// Who was removed and has not fetched the rest that is for it.
    pub removed: HashMap<DeviceId, Rest>,
    /// The bodies up to here were certainly deleted, but those that are for somebody who was removed. Kept when the room is read anew, and
    /// unknown in the beginning.
    pub forgotten: u64,
    /// The batch that used it last.
    used: u64,
    /// The batch for which it was read.
    read: u64,
    /// Whether it is to be read anew before anything is decided by it.
    stale: bool,
}

/// How a member stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    /// The entry that added it.
    pub joined: u64,
    /// The last entry it keeps.
    pub acknowledged: u64,
    /// Whether its welcome still waits.
    pub waits: bool,
}

/// What is still for a device that was removed: the entries after `acknowledged`, up to the one that removed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rest {
    /// The last entry it keeps.
    pub acknowledged: u64,
    /// The entry that removed it.
    pub removed: u64,
}

impl Mark {
    /// A member that was added at `joined`.
    pub(super) fn new(joined: u64) -> Self {
        Self { joined, acknowledged: joined, waits: true }
    }
}

/// The rooms known by heart.
#[derive(Debug, Default)]
pub(super) struct Heads {
    rooms: HashMap<RoomId, Head>,
    turn: u64,
}

impl Head {
    /// Moves a device on, whether it is in the room or was.
    pub(super) fn move_on(&mut self, device: DeviceId, seq: u64) {
        if let Some(mark) = self.members.get_mut(&device) {
            mark.acknowledged = mark.acknowledged.max(seq);
        }
        if let Some(rest) = self.removed.get_mut(&device) {
            rest.acknowledged = seq;
            if seq >= rest.removed {
                self.removed.remove(&device);
            }
        }
    }

    /// Takes a device out that was removed at `removed`.
    pub(super) fn take_out(&mut self, device: DeviceId, removed: u64) {
        if let Some(mark) = self.members.remove(&device) {
            // What it missed the first time comes first; it was never there for the second.
            self.removed.entry(device).or_insert(Rest { acknowledged: mark.acknowledged, removed });
        }
    }

    /// Puts a device in that was added at `joined`.
    ///
    /// When it had been removed before, the rest of that time is still for it: it learns from it that it was removed.
    pub(super) fn put_in(&mut self, device: DeviceId, joined: u64) {
        self.members.insert(device, Mark::new(joined));
    }
}

impl Heads {
    /// Makes sure that these rooms are known, as far as they exist; answers which were read for it.
    pub(super) async fn load(
        &mut self,
        from: &mut impl Read,
        rooms: impl IntoIterator<Item = RoomId>,
    ) -> Result<Vec<RoomId>, StoreError> {
        self.turn += 1;
        let mut anew = Vec::new();
        if self.rooms.len() > ROOMS {
            let turn = self.turn;
            self.rooms.retain(|_, head| turn - head.used < 1000);
        }
        for room in rooms {
            let forgotten = match self.rooms.get_mut(&room) {
                Some(head) if !head.stale => {
                    head.used = self.turn;
                    continue;
                }
                stale => stale.map_or(0, |head| head.forgotten),
            };
            if let Some(head) = read(from, room, (self.turn, forgotten)).await? {
                self.rooms.insert(room, head);
                anew.push(room);
            }
        }
        Ok(anew)
    }

    /// A room, if it exists.
    pub(super) fn find(&self, room: RoomId) -> Option<&Head> {
        self.rooms.get(&room).filter(|head| !head.stale)
    }

    /// A room, to be kept in step.
    pub(super) fn find_mut(&mut self, room: RoomId) -> Option<&mut Head> {
        self.rooms.get_mut(&room).filter(|head| !head.stale)
    }

    /// Whether a room was read for an earlier batch than the one under way.
    pub(super) fn is_old(&self, room: RoomId) -> bool {
        self.find(room).is_some_and(|head| head.read < self.turn)
    }

    /// Forgets all rooms: each is read again.
    pub(super) fn forget_all(&mut self) {
        self.rooms.values_mut().for_each(|head| head.stale = true);
    }

    /// Forgets rooms: they are read again.
    pub(super) fn forget(&mut self, rooms: impl IntoIterator<Item = RoomId>) {
        for room in rooms {
            if let Some(head) = self.rooms.get_mut(&room) {
                head.stale = true;
            }
        }
    }
}

async fn read(
    from: &mut impl Read,
    room: RoomId,
    (turn, forgotten): (u64, u64),
) -> Result<Option<Head>, StoreError> {
    // INVARIANT: the standing is read first. Members that are newer than it only make the next write fail; members that
    // are older could let a device write that was removed.
    let Some(standing) = rooms::standing(from, room).await? else { return Ok(None) };
    let mut members = HashMap::new();
    for member in rooms::members(from, room).await? {
        let mark = Mark { joined: member.joined, acknowledged: member.joined, waits: member.waits };
        members.insert(member.device, mark);
    }
    let mut removed = HashMap::new();
    for (device, reach) in rooms::missed(from, room).await? {
        let rest = Rest { acknowledged: reach.joined, removed: reach.removed.unwrap_or(0) };
        removed.entry(device).or_insert(rest);
    }
    for (device, acknowledged) in store::cursors(from, room).await? {
        let mark = members.get_mut(&device).map(|mark| &mut mark.acknowledged);
        let rest = removed.get_mut(&device).map(|rest| &mut rest.acknowledged);
        for kept in mark.into_iter().chain(rest) {
            *kept = acknowledged.max(*kept);
        }
    }
    removed.retain(|_, rest| rest.acknowledged < rest.removed);
    Ok(Some(Head { standing, members, removed, forgotten, used: turn, read: turn, stale: false }))
}
