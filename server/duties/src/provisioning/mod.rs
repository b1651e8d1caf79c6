//! Provisioning: who belongs to the organisation, as its directory says (SCIM 2.0, RFC 7643 and RFC 7644).
//!
//! A program that an officer has let say so (`scope` in its invitation) asks here on behalf of the organisation's provider, and signs
//! what follows: that accounts are suspended, or restored. This duty only says which. `protocol/provisioning.md` is the document.
//!
//! Invariants: what the schemas do not name is not kept; a person's name stands for one account; whoever the directory knew and does not
//! any more does not belong to the organisation.

mod bulk;
mod change;
mod create;
mod delete;
mod discover;
mod error;
mod facts;
mod filter;
mod list;
mod model;
mod patch;
mod read;
mod replace;
mod roles;
mod said;
mod schema;
mod search;
mod show;
mod store;
mod take;
mod waiting;

use chancery_wire::names::Domain;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) use facts::FACTS;
pub(crate) use roles::roles_of;
pub(crate) use said::refused;
pub(crate) use store::{MIGRATIONS, keeps_out, set_aside};

/// What the directory knows of the world.
#[derive(Clone, Debug)]
pub(crate) struct Provisioning {
    /// The organisation's domain.
    pub domain: Domain,
}

/// The routes of the directory.
pub(crate) fn routes() -> OpenApiRouter<Provisioning> {
    OpenApiRouter::new()
        .routes(routes!(discover::config))
        .routes(routes!(discover::types))
        .routes(routes!(discover::one_type))
        .routes(routes!(discover::schemas))
        .routes(routes!(discover::one_schema))
        .routes(routes!(list::handle, create::handle))
        .routes(routes!(read::handle, replace::handle, change::handle, delete::handle))
        .routes(routes!(search::all))
        .routes(routes!(search::handle))
        .routes(routes!(bulk::handle))
}

/// What is asked by those who look after the organisation, and by the directory's program.
pub(crate) fn waiting() -> OpenApiRouter {
    OpenApiRouter::new().routes(routes!(waiting::handle))
}
