//! What rooms tells the journal.

use chancery_floor::journal::{Fact, Meaning};
use chancery_wire::{
    ids::{DeviceId, Digest, RoomId},
    names::Handle,
};
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

/// Leaves of an account in these rooms do not fit its chain, until a commit has seen to it.
#[derive(Debug, Serialize)]
pub(crate) struct Pending {
    /// The account.
    pub handle: Handle,
    /// The rooms.
    pub rooms: Vec<RoomId>,
}

impl Fact for Pending {
    const KIND: &'static str = "rooms.pending";
    const MEANING: &'static str = "a device was revoked, or an account came back, and rooms still have its former leaves: account, rooms; over with the commit that takes one in or out";
}

/// Every kind of fact this duty tells.
pub(crate) const FACTS: &[Meaning] = &[Meaning::of::<Opened>(), Meaning::of::<Pending>()];
