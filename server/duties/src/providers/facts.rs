//! What identity providers tell the journal.

use chancery_floor::journal::{Fact, Meaning};
use chancery_wire::{
    ids::{DeviceId, Digest},
    names::Handle,
};
use serde::Serialize;

/// An officer lets a provider say who somebody is.
#[derive(Debug, Serialize)]
pub(crate) struct TrustedProvider {
    /// The provider.
    pub issuer: String,
    /// As whom programs of the organisation ask it.
    pub client: String,
    /// Whether it may vouch for new accounts.
    pub vouches: bool,
    /// How many keys it signs with.
    pub keys: u64,
    /// The SHA-256 of the statement.
    pub statement: Digest,
    /// The officer.
    pub by: Handle,
}

impl Fact for TrustedProvider {
    const KIND: &'static str = "providers.trusted";
    const MEANING: &'static str = "an officer signed that an identity provider may say who somebody is: provider, client, whether it may vouch for new accounts, how many keys, SHA-256 of the statement, by which officer";
}

/// A provider says nothing any more.
#[derive(Debug, Serialize)]
pub(crate) struct Withdrawn {
    /// The provider.
    pub issuer: String,
    /// The officer.
    pub by: Handle,
}

impl Fact for Withdrawn {
    const KIND: &'static str = "providers.withdrawn";
    const MEANING: &'static str =
        "what an identity provider says counts no more from here on: provider, by which officer";
}

/// An account was opened that a provider vouched for.
#[derive(Debug, Serialize)]
pub(crate) struct Joined {
    /// The account.
    pub handle: Handle,
    /// Its first device.
    pub device: DeviceId,
    /// The provider.
    pub issuer: String,
    /// Who it is at the provider.
    pub subject: String,
    /// How the person signed in there, if the provider says so.
    pub acr: Option<String>,
    /// The head of its device chain.
    pub chain: Digest,
}

impl Fact for Joined {
    const KIND: &'static str = "providers.joined";
    const MEANING: &'static str = "an account was opened that an identity provider vouched for: account, device, provider, subject there, how the person signed in there (acr), head of its device chain";
}

/// Every kind of fact this duty tells.
pub(crate) const FACTS: &[Meaning] =
    &[Meaning::of::<TrustedProvider>(), Meaning::of::<Withdrawn>(), Meaning::of::<Joined>()];
