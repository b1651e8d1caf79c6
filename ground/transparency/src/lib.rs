//! Device chains: who vouched for which device, checked down to the organisation's root (`protocol/devices.md`).
//!
//! An account's chain is an append-only list of signed entries. The server stores chains and cannot extend one: every
//! entry carries the new device's signature and that of whoever vouches for it. Verification is pure; the key directory
//! (a later part of the protocol) will add proofs that a chain is the only one anybody was shown.

mod act;
mod archive;
mod chain;
mod charter;
mod envelope;
mod invitation;
mod linking;
mod possession;
mod provider;
mod recovery;
mod signed;
mod write;

pub use act::Act;
pub use archive::BlockName;
pub use chain::{
    Device, Enrol, InvalidChain, Root, Suspender, Trusted, Vouch, about, keeps_key, revokes, suspends,
    verify, verify_as_far,
};
pub use charter::{
    Amendment, Apart, Attended, BuiltIn, Change, Charter, Conflict, Emergency, Held, InvalidAmendment,
    Permission, Segments, Standing, Unused, Whose,
};
pub use invitation::{AccountKind, Bot, Guest, Invitation, Scope, Secret};
pub use linking::{Answer, Done, Grant, Meeting, Offer, PART_LIMIT, Reveal, promise};
pub use possession::{InvalidProof, PROOF_WINDOW, Possession, Request, prove};
pub use provider::{Claims, InvalidProvider, InvalidToken, Provider, nonce};
pub use recovery::{Approval, Recovered, archive_seed, ask, is_asked, recovery_key};
pub use signed::{InvalidSignature, PublicKey, Sign, Signature};
pub use write::{
    found, join, join_by_provider, recover, revoke, revoke_as_officer, set_recovery_key, suspend,
    take_vouched, vouch,
};
