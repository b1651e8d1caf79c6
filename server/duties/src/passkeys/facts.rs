//! What passkeys tell the journal.

use chancery_floor::journal::{Fact, Meaning};
use chancery_wire::{
    bytes::Opaque,
    ids::{CeremonyId, DeviceId, Digest, PasskeyId},
    names::Handle,
    time::Instant,
};
use serde::Serialize;

/// A person is asked to use a passkey.
#[derive(Debug, Serialize)]
pub(crate) struct Begun {
    /// The ceremony.
    pub ceremony: CeremonyId,
    /// The device that asks.
    pub device: DeviceId,
    /// Whether a passkey is to be added; otherwise a request is to be approved.
    pub adds: bool,
    /// Until when.
    pub until: Instant,
}

impl Fact for Begun {
    const KIND: &'static str = "passkeys.begun";
    const MEANING: &'static str = "a person was asked in the browser for a passkey: ceremony, the device that asks, whether one is to be added (otherwise a request is to be approved), until when";
}

/// A passkey was added to an account.
#[derive(Debug, Serialize)]
pub(crate) struct Added {
    /// The account.
    pub handle: Handle,
    /// The passkey.
    pub passkey: PasskeyId,
    /// The ceremony.
    pub ceremony: CeremonyId,
    /// The public key of the passkey.
    pub key: Opaque,
    /// The model of the authenticator (AAGUID), where it has attested one.
    pub model: Option<String>,
    /// In which form the authenticator attested itself.
    pub attestation: String,
    /// Whether it can be copied to other devices.
    pub synced: bool,
}

impl Fact for Added {
    const KIND: &'static str = "passkeys.added";
    const MEANING: &'static str = "a passkey was added to an account: account, passkey, ceremony, public key (passkeys.md), model of the authenticator (AAGUID), the form of its attestation, whether it can be copied to other devices";
}

/// A request was approved with a passkey. With this alone the approval can be checked (`protocol/passkeys.md`).
#[derive(Debug, Serialize)]
pub(crate) struct Approved {
    /// The account.
    pub handle: Handle,
    /// The passkey.
    pub passkey: PasskeyId,
    /// The ceremony.
    pub ceremony: CeremonyId,
    /// The device that makes the request.
    pub device: DeviceId,
    /// Its method.
    pub method: String,
    /// Its path.
    pub path: String,
    /// The SHA-256 of its body.
    pub body: Digest,
    /// What the challenge was made fresh with.
    pub nonce: Opaque,
    /// The public key of the passkey.
    pub key: Opaque,
    /// What the authenticator signed, first half.
    pub authenticator_data: Opaque,
    /// What the browser says of itself; its SHA-256 is the second half.
    pub client_data: Opaque,
    /// The signature.
    pub signature: Opaque,
}

impl Fact for Approved {
    const KIND: &'static str = "passkeys.approved";
    const MEANING: &'static str = "a request was approved with a passkey: account, passkey, ceremony, the device that makes it, method, path, SHA-256 of the body, nonce, public key, and the assertion (passkeys.md says how it is checked)";
}

/// What was approved is done now.
#[derive(Debug, Serialize)]
pub(crate) struct Used {
    /// The ceremony.
    pub ceremony: CeremonyId,
}

impl Fact for Used {
    const KIND: &'static str = "passkeys.approval-used";
    const MEANING: &'static str = "a request came that was approved; it is served once: ceremony";
}

/// A passkey was removed.
#[derive(Debug, Serialize)]
pub(crate) struct Removed {
    /// The account.
    pub handle: Handle,
    /// The passkey.
    pub passkey: PasskeyId,
    /// How many are left.
    pub left: u64,
}

impl Fact for Removed {
    const KIND: &'static str = "passkeys.removed";
    const MEANING: &'static str =
        "a passkey was removed from its account: account, passkey, how many are left";
}

/// All passkeys of an account were taken away.
#[derive(Debug, Serialize)]
pub(crate) struct Reset {
    /// The account.
    pub handle: Handle,
    /// How many there were.
    pub removed: u64,
    /// The officer's account.
    pub by: Handle,
}

impl Fact for Reset {
    const KIND: &'static str = "passkeys.reset";
    const MEANING: &'static str =
        "all passkeys of an account were taken away: account, how many, by which officer";
}

/// A passkey was used whose counter has gone back: there are two of it.
#[derive(Debug, Serialize)]
pub(crate) struct CopySuspected {
    /// The account.
    pub handle: Handle,
    /// The ceremony.
    pub ceremony: CeremonyId,
}

impl Fact for CopySuspected {
    const KIND: &'static str = "passkeys.copy-suspected";
    const MEANING: &'static str = "a passkey was used whose counter has gone back, so there may be two of it, and it was refused: account, ceremony";
}

/// Ceremonies were over and were deleted.
#[derive(Debug, Serialize)]
pub(crate) struct Expired {
    /// How many.
    pub ceremonies: u64,
}

impl Fact for Expired {
    const KIND: &'static str = "passkeys.expired";
    const MEANING: &'static str = "ceremonies were over and were deleted: how many";
}

/// Another edition of FIDO's metadata is used.
#[derive(Debug, Serialize)]
pub(crate) struct Adopted {
    /// Which one.
    pub number: u64,
    /// How many models it knows.
    pub models: u64,
    /// How many of them are not to be relied on any more.
    pub flagged: u64,
    /// How many passkeys of this organisation are not taken any more.
    pub refused: u64,
}

impl Fact for Adopted {
    const KIND: &'static str = "passkeys.metadata-adopted";
    const MEANING: &'static str = "another edition of FIDO's metadata is used: its number, how many models it knows, how many of them are flagged as unsafe, how many passkeys of the organisation are not taken any more";
}

/// Every kind of fact this duty tells.
pub(crate) const FACTS: &[Meaning] = &[
    Meaning::of::<Begun>(),
    Meaning::of::<Added>(),
    Meaning::of::<Approved>(),
    Meaning::of::<Used>(),
    Meaning::of::<Removed>(),
    Meaning::of::<Reset>(),
    Meaning::of::<CopySuspected>(),
    Meaning::of::<Expired>(),
    Meaning::of::<Adopted>(),
];
