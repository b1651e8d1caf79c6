//! Revoke a device: it is unknown from the moment this is durable, its sessions end and its connections are closed.
//!
//! `POST /v1/devices/revocations`, permitted by `Accounts::"revoke"` or `Accounts::"revoke-others"`. Here because it touches several duties.

use axum::{Json, extract::State};
use chancery_floor::store::Tx;
use chancery_wire::{api, problem::Problem};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::receive::Gate;
use crate::{
    accounts::{self, Gone},
    archive,
    counter::{Ask, Refusal, Visitor},
    rooms, signin,
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
    // All of it, or none: whatever ends this process, the device is out in every respect.
    let follow = async |tx: &mut Tx, gone: &Gone, at| {
        signin::end_with(tx, gone.device).await?;
        // What was sealed to a recovery key goes with it.
        let sealed = match gone.key {
            Some(key) => archive::forget(tx, &gone.handle, Some(key)).await?,
            None => vec![],
        };
        Ok((rooms::mark(tx, &gone.handle, &gone.devices, at).await?, sealed))
    };
    let (Gone { handle, device, .. }, pending, sealed) =
        accounts::revoke(&desk, &caller, (&domain, &ask.entry.0), follow).await?;
    gate.delivery.close(device);
    gate.delivery.look(&pending);
    archive::wipe(&gate.blobs, sealed).await;
    Ok(Json(api::Account { handle, device }))
}
