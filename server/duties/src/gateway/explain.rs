//! Explain why somebody may do something, or may not, by the roles that the charter and the directory's groups give them.
//!
//! `POST /v1/explanations`; who may ask is said in `charter::explain`. Here because it touches several duties.

use axum::{Json, extract::State};
use chancery_wire::{api, problem::Problem};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::receive::Gate;
use crate::{
    charter,
    counter::{Ask, Refusal, Visitor},
    provisioning,
};

/// The route.
pub(super) fn routes() -> OpenApiRouter<Gate> {
    OpenApiRouter::new().routes(routes!(handle))
}

/// Why the calling account, or another one, may do something or may not, and what would change that.
#[utoipa::path(post, path = "/v1/explanations", tag = "charter", operation_id = "charter.explain", request_body = api::Explain,
    responses((status = 200, description = "Why.", body = api::Explanation),
        (status = "default", description = "Refused.", body = Problem)))]
async fn handle(
    Visitor { desk, caller }: Visitor,
    State(gate): State<Gate>,
    Ask(ask): Ask<api::Explain>,
) -> Result<Json<api::Explanation>, Refusal> {
    let charters = gate.charters();
    let (charter, subject) = charter::asked_of(&desk, &charters, (caller, ask.account.as_ref())).await?;
    let (whose, mut from) = ((&subject.handle, subject.standing), gate.floor.db.reader());
    let all = provisioning::roles_of(&mut from, &charter, whose, desk.now()).await?;
    Ok(Json(charter::explain(&desk, &charters, (&charter, subject, all), &ask.act)?))
}
