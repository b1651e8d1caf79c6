//! What devices tells the journal.

use chancery_floor::journal::{Fact, Meaning};
use chancery_wire::{
    ids::{DeviceId, Digest, LinkingId},
    names::Handle,
    time::Instant,
};
use serde::Serialize;

/// A device deposited key packages.
#[derive(Debug, Serialize)]
pub(crate) struct Deposited {
    /// The device.
    pub device: DeviceId,
    /// The digests of those for one use.
    pub packages: Vec<Digest>,
    /// The digest of the new last resort, if there is a new one.
    pub last_resort: Option<Digest>,
}

impl Fact for Deposited {
    const KIND: &'static str = "devices.deposited";
    const MEANING: &'static str = "a device deposited key packages: their digests";
}

/// Key packages of an account were handed out.
#[derive(Debug, Serialize)]
pub(crate) struct Claimed {
    /// The account they are of.
    pub handle: Handle,
    /// Their digests, by device, and whether it was the last resort.
    pub packages: Vec<(DeviceId, Digest, bool)>,
}

impl Fact for Claimed {
    const KIND: &'static str = "devices.claimed";
    const MEANING: &'static str = "key packages of an account were handed out: by device, their digests, whether it was the last resort";
}

/// Key packages ran out, and meetings were over; they were deleted.
#[derive(Debug, Serialize)]
pub(crate) struct Expired {
    /// How many key packages.
    pub packages: u64,
    /// How many meetings.
    pub linkings: u64,
}

impl Fact for Expired {
    const KIND: &'static str = "devices.expired";
    const MEANING: &'static str =
        "key packages that ran out and linkings that were over were deleted: how many of each";
}

/// A device opened a meeting to link another one.
#[derive(Debug, Serialize)]
pub(crate) struct Met {
    /// The meeting.
    pub linking: LinkingId,
    /// The device.
    pub by: DeviceId,
    /// Until when.
    pub until: Instant,
}

impl Fact for Met {
    const KIND: &'static str = "devices.linking-opened";
    const MEANING: &'static str =
        "a device opened a linking, to take another one into its account: which, by whom, until when";
}

/// Something was said in a meeting.
#[derive(Debug, Serialize)]
pub(crate) struct Said {
    /// The meeting.
    pub linking: LinkingId,
    /// Which part it was.
    pub number: u8,
}

impl Fact for Said {
    const KIND: &'static str = "devices.linking-part";
    const MEANING: &'static str = "one of two devices said its part in a linking: which linking, which part";
}

/// Every kind of fact this duty tells.
pub(crate) const FACTS: &[Meaning] = &[
    Meaning::of::<Deposited>(),
    Meaning::of::<Claimed>(),
    Meaning::of::<Expired>(),
    Meaning::of::<Met>(),
    Meaning::of::<Said>(),
];
