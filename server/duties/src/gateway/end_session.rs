//! End a session of one's own account: its token is worth nothing from then on, and its device's connections are closed.
//!
//! `DELETE /v1/sessions/{session}`, permitted by `Signin::"end-own"`; `DELETE /v1/accounts/{handle}/sessions`, all of another account,
//! by `Signin::"end-others"`. Here because it touches connections as well.

use axum::{extract::State, http::StatusCode};
use chancery_wire::{ids::SessionId, names::Handle, problem::Problem};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::receive::Gate;
use crate::{
    counter::{At, Refusal, Visitor},
    signin,
};

/// The route.
pub(super) fn routes() -> OpenApiRouter<Gate> {
    OpenApiRouter::new().routes(routes!(handle)).routes(routes!(of_others))
}

/// Ends a session of the calling account. Connections of the device's other sessions come back by themselves.
#[utoipa::path(delete, path = "/v1/sessions/{session}", tag = "signin", operation_id = "signin.end-own",
    params(("session" = SessionId, Path, description = "The session.")),
    responses((status = 204, description = "Ended."),
        (status = "default", description = "Refused.", body = Problem)))]
async fn handle(
    Visitor { desk, caller }: Visitor,
    State(gate): State<Gate>,
    At(session): At<SessionId>,
) -> Result<StatusCode, Refusal> {
    let device = signin::end_own(&desk, &caller, session).await?;
    gate.delivery.close(device);
    Ok(StatusCode::NO_CONTENT)
}

/// Ends all sessions of an account. Its devices sign in again by themselves, unless they may not.
#[utoipa::path(delete, path = "/v1/accounts/{handle}/sessions", tag = "signin", operation_id = "signin.end-others",
    params(("handle" = Handle, Path, description = "The account.")),
    responses((status = 204, description = "Ended."),
        (status = "default", description = "Refused.", body = Problem)))]
async fn of_others(
    Visitor { desk, caller }: Visitor,
    State(gate): State<Gate>,
    At(handle): At<Handle>,
) -> Result<StatusCode, Refusal> {
    let devices = signin::end_others(&desk, &caller, &handle).await?;
    for device in devices {
        gate.delivery.close(device);
    }
    Ok(StatusCode::NO_CONTENT)
}
