//! What rooms tells the journal.

use chancery_floor::journal::{Fact, Meaning};
use chancery_wire::ids::{DeviceId, Digest, RoomId};
use serde::Serialize;

/// A room was opened.
#[derive(Debug, Serialize)]
pub(crate) struct Opened {
    /// The room.
    pub room: RoomId,
    /// The device that opened it.
    pub by: DeviceId,
    /// The digest of what it was opened with.
    pub opening: Digest,
}

impl Fact for Opened {
    const KIND: &'static str = "rooms.opened";
    const MEANING: &'static str =
        "a room was opened: room, by which device, digest of its first group info and tree";
}

/// Every kind of fact this duty tells.
pub(crate) const FACTS: &[Meaning] = &[Meaning::of::<Opened>()];
