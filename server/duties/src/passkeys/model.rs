//! What passkeys are made of.

use chancery_trail::digest;
use chancery_transparency::Act;
use chancery_wire::{
    ids::{CeremonyId, DeviceId, Digest, PasskeyId},
    names::Handle,
    time::Instant,
};
use webauthn_rs_core::proto::Credential;

/// A passkey as it is kept.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub passkey: PasskeyId,
    pub handle: Handle,
    pub name: String,
    pub credential: Credential,
    pub added: Instant,
    pub used: Option<Instant>,
}

/// What a ceremony is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A passkey of this name is added.
    Add { name: String },
    /// A request is approved.
    Approve { method: String, path: String, body: Digest },
}

/// How a ceremony stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// The person is awaited.
    Open,
    /// The person was there.
    Done,
    /// What was approved was done.
    Used,
}

/// A ceremony as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub ceremony: CeremonyId,
    pub handle: Handle,
    pub device: DeviceId,
    /// What happens when the passkey is used, in words.
    pub words: String,
    pub purpose: Purpose,
    pub nonce: [u8; 16],
    pub until: Instant,
    pub state: State,
    /// Whether an earlier passkey of the account has approved that it was asked for.
    pub confirmed: bool,
}

impl State {
    pub(crate) const ALL: [Self; 3] = [Self::Open, Self::Done, Self::Used];

    /// The number it is kept as.
    pub(crate) fn number(self) -> i64 {
        match self {
            Self::Open => 0,
            Self::Done => 1,
            Self::Used => 2,
        }
    }
}

impl Held {
    /// What the authenticator is to sign.
    pub(crate) fn challenge(&self) -> Digest {
        match &self.purpose {
            Purpose::Add { .. } => digest(&[&self.nonce[..], &self.ceremony.0[..]].concat()),
            Purpose::Approve { method, path, body } => {
                Act { device: self.device, method, path, body: *body }.challenge(self.nonce)
            }
        }
    }
}
