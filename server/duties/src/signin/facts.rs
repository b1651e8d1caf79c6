//! What sign-in tells the journal.

use chancery_floor::journal::{Fact, Meaning};
use chancery_wire::{
    ids::{DeviceId, SessionId},
    time::Instant,
};
use serde::Serialize;

/// A device got a session.
#[derive(Debug, Serialize)]
pub(crate) struct Opened {
    /// The device.
    pub device: DeviceId,
    /// The session.
    pub session: SessionId,
    /// Until when.
    pub until: Instant,
}

impl Fact for Opened {
    const KIND: &'static str = "signin.opened";
    const MEANING: &'static str = "a device proved its key and got a session: device, session, until when";
}

/// A device's sessions were ended.
#[derive(Debug, Serialize)]
pub(crate) struct Ended {
    /// The device.
    pub device: DeviceId,
    /// How many sessions.
    pub sessions: u64,
}

impl Fact for Ended {
    const KIND: &'static str = "signin.ended";
    const MEANING: &'static str = "all sessions of a device were ended: device, how many";
}

/// Sessions ran out and were deleted.
#[derive(Debug, Serialize)]
pub(crate) struct Expired {
    /// How many.
    pub sessions: u64,
}

impl Fact for Expired {
    const KIND: &'static str = "signin.expired";
    const MEANING: &'static str = "sessions ran out and were deleted: how many";
}

/// Every kind of fact this duty tells.
pub(crate) const FACTS: &[Meaning] =
    &[Meaning::of::<Opened>(), Meaning::of::<Ended>(), Meaning::of::<Expired>()];
