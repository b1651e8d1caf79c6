//! Sign-in: a device proves its key and gets a short-lived session, useless without that key (DPoP, RFC 9449).
//!
//! Every request proves the key again. Tokens are kept as hashes only; ending a session is felt by the next request.
//! A token that comes without the key ends its session: somebody else has it.
//!
//! Invariants: a proof is accepted once; nothing tells whether a device exists.

mod authenticate;
mod elevate;
mod end;
mod end_others;
mod end_own;
mod error;
mod facts;
mod go_on;
mod list;
mod open;
mod replays;
mod store;

use std::sync::{Arc, Mutex};

use chancery_wire::time::Instant;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) use authenticate::{Identity, PROOF, SCHEME};
pub(crate) use end::{end_with, expire, expose};
pub(crate) use end_others::end_others;
pub(crate) use end_own::end_own;
pub(crate) use error::SigninError;
pub(crate) use facts::FACTS;
pub(crate) use go_on::go_on;
pub(crate) use store::MIGRATIONS;

use replays::Replays;

use crate::{counter::Plane, providers::Providers};

/// What sign-in knows of the world.
#[derive(Clone, Debug)]
pub(crate) struct Signin {
    /// How long a session lives, in seconds.
    seconds: i64,
    /// When the process started; proofs made before may have been used before.
    started: Instant,
    replays: Arc<Mutex<Replays>>,
    /// At which listener sessions are opened, and good.
    plane: Plane,
    /// Who has to sign in at an identity provider as well, and how often.
    providers: Providers,
}

impl Signin {
    /// Sign-in of a process that started now.
    pub(crate) fn new(minutes: u32, started: Instant, providers: Providers) -> Self {
        let plane = Plane::Whole;
        Self { seconds: i64::from(minutes) * 60, started, replays: Arc::default(), plane, providers }
    }

    /// The same at one of several listeners: a proof that was used at one is used at all.
    pub(crate) fn at(&self, plane: Plane) -> Self {
        Self { plane, ..self.clone() }
    }
}

/// The routes of sign-in.
pub(crate) fn routes() -> OpenApiRouter<Signin> {
    OpenApiRouter::new()
        .routes(routes!(open::handle, list::handle))
        .routes(routes!(list::of_others))
        .routes(routes!(elevate::handle))
}
