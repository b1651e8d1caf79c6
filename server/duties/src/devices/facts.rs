//! What devices tells the journal.

use chancery_floor::journal::{Fact, Meaning};
use chancery_wire::{
    ids::{DeviceId, Digest},
    names::Handle,
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

/// Key packages ran out and were deleted.
#[derive(Debug, Serialize)]
pub(crate) struct Expired {
    /// How many.
    pub packages: u64,
}

impl Fact for Expired {
    const KIND: &'static str = "devices.expired";
    const MEANING: &'static str = "key packages ran out and were deleted: how many";
}

/// Every kind of fact this duty tells.
pub(crate) const FACTS: &[Meaning] =
    &[Meaning::of::<Deposited>(), Meaning::of::<Claimed>(), Meaning::of::<Expired>()];
