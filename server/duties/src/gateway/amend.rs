//! Amend the charter: what its people have signed is taken in, and whatever follows from it is done.
//!
//! `POST /v1/charter/amendments`; who may is said in `charter::amend`. Here because it touches several duties.

use axum::{Json, extract::State};
use chancery_transparency::{Amendment, Change};
use chancery_wire::{api, problem::Problem};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{guests, receive::Gate};
use crate::{
    charter,
    counter::{Ask, Refusal, Visitor},
};

/// The route.
pub(super) fn routes() -> OpenApiRouter<Gate> {
    OpenApiRouter::new().routes(routes!(handle))
}

/// Deposits an amendment that the calling device has signed last.
#[utoipa::path(post, path = "/v1/charter/amendments", tag = "charter", operation_id = "charter.amend", request_body = api::Amend,
    responses((status = 200, description = "It is taken in, or waits for another person.", body = api::Amended),
        (status = "default", description = "Refused.", body = Problem)))]
async fn handle(
    Visitor { desk, caller }: Visitor,
    State(gate): State<Gate>,
    Ask(ask): Ask<api::Amend>,
) -> Result<Json<api::Amended>, Refusal> {
    let amendment = &ask.amendment.0;
    let amended = charter::amend(&desk, &gate.charters(), &caller, amendment).await?;
    let change = Amendment::peek(amendment).map(|(it, _)| it.change);
    let separates =
        matches!(change, Some(Change::Segment { .. } | Change::Barrier { .. } | Change::Host { .. }));
    if separates && amended.number.is_some() {
        if let Err(refusal) = guests::host(&gate).await {
            tracing::error!(code = %refusal.code, "the terms of guests could not be kept; they are at the next start");
        }
        if let Err(error) = gate.delivery.part().await {
            // Nobody comes in across a barrier all the same; rooms that are across one already are looked at anew at the next start.
            tracing::error!(%error, "rooms could not be looked through for people who may not meet");
        }
    }
    Ok(Json(amended))
}
