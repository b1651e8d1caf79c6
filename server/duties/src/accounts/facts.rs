//! What accounts tells the journal.

use chancery_floor::journal::{Fact, Meaning};
use chancery_wire::{
    ids::{DeviceId, Digest, InvitationId, RoomId},
    names::Handle,
    time::Instant,
};
use serde::Serialize;

/// A founding code was made; earlier ones are void.
#[derive(Debug, Serialize)]
pub(crate) struct Prepared {}

impl Fact for Prepared {
    const KIND: &'static str = "accounts.founding-prepared";
    const MEANING: &'static str = "a one-time founding code was made; earlier ones are void";
}

/// The organisation was founded.
#[derive(Debug, Serialize)]
pub(crate) struct Founded {
    /// The first account.
    pub handle: Handle,
    /// Its first device.
    pub device: DeviceId,
    /// The organisation's root.
    pub root: Digest,
}

impl Fact for Founded {
    const KIND: &'static str = "accounts.founded";
    const MEANING: &'static str = "the organisation was founded: first account, its device, the root";
}

/// An invitation was deposited.
#[derive(Debug, Serialize)]
pub(crate) struct Invited {
    /// The invitation.
    pub invitation: InvitationId,
    /// The account it opens.
    pub handle: Handle,
    /// Whether for an officer.
    pub officer: bool,
    /// Until when.
    pub until: Instant,
}

impl Fact for Invited {
    const KIND: &'static str = "accounts.invited";
    const MEANING: &'static str =
        "an officer's device deposited an invitation: for which account, as what, until when";
}

/// An account was opened by invitation.
#[derive(Debug, Serialize)]
pub(crate) struct Joined {
    /// The account.
    pub handle: Handle,
    /// Its first device.
    pub device: DeviceId,
    /// The invitation used.
    pub invitation: InvitationId,
    /// The head of its device chain.
    pub chain: Digest,
}

impl Fact for Joined {
    const KIND: &'static str = "accounts.joined";
    const MEANING: &'static str =
        "an account was opened by invitation: account, device, invitation, head of its device chain";
}

/// A device was linked to an account.
#[derive(Debug, Serialize)]
pub(crate) struct Linked {
    /// The account.
    pub handle: Handle,
    /// The device.
    pub device: DeviceId,
    /// The earlier device that vouched for it.
    pub by: Option<DeviceId>,
    /// The head of the account's device chain from now on.
    pub chain: Digest,
}

impl Fact for Linked {
    const KIND: &'static str = "accounts.device-linked";
    const MEANING: &'static str = "a device was linked to an account: account, device, the earlier device that vouched, head of the device chain";
}

/// An account came back as a new device; every earlier one was revoked.
#[derive(Debug, Serialize)]
pub(crate) struct Recovered {
    /// The account.
    pub handle: Handle,
    /// The new device.
    pub device: DeviceId,
    /// The officers who vouched; nobody where the account's own recovery key did.
    pub by: Vec<Handle>,
    /// The head of the account's device chain from now on.
    pub chain: Digest,
    /// How many passkeys were removed, because the account came back without one.
    pub passkeys: u64,
    /// The rooms in which that is not carried out yet.
    pub pending: Vec<RoomId>,
}

impl Fact for Recovered {
    const KIND: &'static str = "accounts.recovered";
    const MEANING: &'static str = "an account came back as a new device, and its earlier ones were revoked: account, device, the officers who vouched (none: its recovery key), head of the device chain, how many passkeys were removed, rooms in which it is not carried out yet";
}

/// A device of an account has said which key brings the account back.
#[derive(Debug, Serialize)]
pub(crate) struct RecoveryKeyKept {
    /// The account.
    pub handle: Handle,
    /// Whether there is one now.
    pub there: bool,
    /// The head of the account's device chain from now on.
    pub chain: Digest,
    /// How many blocks that were sealed to the former one were deleted.
    pub forgotten: u64,
}

impl Fact for RecoveryKeyKept {
    const KIND: &'static str = "accounts.recovery-key-kept";
    const MEANING: &'static str = "an account has another recovery key, or none: account, whether there is one, head of the device chain, how many blocks of the archive were deleted with the former one";
}

/// A device was revoked.
#[derive(Debug, Serialize)]
pub(crate) struct Revoked {
    /// The account.
    pub handle: Handle,
    /// The device.
    pub device: DeviceId,
    /// The account that revoked it: the same one, or an officer's.
    pub by: Handle,
    /// The head of the account's device chain from now on.
    pub chain: Digest,
    /// The rooms in which that is not carried out yet.
    pub pending: Vec<RoomId>,
}

impl Fact for Revoked {
    const KIND: &'static str = "accounts.device-revoked";
    const MEANING: &'static str = "a device was revoked by another one of its account, or by an officer's: account, device, by whom, head of the device chain, rooms in which it is not carried out yet";
}

/// An account was suspended.
#[derive(Debug, Serialize)]
pub(crate) struct Suspended {
    /// The account.
    pub handle: Handle,
    /// The account that says so.
    pub by: Handle,
    /// As what: an officer, or the directory.
    pub as_what: &'static str,
    /// The head of the account's device chain.
    pub chain: Digest,
    /// The rooms in which that is not carried out yet.
    pub pending: Vec<RoomId>,
}

impl Fact for Suspended {
    const KIND: &'static str = "accounts.suspended";
    const MEANING: &'static str = "no device speaks for an account until it is restored: account, by whom, as what (officer or directory), head of the device chain, rooms in which it is not carried out yet";
}

/// An account was restored.
#[derive(Debug, Serialize)]
pub(crate) struct Restored {
    /// The account.
    pub handle: Handle,
    /// The account that says so.
    pub by: Handle,
    /// The head of the account's device chain.
    pub chain: Digest,
    /// The rooms in which that is not carried out yet.
    pub pending: Vec<RoomId>,
}

impl Fact for Restored {
    const KIND: &'static str = "accounts.restored";
    const MEANING: &'static str = "an account that was suspended has its devices speak for it again: account, by whom, head of the device chain, rooms in which it is not carried out yet";
}

/// The time of an account is over.
#[derive(Debug, Serialize)]
pub(crate) struct RanOut {
    /// The account.
    pub handle: Handle,
    /// The rooms in which its devices still are.
    pub pending: Vec<RoomId>,
}

impl Fact for RanOut {
    const KIND: &'static str = "accounts.ran-out";
    const MEANING: &'static str = "the time of a guest or a program is over, and its sessions have ended: account, rooms in which its devices still are";
}

/// A guest takes part on other terms.
#[derive(Debug, Serialize)]
pub(crate) struct Hosted {
    /// The account.
    pub handle: Handle,
    /// Who answers for it.
    pub sponsor: Handle,
    /// The rooms it may come into.
    pub rooms: Vec<RoomId>,
    /// Until when.
    pub until: Instant,
    /// The rooms in which that is not carried out yet.
    pub pending: Vec<RoomId>,
}

impl Fact for Hosted {
    const KIND: &'static str = "accounts.hosted";
    const MEANING: &'static str = "the charter says on what other terms a guest takes part: account, sponsor, rooms, until when, rooms in which that is not carried out yet";
}

/// Every kind of fact this duty tells.
pub(crate) const FACTS: &[Meaning] = &[
    Meaning::of::<Prepared>(),
    Meaning::of::<Founded>(),
    Meaning::of::<Invited>(),
    Meaning::of::<Joined>(),
    Meaning::of::<Linked>(),
    Meaning::of::<Recovered>(),
    Meaning::of::<RecoveryKeyKept>(),
    Meaning::of::<Revoked>(),
    Meaning::of::<Suspended>(),
    Meaning::of::<Restored>(),
    Meaning::of::<RanOut>(),
    Meaning::of::<Hosted>(),
];
