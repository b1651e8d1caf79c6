//! Amend the charter: what its people have signed is taken in, and whatever follows from it is done.
//!
//! `POST /v1/charter/amendments`; who may is said in `charter::amend`. Here because it touches several duties.

use std::sync::atomic::Ordering;

use axum::{Json, extract::State};
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
    // Broken off or failed, it is done within seconds all the same.
    if amended.number.is_some() {
        gate.amended.send_modify(|times| *times += 1);
        if let Err(refusal) = carry_out(&gate).await {
            tracing::error!(code = %refusal.code, "what the charter says is not carried out yet; it is tried again");
        }
    }
    Ok(Json(amended))
}

/// Carries out what the charter says of guests and of who may meet whom, where that was not done since it said so last.
pub(super) async fn carry_out(gate: &Gate) -> Result<(), Refusal> {
    let charter = gate.rights.charter(&mut gate.floor.db.reader(), &gate.settings.domain).await?;
    let Some(charter) = charter else { return Ok(()) };
    let number = charter.separated();
    if gate.carried_out.load(Ordering::SeqCst) == number {
        return Ok(());
    }
    guests::host(gate, &charter).await?;
    gate.delivery.part().await?;
    gate.carried_out.store(number, Ordering::SeqCst);
    Ok(())
}
