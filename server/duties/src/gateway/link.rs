//! Link a device: into the chain of its account. Where the account comes back by it, the sessions of the lost devices end at once.
//!
//! `POST /v1/devices`, permitted by `Accounts::"link"`. Here because it touches several duties.

use axum::{Json, extract::State, http::StatusCode};
use chancery_transparency::{Enrol, Vouch};
use chancery_wire::{
    api,
    problem::{Code, Problem},
};
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
    let domain = gate.settings.domain.clone();
    is_confirmed(&gate, &ask.entry.0).await?;
    let (account, went) = accounts::link(&desk, &domain, &ask.entry.0).await?;
    for device in &went {
        House::of(gate.clone()).end_sessions(*device).await?;
    }
    if !went.is_empty() {
        pend(&gate, &account.handle).await?;
    }
    Ok((StatusCode::CREATED, Json(account)))
}

/// Whose account has a passkey has approved the meeting in which the device is linked: the key of an earlier device alone links none.
async fn is_confirmed(gate: &Gate, entry: &[u8]) -> Result<(), Refusal> {
    let Ok((Enrol { handle, vouch: Vouch::Device(by), .. }, _)) = Enrol::peek(entry) else { return Ok(()) };
    let (now, mut reader) = (gate.floor.clock.now(), gate.floor.db.reader());
    let guarded = gate.settings.passkeys.required || passkeys::has_any(&mut reader, &handle).await?;
    if guarded && !devices::meets(&mut reader, by, now).await? {
        return Err(Refusal::new(Code::Unconfirmed));
    }
    Ok(())
}
