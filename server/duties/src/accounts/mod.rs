//! Accounts: the organisation is founded, people are invited and join, and their device chains are kept.
//!
//! The server stores chains and cannot extend one. It checks every entry down to the root as a client would, so that
//! nonsense is refused early; no client relies on that.
//!
//! Invariants: the organisation is founded once; an invitation opens one account once; a chain is never changed.

mod ask_recovery;
mod attended_store;
mod chains;
mod error;
mod facts;
mod found;
mod guests;
mod invitation;
mod invite;
mod join;
mod keep_recovery_key;
mod link;
mod model;
mod open_provided;
mod organisation;
mod prepare;
mod revoke;
mod store;
mod suspend;
mod take_in;

use chancery_wire::names::Domain;
use utoipa_axum::{router::OpenApiRouter, routes};

pub use model::KnownDevice;

pub(crate) use attended_store::{attended, attended_by, host, is_out, run_out};
pub(crate) use chains::chains;
pub(crate) use error::AccountsError;
pub(crate) use facts::{FACTS, Hosted, RanOut, RecoveryKeyKept};
pub(crate) use keep_recovery_key::{KeepRecoveryKey, keep_recovery_key};
pub(crate) use link::{Back, Came, Lost, comes, link};
pub(crate) use open_provided::open_provided;
pub(crate) use prepare::prepare;
pub(crate) use revoke::{Gone, revoke};
pub(crate) use store::{
    MIGRATIONS, all_devices_of, devices_of, domain, find_device, is_kept, linked_by, owned_by, recovery_key,
    root, silent_of, standing_of, standings, suspended, trusted, was_revoked,
};
pub(crate) use suspend::{Suspend, Suspension, suspend};

/// What accounts knows of the world.
#[derive(Clone, Debug)]
pub(crate) struct Accounts {
    /// The organisation's domain.
    pub domain: Domain,
}

/// The routes of accounts.
pub(crate) fn routes() -> OpenApiRouter<Accounts> {
    OpenApiRouter::new()
        .routes(routes!(organisation::handle, found::handle))
        .routes(routes!(join::handle))
        .routes(routes!(ask_recovery::handle))
        .routes(routes!(invite::handle))
        .routes(routes!(guests::handle))
        .routes(routes!(invitation::handle))
}
