//! Decline a proposal or a request that waits for another person, or take one's own back.
//!
//! `DELETE /v1/charter/proposals/{id}`, permitted by `Charter::"decline"`, recorded as `charter.declined`; `DELETE
//! /v1/charter/requests/{id}`, permitted by `Charter::"turn-down"`, recorded as `charter.turned-down`.

use axum::http::StatusCode;
use chancery_floor::work::Action;
use chancery_wire::{
    ids::{AmendmentId, RequestId},
    problem::Problem,
};

use super::{
    CharterError,
    facts::{Declined, TurnedDown},
    request_store, store,
};
use crate::counter::{At, Organisation, Refusal, Visitor};

/// The right to decline one.
#[derive(Debug)]
pub(crate) enum Decline {}

impl Action for Decline {
    type Resource = Organisation;
    const NAME: &'static str = r#"Charter::Action::"decline""#;
}

/// The right to decline a request, or to take one's own back.
#[derive(Debug)]
pub(crate) enum TurnDown {}

impl Action for TurnDown {
    type Resource = Organisation;
    const NAME: &'static str = r#"Charter::Action::"turn-down""#;
}

/// Declines a request that waits for another person.
#[utoipa::path(delete, path = "/v1/charter/requests/{id}", tag = "charter", operation_id = "charter.turn-down",
    params(("id" = RequestId, Path, description = "The request.")),
    responses((status = 204, description = "It waits no more."),
        (status = "default", description = "Refused.", body = Problem)))]
pub(super) async fn request(
    Visitor { desk, caller }: Visitor,
    At(id): At<RequestId>,
) -> Result<StatusCode, Refusal> {
    let permit = desk.permit::<TurnDown>(Organisation)?;
    let mut work = desk.begin(permit).await?;
    if !request_store::take(&mut work.tx, id).await? {
        return Err(CharterError::NoRequest.into());
    }
    work.commit(&TurnedDown { request: id, by: caller.handle }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Declines an amendment that waits for another person.
#[utoipa::path(delete, path = "/v1/charter/proposals/{id}", tag = "charter", operation_id = "charter.decline",
    params(("id" = AmendmentId, Path, description = "The amendment.")),
    responses((status = 204, description = "It waits no more."),
        (status = "default", description = "Refused.", body = Problem)))]
pub(super) async fn handle(
    Visitor { desk, caller }: Visitor,
    At(id): At<AmendmentId>,
) -> Result<StatusCode, Refusal> {
    let permit = desk.permit::<Decline>(Organisation)?;
    let mut work = desk.begin(permit).await?;
    if !store::decline(&mut work.tx, id).await? {
        return Err(CharterError::NoProposal.into());
    }
    work.commit(&Declined { amendment: id, by: caller.handle }).await?;
    Ok(StatusCode::NO_CONTENT)
}
