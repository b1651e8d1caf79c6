//! Return to a room: what a device needs that lost the room's state, or cannot follow it any more.
//!
//! `GET /v1/rooms/{room}/return`, permitted by `Rooms::"return"` to leaves of the room; for everybody else there is no such
//! room.

use axum::Json;
use chancery_floor::work::Action;
use chancery_groups::Face;
use chancery_wire::{api, bytes::Opaque, ids::RoomId, problem::Problem};

use super::{error::RoomsError, model::Seen, store};
use crate::counter::{At, Refusal, Visitor};

/// The right to come back into a room.
#[derive(Debug)]
pub(crate) enum ComeBack {}

impl Action for ComeBack {
    type Resource = Seen;
    const NAME: &'static str = r#"Rooms::Action::"return""#;
}

/// The room's standing, group info and tree.
#[utoipa::path(get, path = "/v1/rooms/{room}/return", tag = "rooms", operation_id = "rooms.return",
    params(("room" = RoomId, Path, description = "The room.")),
    responses((status = 200, description = "What is needed to come back.", body = api::Return),
        (status = "default", description = "Refused.", body = Problem)))]
pub(super) async fn handle(
    Visitor { desk, caller }: Visitor,
    At(room): At<RoomId>,
) -> Result<Json<api::Return>, Refusal> {
    let reach = store::reach(&mut desk.floor().db.reader(), room, caller.device).await?;
    let permit = desk.permit::<ComeBack>(Seen { room, reach }).map_err(|_| RoomsError::Hidden)?;
    let whole = store::whole(&mut desk.look(&permit), room).await?;
    let (standing, group_info, face) = whole.ok_or(RoomsError::NoRoom)?;
    let tree = tokio::task::spawn_blocking(move || Face::load(&face)?.tree()).await;
    let tree = tree.map_err(|_| RoomsError::Unread)?.map_err(RoomsError::from)?;
    let (group_info, tree) = (Opaque(group_info), Opaque(tree));
    Ok(Json(api::Return { head: standing.view(room), group_info, tree }))
}
