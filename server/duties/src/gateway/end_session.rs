//! End a session of one's own account: its token is worth nothing from then on, and its device's connections are closed.
//!
//! `DELETE /v1/sessions/{session}`, permitted by `Signin::"end-own"`. Here because it touches connections as well.

use axum::{extract::State, http::StatusCode};
use chancery_wire::{ids::SessionId, problem::Problem};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::receive::Gate;
use crate::{
    counter::{At, Refusal, Visitor},
    signin,
};

/// The route.
pub(super) fn routes() -> OpenApiRouter<Gate> {
    OpenApiRouter::new().routes(routes!(handle))
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
