//! Ask for device chains: what a client checks every leaf by.
//!
//! `POST /v1/chains` (a question too long for an address), permitted by `Devices::"chains"`.

use axum::Json;
use chancery_floor::work::Action;
use chancery_wire::{
    api::{self, CHAINS_LIMIT},
    problem::Problem,
};

use super::error::DevicesError;
use crate::{
    accounts,
    counter::{Ask, Organisation, Refusal, Visitor},
};

/// The right to see device chains.
#[derive(Debug)]
pub(crate) enum SeeChains {}

impl Action for SeeChains {
    type Resource = Organisation;
    const NAME: &'static str = r#"Devices::Action::"chains""#;
}

/// The chains of accounts, and those they rest on, inviters first.
#[utoipa::path(post, path = "/v1/chains", tag = "devices", operation_id = "devices.chains", request_body = api::AskChains,
    responses((status = 200, description = "The chains.", body = api::Chains),
        (status = "default", description = "Refused.", body = Problem)))]
pub(super) async fn handle(
    Visitor { desk, .. }: Visitor,
    Ask(ask): Ask<api::AskChains>,
) -> Result<Json<api::Chains>, Refusal> {
    let permit = desk.permit::<SeeChains>(Organisation)?;
    if ask.handles.len() > CHAINS_LIMIT {
        return Err(DevicesError::TooManyChains.into());
    }
    let chains = accounts::chains(&mut desk.look(&permit), &ask.handles).await?;
    Ok(Json(api::Chains { chains }))
}
