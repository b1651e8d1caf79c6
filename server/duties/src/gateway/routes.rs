//! The routes of the house, and what stands around all of them.

use std::sync::Arc;

use axum::{Router, extract::DefaultBodyLimit, middleware};
use chancery_wire::problem::Code;
use utoipa_axum::router::OpenApiRouter;

use super::{
    agree, amend, approve, come_back, end_session, explain, link, pend,
    receive::{Gate, receive},
    recovery_key, revoke, stream, suspend,
};
use crate::{
    accounts::{self, Accounts},
    archive::{self, Archive},
    audit, charter,
    counter::Refusal,
    devices::{self, Devices},
    files::{self, Files},
    passkeys, providers,
    provisioning::{self, Provisioning},
    rooms::{self, Rooms},
    signin,
};

/// The router of a house.
pub(super) fn router(gate: Gate) -> Router {
    inside(&gate)
        .merge(passkeys::pages())
        .fallback(no_route)
        .method_not_allowed_fallback(no_method)
        // The limit is kept by `receive`, which reads the body once for as often as the request is run.
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn_with_state(gate, receive))
}

/// The routes of a house, for those whom `receive` has let in.
pub(super) fn inside(gate: &Gate) -> Router {
    let domain = gate.settings.domain.clone();
    let files = Files { blobs: gate.blobs.clone(), parts: gate.settings.file_parts() };
    let mut routes: OpenApiRouter = OpenApiRouter::new()
        .merge(accounts::routes().with_state(Accounts { domain: domain.clone() }))
        .merge(charter::routes().with_state(gate.charters()))
        .merge(audit::routes())
        .merge(
            devices::routes()
                .with_state(Devices { domain: domain.clone(), claims: Arc::clone(&gate.limits.claims) }),
        )
        .merge(signin::routes().with_state(gate.signin.clone()))
        .merge(passkeys::routes().with_state(gate.passkeys.clone()))
        .merge(providers::routes().with_state(gate.settings.providers()))
        .merge(provisioning::waiting())
        .merge(rooms::routes().with_state(Rooms { domain, rights: gate.rights.clone() }))
        .merge(agree::routes().with_state(gate.clone()))
        .merge(amend::routes().with_state(gate.clone()))
        .merge(approve::routes().with_state(gate.clone()))
        .merge(come_back::routes().with_state(gate.clone()))
        .merge(end_session::routes().with_state(gate.clone()))
        .merge(explain::routes().with_state(gate.clone()))
        .merge(link::routes().with_state(gate.clone()))
        .merge(pend::routes().with_state(gate.clone()))
        .merge(recovery_key::routes().with_state(gate.clone()))
        .merge(revoke::routes().with_state(gate.clone()))
        .merge(suspend::routes().with_state(gate.clone()));
    if gate.plane.talks() {
        routes = routes
            .merge(provisioning::routes().with_state(Provisioning { domain: gate.settings.domain.clone() }))
            .merge(files::routes().with_state(files))
            .merge(archive::routes().with_state(Archive { blobs: gate.blobs.clone() }))
            .merge(stream::routes().with_state(gate.clone()));
    }
    Router::from(routes)
}

async fn no_method() -> Refusal {
    Refusal::new(Code::NoMethod)
}

async fn no_route() -> Refusal {
    Refusal::new(Code::NoRoute)
}
