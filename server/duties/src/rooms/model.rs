//! The nouns of rooms.

use chancery_floor::{policy::Entity, work::Resource};
use chancery_wire::{
    api::RoomHead,
    ids::{DeviceId, Digest, RoomId},
};

/// A room as it stands to one device.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    /// The room.
    pub room: RoomId,
    /// How far the device reaches into it; `None` when it never did, or there is no such room.
    pub reach: Option<Reach>,
}

impl Resource for Seen {
    fn entity(&self) -> Entity {
        let member = self.reach.is_some_and(|reach| reach.removed.is_none());
        Entity::plain("Room").with("member", member).with("reader", self.reach.is_some())
    }
}

/// Which entries of a room are for a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reach {
    /// The entry that added it; it may read what comes after.
    pub joined: u64,
    /// The entry that removed it; it may read up to that.
    pub removed: Option<u64>,
}

/// Where a room stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Its epoch.
    pub epoch: u64,
    /// The last entry that changed its public face.
    pub handshake: u64,
    /// Its last entry.
    pub seq: u64,
    /// The chain head after that.
    pub head: Digest,
    /// Whether two are in it who may not meet.
    pub apart: bool,
}

impl Standing {
    /// The same for the one who asks.
    pub(crate) fn view(self, room: RoomId) -> RoomHead {
        RoomHead { room, epoch: self.epoch, seq: self.seq, head: self.head }
    }
}

/// A device that is in a room.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Member {
    /// The device.
    pub device: DeviceId,
    /// The entry that added it.
    pub joined: u64,
    /// Whether its welcome still waits.
    pub waits: bool,
}
