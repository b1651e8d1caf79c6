//! What the archive tells the journal.

use chancery_floor::journal::{Fact, Meaning};
use chancery_wire::ids::{DeviceId, Digest, RoomId};
use serde::Serialize;

/// A block was put.
#[derive(Debug, Serialize)]
pub(crate) struct Put {
    /// The room it is about.
    pub room: RoomId,
    /// Which block.
    pub block: u64,
    /// The device.
    pub by: DeviceId,
    /// Its digest.
    pub digest: Digest,
    /// Its size.
    pub bytes: u64,
}

impl Fact for Put {
    const KIND: &'static str = "archive.put";
    const MEANING: &'static str = "a device kept a block of a room for its account's recovery key: room, which block, by which device, its digest, how many bytes";
}

/// A block was deleted.
#[derive(Debug, Serialize)]
pub(crate) struct Deleted {
    /// The room it was about.
    pub room: RoomId,
    /// Which block.
    pub block: u64,
    /// The device that had put it.
    pub of: DeviceId,
    /// The device that has deleted it.
    pub by: DeviceId,
}

impl Fact for Deleted {
    const KIND: &'static str = "archive.deleted";
    const MEANING: &'static str =
        "a block was deleted by a device of its account: room, which block, of which device, by which device";
}

/// Every kind of fact this duty tells.
pub(crate) const FACTS: &[Meaning] = &[Meaning::of::<Put>(), Meaning::of::<Deleted>()];
