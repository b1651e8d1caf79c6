//! List the rooms the calling device is in, and where each stands.
//!
//! `GET /v1/rooms`, permitted by `Rooms::"list"`.

use axum::Json;
use chancery_floor::work::Action;
use chancery_wire::{api, problem::Problem};

use super::store;
use crate::counter::{Organisation, Refusal, Visitor};

/// The right to list one's own rooms.
#[derive(Debug)]
pub(crate) enum ListRooms {}

impl Action for ListRooms {
    type Resource = Organisation;
    const NAME: &'static str = r#"Rooms::Action::"list""#;
}

/// The rooms of the calling device.
#[utoipa::path(get, path = "/v1/rooms", tag = "rooms", operation_id = "rooms.list",
    responses((status = 200, description = "The rooms.", body = api::Rooms),
        (status = "default", description = "Refused.", body = Problem)))]
pub(super) async fn handle(Visitor { desk, caller }: Visitor) -> Result<Json<api::Rooms>, Refusal> {
    let permit = desk.permit::<ListRooms>(Organisation)?;
    let standings = store::standings(&mut desk.look(&permit), caller.device).await?;
    let rooms = standings.into_iter().map(|(room, standing)| standing.view(room)).collect();
    Ok(Json(api::Rooms { rooms }))
}
