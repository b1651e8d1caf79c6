//! Identity providers: who somebody is, by `OpenID` Connect. A provider says whose a device is; it never holds a key.
//!
//! An officer signs which provider may say so and with which keys, and everybody checks what it says with those: the server asks no
//! provider anything, and puts no key of its own in the place of one. `protocol/providers.md` is the document.
//!
//! Invariants: nothing counts that no officer's device has signed; a person at a provider is one account, for ever; a provider opens
//! accounts and adds no device to one.

mod error;
mod facts;
mod join;
mod list;
mod model;
mod sign_in;
mod store;
mod trust;
mod withdraw;

use chancery_wire::names::Domain;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) use error::ProvidersError;
pub(crate) use facts::FACTS;
pub(crate) use sign_in::{good_until, sign_in};
pub(crate) use store::MIGRATIONS;

/// What identity providers know of the world.
#[derive(Clone, Debug)]
pub(crate) struct Providers {
    /// The organisation's domain.
    pub domain: Domain,
    /// For how many hours a sign-in at a provider is good; nothing where devices need none.
    pub hours: Option<u32>,
}

/// The routes of identity providers.
pub(crate) fn routes() -> OpenApiRouter<Providers> {
    OpenApiRouter::new()
        .routes(routes!(trust::handle))
        .routes(routes!(list::handle))
        .routes(routes!(withdraw::handle))
        .routes(routes!(join::handle))
}
