//! What the hub writes down about a room beside its log: who was in it when, and what was sealed in which epoch.

use std::collections::{BTreeMap, BTreeSet};

use chancery_wire::ids::DeviceId;

/// A stay of a device in a room.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stay {
    /// Who.
    pub(crate) device: DeviceId,
    /// The entry that let it in.
    pub(crate) joined: u64,
    /// The entry that took it out.
    pub(crate) removed: Option<u64>,
    /// The last entry it keeps.
    pub(crate) kept: u64,
    /// Whether it has come in, and did not only hear of it when it was out again.
    pub(crate) entered: bool,
}

impl Stay {
    /// Whether an entry is for it.
    pub(crate) fn spans(&self, seq: u64) -> bool {
        self.joined < seq && self.removed.is_none_or(|removed| seq <= removed)
    }
}

/// A room, beside what the hub has of it.
#[derive(Debug, Default)]
pub(crate) struct Book {
    /// Who was in it, when.
    pub(crate) stays: Vec<Stay>,
    /// The devices in it, by epoch, and the entry that opened the epoch.
    pub(crate) epochs: Vec<(u64, BTreeSet<DeviceId>)>,
    /// Who put each entry there; the first one is nobody's.
    pub(crate) authors: Vec<DeviceId>,
    /// The epoch each message is sealed in, by entry.
    pub(crate) sealed_in: BTreeMap<u64, u64>,
    /// Who came back, and by which entry.
    pub(crate) returns: Vec<(DeviceId, u64)>,
}

impl Book {
    /// Whether a device is in the room.
    pub(crate) fn is_inside(&self, device: DeviceId) -> bool {
        self.stays.iter().any(|stay| stay.device == device && stay.removed.is_none())
    }

    /// The stay in which an entry is for a device.
    pub(crate) fn stay(&self, device: DeviceId, seq: u64) -> Option<&Stay> {
        self.stays.iter().find(|stay| stay.device == device && stay.spans(seq))
    }
}
