//! Archive: what the devices of an account keep here for the day they are all lost, sealed so that only its recovery key opens it.
//!
//! What is in it nobody but the holder of that key can read: not the server, and no device (`protocol/devices.md`, *Archive*).
//!
//! Invariants: an account sees its own only; what was sealed to an earlier recovery key is gone once there is another one; a block that
//! is acknowledged is durable.

mod delete;
mod error;
mod facts;
mod forget;
mod list;
mod model;
mod put;
mod read;
mod store;

use chancery_floor::blobs::Blobs;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) use facts::FACTS;
pub(crate) use forget::forget;
pub(crate) use model::wipe;
pub(crate) use store::{MIGRATIONS, is_used};

/// What the archive knows of the world.
#[derive(Clone, Debug)]
pub(crate) struct Archive {
    /// Where sealed blocks are kept.
    pub blobs: Blobs,
}

/// The routes of the archive.
pub(crate) fn routes() -> OpenApiRouter<Archive> {
    OpenApiRouter::new()
        .routes(routes!(list::handle))
        .routes(routes!(put::handle))
        .routes(routes!(read::handle, delete::handle))
}
