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
    /// The bodies up to here were deleted.
    pub forgotten: u64,
    /// The batch that used it last.
    used: u64,
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

impl Heads {
    /// Makes sure that these rooms are known, as far as they exist.
    pub(super) async fn load(
        &mut self,
        from: &mut impl Read,
        rooms: impl IntoIterator<Item = RoomId>,
    ) -> Result<(), StoreError> {
        self.turn += 1;
        if self.rooms.len() > ROOMS {
            let turn = self.turn;
            self.rooms.retain(|_, head| turn - head.used < 1000);
        }
        for room in rooms {
            if let Some(head) = self.rooms.get_mut(&room) {
                head.used = self.turn;
            } else if let Some(head) = read(from, room, self.turn).await? {
                self.rooms.insert(room, head);
            }
        }
        Ok(())
    }

    /// A room, if it exists.
    pub(super) fn find(&self, room: RoomId) -> Option<&Head> {
        self.rooms.get(&room)
    }

    /// A room, to be kept in step.
    pub(super) fn find_mut(&mut self, room: RoomId) -> Option<&mut Head> {
        self.rooms.get_mut(&room)
    }

    /// A member of a room, to be kept in step.
    pub(super) fn mark_mut(&mut self, room: RoomId, device: DeviceId) -> Option<&mut Mark> {
        self.find_mut(room)?.members.get_mut(&device)
    }

    /// Forgets rooms: they are read again.
    pub(super) fn forget(&mut self, rooms: impl IntoIterator<Item = RoomId>) {
        for room in rooms {
            self.rooms.remove(&room);
        }
    }
}

async fn read(from: &mut impl Read, room: RoomId, used: u64) -> Result<Option<Head>, StoreError> {
    // INVARIANT: the standing is read first. Members that are newer than it only make the next write fail; members that
    // are older could let a device write that was removed.
    let Some(standing) = rooms::standing(from, room).await? else { return Ok(None) };
    let mut members = HashMap::new();
    for member in rooms::members(from, room).await? {
        let mark = Mark { joined: member.joined, acknowledged: member.joined, waits: member.waits };
        members.insert(member.device, mark);
    }
    for (device, acknowledged) in store::cursors(from, room).await? {
        if let Some(mark) = members.get_mut(&device) {
            mark.acknowledged = mark.acknowledged.max(acknowledged);
        }
    }
    let forgotten = members.values().map(|mark| mark.acknowledged).min().unwrap_or(0);
    Ok(Some(Head { standing, members, forgotten, used }))
}
