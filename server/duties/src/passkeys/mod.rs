//! Passkeys: a person shows with an authenticator that it is them (WebAuthn Level 3), and approves single requests so.
//!
//! A device's key says which device asks; a passkey says that its owner wants it. What is sensitive asks for both: the passkey signs a
//! digest of the exact request, which is then served once. `protocol/passkeys.md` is the document.
//!
//! Invariants: the person was verified by the authenticator, always; an approval is for one request of one device, once; a further
//! passkey is added only with one that is there.

mod adopt;
mod begin;
mod error;
mod expire;
mod facts;
mod finish;
mod forget;
mod list;
mod look;
mod metadata;
mod model;
mod page;
mod party;
mod remove;
mod reset;
mod rule;
mod store;
mod use_up;
mod watch;

use std::sync::{Arc, PoisonError, RwLock};

use chancery_floor::work::Desk;
use chancery_wire::{names::Domain, time::Instant};
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) use adopt::NotAdopted;
use adopt::adopt;
pub(crate) use begin::{Approve, Whose, begin};
pub(crate) use error::PasskeysError;
pub(crate) use expire::expire;
pub(crate) use facts::FACTS;
pub(crate) use forget::forget;
pub use metadata::{InvalidMetadata, Level, MetadataFile};
pub(crate) use model::Purpose;
pub(crate) use page::pages;
pub use rule::{InvalidModels, Models, PasskeyRule};
pub(crate) use store::{MIGRATIONS, has_any, name};
pub(crate) use use_up::use_up;

use metadata::Metadata;
use party::Party;

/// Which passkeys an organisation takes, and for what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasskeySettings {
    /// Where browsers reach the server. Without one, or with an address instead of a name, there are no passkeys.
    pub origin: Option<String>,
    /// Whether nobody does what is sensitive without one; otherwise whoever has one.
    pub required: bool,
    /// Which ones are taken.
    pub rule: PasskeyRule,
    /// Which ones are taken of officers, where that is something else.
    pub officers: Option<PasskeyRule>,
    /// What FIDO's metadata service says of models, where it is to be heeded.
    pub metadata: Option<MetadataFile>,
}

/// What passkeys know of the world. One for the whole server: what one of its copies learns, all know.
#[derive(Clone, Debug)]
pub(crate) struct Passkeys(Arc<RwLock<Known>>);

/// What is known of authenticators, as it was read last.
#[derive(Clone, Debug)]
struct Known {
    party: Option<Arc<Party>>,
    metadata: Option<Arc<Metadata>>,
}

impl Passkeys {
    /// Passkeys of an organisation. What the settings say of authenticators is to be adopted before anybody asks.
    pub(crate) fn new(
        domain: &Domain,
        settings: &PasskeySettings,
        now: Instant,
    ) -> Result<Self, InvalidModels> {
        Ok(Self(Arc::new(RwLock::new(Known::read(domain, settings, now)?))))
    }

    /// Adopts what is known since the start.
    pub(crate) async fn adopt(&self, desk: &Desk) -> Result<(), NotAdopted> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        adopt(desk, &known).await
    }

    /// Adopts what is said of authenticators now: the rules, their makers' certificates and the metadata, read again. Where it cannot be
    /// used, all stays as it was.
    pub(crate) async fn renew(
        &self,
        desk: &Desk,
        domain: &Domain,
        settings: &PasskeySettings,
    ) -> Result<(), NotAdopted> {
        let known = Known::read(domain, settings, desk.now())?;
        adopt(desk, &known).await?;
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = known;
        Ok(())
    }

    fn party(&self) -> Result<Arc<Party>, PasskeysError> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.party.clone().ok_or(PasskeysError::Unavailable)
    }
}

impl Known {
    fn read(domain: &Domain, settings: &PasskeySettings, now: Instant) -> Result<Self, InvalidModels> {
        let metadata = settings.metadata.as_ref().map(|file| Metadata::read(file, now)).transpose()?;
        let metadata = metadata.map(Arc::new);
        let party = Party::new(domain, settings, metadata.as_ref())?.map(Arc::new);
        Ok(Self { party, metadata })
    }
}

/// The routes of passkeys.
pub(crate) fn routes() -> OpenApiRouter<Passkeys> {
    OpenApiRouter::new()
        .routes(routes!(begin::handle, list::handle))
        .routes(routes!(remove::handle))
        .routes(routes!(reset::handle))
        .routes(routes!(look::handle))
        .routes(routes!(finish::handle))
        .routes(routes!(watch::handle))
}
