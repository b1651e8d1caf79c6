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

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use chancery_floor::{clock::Clock, limit::Limit};
use chancery_wire::names::{Domain, Handle};
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) use expire::expire;
pub(crate) use facts::FACTS;
pub(crate) use store::{MIGRATIONS, links};

/// How many key packages for one use an account gets of another one at once, and how often one more.
const CLAIMS: (NonZeroU32, Duration) = (NonZeroU32::new(12).unwrap(), Duration::from_mins(5));

/// What devices knows of the world.
#[derive(Clone, Debug)]
pub(crate) struct Devices {
    /// The organisation's domain.
    pub domain: Domain,
    /// Who takes key packages of whom.
    pub claims: Arc<Claims>,
}

/// How often an account takes key packages of another one. Beyond that it gets the last resort, so that nobody uses up what others
/// are added with.
pub(crate) type Claims = Limit<(Handle, Handle)>;

/// The limit of taking key packages.
pub(crate) fn claims(clock: Arc<dyn Clock>) -> Claims {
    Limit::new(CLAIMS.0, CLAIMS.1, clock)
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
