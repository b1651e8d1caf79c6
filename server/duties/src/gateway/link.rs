//! Link a device: into the chain of its account. Where the account comes back by it, the sessions of the lost devices end at once.
//!
//! `POST /v1/devices`, permitted by `Accounts::"link"`. Here because it touches several duties.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use chancery_floor::{
    store::Tx,
    work::{Actor, Desk},
};
use chancery_wire::{api, names::Handle, problem::Problem};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{House, pend::pend, receive::Gate};
use crate::{
    accounts,
    counter::{Anybody, Ask, Refusal},
    devices, passkeys,
};

/// The route.
pub(super) fn routes() -> OpenApiRouter<Gate> {
    OpenApiRouter::new().routes(routes!(handle))
}

/// Takes a device into the chain of the account that it was vouched for.
#[utoipa::path(post, path = "/v1/devices", tag = "accounts", operation_id = "accounts.link", request_body = api::Link,
    responses((status = 201, description = "Linked.", body = api::Account),
        (status = "default", description = "Refused.", body = Problem)))]
async fn handle(
    Anybody(desk): Anybody,
    State(gate): State<Gate>,
    Ask(ask): Ask<api::Link>,
) -> Result<(StatusCode, Json<api::Account>), Refusal> {
    let (domain, now) = (gate.settings.domain.clone(), desk.now());
    // Whose account has a passkey has approved a meeting, which lets one device in: the key of an earlier device alone links none.
    let may_link = async |tx: &mut Tx, handle: &Handle, by| {
        let guarded = gate.settings.passkeys.required || passkeys::has_any(tx, handle).await?;
        Ok(!guarded || devices::links(tx, by, now).await?)
    };
    let (account, went) = accounts::link(&desk, (&domain, &ask.entry.0), may_link).await?;
    if !went.is_empty() {
        // Whoever has lost all devices may have lost what they had beside them, and begins anew.
        passkeys::forget(&Desk::of(Arc::clone(&gate.floor), Actor::house()), &account.handle).await?;
    }
    for device in &went {
        House::of(gate.clone()).end_sessions(*device).await?;
    }
    if !went.is_empty() {
        pend(&gate, &account.handle).await?;
    }
    Ok((StatusCode::CREATED, Json(account)))
}
