//! The charter: who holds which role, and what the organisation forbids besides. Its people sign it, and the server gives rights by it.
//!
//! `protocol/charter.md` is the document; what an amendment is and who may make one is judged in `chancery_transparency`, here and by
//! everybody who reads the charter.
//!
//! Invariants: nothing is in the charter that was not signed by those who may; nobody is given a right by what only they have signed;
//! somebody is always left who may amend it.

mod agree;
mod amend;
mod decline;
mod error;
mod explain;
mod facts;
mod proposals;
mod put_off;
mod read;
mod request_store;
mod requests;
mod rights;
mod segments;
mod store;
mod unused;

use chancery_wire::names::Domain;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) use agree::agree;
pub(crate) use amend::amend;
pub(crate) use error::CharterError;
pub(crate) use explain::{asked_of, explain};
pub(crate) use facts::FACTS;
pub(crate) use put_off::put_off;
pub(crate) use request_store::Waiting;
pub(crate) use requests::{request, requests};
pub(crate) use rights::Rights;
pub(crate) use segments::segments_of;
pub(crate) use store::MIGRATIONS;
pub(crate) use unused::Uses;

/// What the charter knows of the world.
#[derive(Clone, Debug)]
pub(crate) struct Charters {
    /// The organisation's domain.
    pub domain: Domain,
    /// The charter as it stands.
    pub rights: Rights,
    /// The zones of the network that the organisation has named.
    pub zones: Vec<String>,
}

/// The routes of the charter.
pub(crate) fn routes() -> OpenApiRouter<Charters> {
    OpenApiRouter::new()
        .routes(routes!(read::handle))
        .routes(routes!(proposals::handle))
        .routes(routes!(decline::handle))
        .routes(routes!(decline::request))
        .routes(routes!(unused::handle))
}
