//! Pending rooms: where a leaf does not fit its account's chain any more, whoever is there hears of it and sees to it.
//!
//! `POST /v1/rooms/pending`, permitted by `Rooms::"call"`, for the calling account: a device as which an account came back asks for it
//! once it can be added. Here because it touches several duties.

use axum::{Json, extract::State};
use chancery_wire::{api, problem::Problem};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::receive::Gate;
use crate::{
    accounts,
    counter::{Organisation, Refusal, Visitor},
    rooms::{self, Call},
};

/// The route.
pub(super) fn routes() -> OpenApiRouter<Gate> {
    OpenApiRouter::new().routes(routes!(handle))
}

/// Has everybody told who is in a room with the calling account.
#[utoipa::path(post, path = "/v1/rooms/pending", tag = "rooms", operation_id = "rooms.call",
    responses((status = 200, description = "In how many rooms it is pending.", body = api::Pended),
        (status = "default", description = "Refused.", body = Problem)))]
async fn handle(
    Visitor { desk, caller }: Visitor,
    State(gate): State<Gate>,
) -> Result<Json<api::Pended>, Refusal> {
    desk.permit::<Call>(Organisation)?;
    let devices = accounts::all_devices_of(&mut gate.floor.db.reader(), &caller.handle).await?;
    let rooms = rooms::pend(&gate.house(), &caller.handle, &devices).await?;
    gate.delivery.look(&rooms);
    Ok(Json(api::Pended { rooms: rooms.len() as u64 }))
}
