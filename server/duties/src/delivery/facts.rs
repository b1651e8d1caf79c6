//! What delivery tells the journal.

use chancery_floor::journal::{Fact, Meaning};
use chancery_wire::{
    ids::{DeviceId, Digest, RoomId},
    time::Instant,
};
use serde::Serialize;

/// Entries were accepted, all in one transaction.
#[derive(Debug, Serialize)]
pub(crate) struct Accepted {
    /// By room: the first and the last of them, and the chain head after the last.
    pub rooms: Vec<(RoomId, u64, u64, Digest)>,
}

impl Fact for Accepted {
    const KIND: &'static str = "delivery.accepted";
    const MEANING: &'static str =
        "entries were accepted together: by room, the first and the last, and the chain head after the last";
}

/// A commit was accepted.
#[derive(Debug, Serialize)]
pub(crate) struct Committed {
    /// The room.
    pub room: RoomId,
    /// Its entry.
    pub seq: u64,
    /// The epoch it opened.
    pub epoch: u64,
    /// The device that committed.
    pub by: DeviceId,
    /// Devices that came in.
    pub added: Vec<DeviceId>,
    /// Devices that went.
    pub removed: Vec<DeviceId>,
}

impl Fact for Committed {
    const KIND: &'static str = "delivery.committed";
    const MEANING: &'static str =
        "a commit was accepted: room, entry, epoch, by which device, devices added and removed";
}

/// People are in these rooms who may not meet, or are no more.
#[derive(Debug, Serialize)]
pub(crate) struct Parted {
    /// Rooms in which nothing is said from now on.
    pub apart: Vec<RoomId>,
    /// Rooms in which something may be said again.
    pub again: Vec<RoomId>,
}

impl Fact for Parted {
    const KIND: &'static str = "delivery.parted";
    const MEANING: &'static str = "the charter says otherwise who may meet: rooms in which nothing is said until some have gone, and rooms in which something may be said again";
}

/// A proposal was accepted.
#[derive(Debug, Serialize)]
pub(crate) struct Proposed {
    /// The room.
    pub room: RoomId,
    /// Its entry.
    pub seq: u64,
    /// The device that asks to leave.
    pub by: DeviceId,
}

impl Fact for Proposed {
    const KIND: &'static str = "delivery.proposed";
    const MEANING: &'static str = "a device asked to leave a room: room, entry, device";
}

/// Devices acknowledged entries, and bodies nobody needs any more were deleted.
#[derive(Debug, Serialize)]
pub(crate) struct Acknowledged {
    /// How many devices moved on in how many rooms, counted together.
    pub cursors: usize,
    /// The rooms in which bodies were deleted, after which and up to which entry.
    pub forgotten: Vec<(RoomId, u64, u64)>,
}

impl Fact for Acknowledged {
    const KIND: &'static str = "delivery.acknowledged";
    const MEANING: &'static str = "devices acknowledged entries: how many; rooms in which bodies were deleted, after which and up to which entry";
}

/// Bodies reached their time limit and were deleted.
#[derive(Debug, Serialize)]
pub(crate) struct Expired {
    /// They were accepted before.
    pub before: Instant,
    /// How many.
    pub bodies: u64,
}

impl Fact for Expired {
    const KIND: &'static str = "delivery.expired";
    const MEANING: &'static str =
        "bodies reached their time limit and were deleted: accepted before when, how many";
}

/// Every kind of fact this duty tells.
pub(crate) const FACTS: &[Meaning] = &[
    Meaning::of::<Accepted>(),
    Meaning::of::<Committed>(),
    Meaning::of::<Proposed>(),
    Meaning::of::<Parted>(),
    Meaning::of::<Acknowledged>(),
    Meaning::of::<Expired>(),
];
