//! Rooms: which rooms there are, who is in them, their public face and their log as they are kept.
//!
//! What happens in a room is decided by its members' clients and judged by `chancery-groups`; this duty keeps what was
//! decided. How entries come in and go out is `delivery`'s.
//!
//! Invariants: a room starts with its owner alone; entries are numbered without gaps; a device that is no leaf gets nothing.

mod apart;
mod error;
mod facts;
mod list;
mod log;
mod model;
mod open;
mod pend;
mod return_;
mod store;
mod welcome_store;
mod welcomes;

use chancery_wire::names::Domain;
use tower_http::compression::CompressionLayer;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::charter::Rights;

pub(crate) use facts::FACTS;
pub(crate) use log::{Place, append, expire, forget, last, page, repeats};
pub(crate) use model::{Reach, Seen, Standing};
pub(crate) use pend::{Call, is_in, keep_away, mark, pend, pending, pending_of, rooms_of, settle, unmark};
pub(crate) use store::{
    MIGRATIONS, Next, advance, apart, face, have_met, leaves, meets_others, members, missed, part, put_in,
    reach, set_apart, standing, stays, take_out,
};
pub(crate) use welcome_store::{joined, welcome};

/// What rooms knows of the world.
#[derive(Clone, Debug)]
pub(crate) struct Rooms {
    /// The organisation's domain.
    pub domain: Domain,
    /// The charter as it stands.
    pub rights: Rights,
}

/// The routes of rooms.
pub(crate) fn routes() -> OpenApiRouter<Rooms> {
    // Trees of large rooms are large, and nothing in these answers is chosen by somebody who could learn from their length.
    let trees = OpenApiRouter::new()
        .routes(routes!(return_::handle))
        .routes(routes!(welcomes::handle))
        .layer(CompressionLayer::new());
    OpenApiRouter::new()
        .routes(routes!(list::handle, open::handle))
        .routes(routes!(pend::handle))
        .routes(routes!(apart::handle))
        .merge(trees)
}
