//! Devices: the chains others check a device by, and the key packages others add it with.
//!
//! Invariants: a key package is of the device that deposits it; one for one use is handed out once, and only after that is
//! durable; the last resort stays.

mod chains;
mod claim;
mod deposit;
mod error;
mod expire;
mod facts;
mod meet;
mod parts;
mod stock;
mod store;

use chancery_wire::names::Domain;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) use expire::expire;
pub(crate) use facts::FACTS;
pub(crate) use store::MIGRATIONS;

/// What devices knows of the world.
#[derive(Clone, Debug)]
pub(crate) struct Devices {
    /// The organisation's domain.
    pub domain: Domain,
}

/// The routes of devices.
pub(crate) fn routes() -> OpenApiRouter<Devices> {
    OpenApiRouter::new()
        .routes(routes!(chains::handle))
        .routes(routes!(stock::handle, deposit::handle))
        .routes(routes!(claim::handle))
        .routes(routes!(meet::handle))
        .routes(routes!(parts::say, parts::see))
}
