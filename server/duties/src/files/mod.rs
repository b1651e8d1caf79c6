//! Files: sealed files that devices put into rooms, part by part, and read again.
//!
//! What is in them, what they are called and which message speaks of them is known to members' devices only
//! (`protocol/files.md`).
//!
//! Invariants: a part is acknowledged when it is durable; parts are numbered without gaps; who is not in the room gets
//! nothing; a deleted file's bytes are gone.

mod begin;
mod delete;
mod error;
mod expire;
mod facts;
mod model;
mod put_part;
mod read_part;
mod store;

use chancery_floor::blobs::Blobs;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) use expire::expire;
pub(crate) use facts::FACTS;
pub(crate) use store::{MIGRATIONS, is_used};

/// What files knows of the world.
#[derive(Clone, Debug)]
pub(crate) struct Files {
    /// Where sealed parts are kept.
    pub blobs: Blobs,
    /// The most parts a file may have.
    pub parts: u64,
}

/// The routes of files.
pub(crate) fn routes() -> OpenApiRouter<Files> {
    OpenApiRouter::new()
        .routes(routes!(begin::handle, delete::handle))
        .routes(routes!(put_part::handle, read_part::handle))
}
