//! Audit: the journal, for whoever may read it. Reading it is told in it.

mod facts;
mod read;

use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) use facts::FACTS;

/// The routes of audit.
pub(crate) fn routes() -> OpenApiRouter {
    OpenApiRouter::new().routes(routes!(read::handle))
}
