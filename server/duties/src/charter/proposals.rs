//! List the amendments that wait for another person's signature.
//!
//! `GET /v1/charter/proposals`, permitted by `Charter::"list-proposals"`. Changes nothing.

use axum::Json;
use chancery_floor::work::Action;
use chancery_wire::{api, bytes::Opaque, problem::Problem};

use super::{amend::WAITING, store};
use crate::counter::{Organisation, Refusal, Visitor};

/// The right to list them.
#[derive(Debug)]
pub(crate) enum ListProposals {}

impl Action for ListProposals {
    type Resource = Organisation;
    const NAME: &'static str = r#"Charter::Action::"list-proposals""#;
}

/// The amendments that wait for another person, the oldest first.
#[utoipa::path(get, path = "/v1/charter/proposals", tag = "charter", operation_id = "charter.list-proposals",
    responses((status = 200, description = "The proposals.", body = api::Proposals),
        (status = "default", description = "Refused.", body = Problem)))]
pub(super) async fn handle(Visitor { desk, .. }: Visitor) -> Result<Json<api::Proposals>, Refusal> {
    let permit = desk.permit::<ListProposals>(Organisation)?;
    let since = desk.now().plus_seconds(-WAITING);
    let proposals = store::proposals(&mut desk.look(&permit), since).await?;
    Ok(Json(api::Proposals { proposals: proposals.into_iter().map(Opaque).collect() }))
}
