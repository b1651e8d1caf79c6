//! Meet: a device opens a meeting, in which it links another one to its account.
//!
//! `POST /v1/linkings`, permitted by `Devices::"meet"`, recorded as `devices.linking-opened`. What is said in it is for the two
//! devices only, and proves itself to them; the server passes it on.

use axum::{Json, http::StatusCode};
use chancery_floor::work::{Action, Work};
use chancery_wire::{
    api::{self, LINKING_SECONDS},
    ids::DeviceId,
    problem::Problem,
};

use super::{error::DevicesError, facts::Met, store};
use crate::counter::{Ask, Organisation, Refusal, Visitor};

/// The right to open a meeting.
#[derive(Debug)]
pub(crate) enum Meet {}

impl Action for Meet {
    type Resource = Organisation;
    const NAME: &'static str = r#"Devices::Action::"meet""#;
}

/// Opens a meeting in which the calling device links another one.
#[utoipa::path(post, path = "/v1/linkings", tag = "devices", operation_id = "devices.meet", request_body = api::Meet,
    responses((status = 201, description = "Opened.", body = api::Parts),
        (status = "default", description = "Refused.", body = Problem)))]
pub(super) async fn handle(
    Visitor { desk, caller }: Visitor,
    Ask(ask): Ask<api::Meet>,
) -> Result<(StatusCode, Json<api::Parts>), Refusal> {
    let permit = desk.permit::<Meet>(Organisation)?;
    let work = desk.begin(permit).await?;
    Ok((StatusCode::CREATED, Json(meet(work, caller.device, &ask).await?)))
}

async fn meet(mut work: Work<Meet>, by: DeviceId, ask: &api::Meet) -> Result<api::Parts, DevicesError> {
    let until = work.at().plus_seconds(LINKING_SECONDS);
    if !store::meet(&mut work.tx, (ask.linking, by), ask.of.is_none(), until).await? {
        return Err(DevicesError::NoLinking);
    }
    work.commit(&Met { linking: ask.linking, by, until }).await?;
    Ok(api::Parts { parts: vec![] })
}
