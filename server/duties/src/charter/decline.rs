//! Decline a proposal, or take one's own back.
//!
//! `DELETE /v1/charter/proposals/{id}`, permitted by `Charter::"decline"`, recorded as `charter.declined`.

use axum::http::StatusCode;
use chancery_floor::work::Action;
use chancery_wire::{ids::AmendmentId, problem::Problem};

use super::{CharterError, facts::Declined, store};
use crate::counter::{At, Organisation, Refusal, Visitor};

/// The right to decline one.
#[derive(Debug)]
pub(crate) enum Decline {}

impl Action for Decline {
    type Resource = Organisation;
    const NAME: &'static str = r#"Charter::Action::"decline""#;
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
