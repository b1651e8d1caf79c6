//! Revoke a device: it is unknown from the moment this is durable, its sessions end and its connections are closed.
//!
//! `POST /v1/devices/revocations`, permitted by `Accounts::"revoke"` or `Accounts::"revoke-others"`. Here because it touches several duties.

use axum::{Json, extract::State};
use chancery_floor::store::Tx;
use chancery_wire::{api, names::Handle, problem::Problem};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{House, pend::pend, receive::Gate};
use crate::{
    accounts, archive,
    counter::{Ask, Refusal, Visitor},
};

/// The route.
pub(super) fn routes() -> OpenApiRouter<Gate> {
    OpenApiRouter::new().routes(routes!(handle))
}

/// Revokes another device of the calling account; or, for officers, of any.
#[utoipa::path(post, path = "/v1/devices/revocations", tag = "accounts", operation_id = "accounts.revoke",
    request_body = api::Revoke,
    responses((status = 200, description = "Revoked.", body = api::Account),
        (status = "default", description = "Refused.", body = Problem)))]
async fn handle(
    Visitor { desk, caller }: Visitor,
    State(gate): State<Gate>,
    Ask(ask): Ask<api::Revoke>,
) -> Result<Json<api::Account>, Refusal> {
    let domain = gate.settings.domain.clone();
    // What was sealed to a recovery key goes with it.
    let ended = async |tx: &mut Tx, handle: &Handle, key| archive::forget(tx, handle, Some(key)).await;
    let gone = accounts::revoke(&desk, &caller, (&domain, &ask.entry.0), ended).await?;
    let accounts::Gone { handle, device, key } = gone;
    archive::wipe(&gate.blobs, key.unwrap_or_default()).await;
    House::of(gate.clone()).end_sessions(device).await?;
    pend(&gate, &handle).await?;
    Ok(Json(api::Account { handle, device }))
}
