//! Rooms in which people are who may not meet, because a barrier has come between them since: who they are, and who can take some out.
//!
//! `GET /v1/rooms/apart`, permitted by `Rooms::"see-apart"`. Which rooms those are is written by `delivery::part`.

use axum::{Json, extract::State};
use chancery_floor::{store::StoreError, work::Action};
use chancery_groups::Face;
use chancery_wire::{api, names::Handle, policy::Role, problem::Problem};

use super::{Rooms, store};
use crate::{
    accounts,
    counter::{Organisation, Refusal, Visitor},
};

/// The right to see in which rooms people are who may not meet.
#[derive(Debug)]
pub(crate) enum SeeApart {}

impl Action for SeeApart {
    type Resource = Organisation;
    const NAME: &'static str = r#"Rooms::Action::"see-apart""#;
}

/// The rooms in which nothing is said because people are in them who may not meet.
#[utoipa::path(get, path = "/v1/rooms/apart", tag = "rooms", operation_id = "rooms.see-apart",
    responses((status = 200, description = "The rooms.", body = api::ApartRooms),
        (status = "default", description = "Refused.", body = Problem)))]
pub(super) async fn handle(
    Visitor { desk, .. }: Visitor,
    State(state): State<Rooms>,
) -> Result<Json<api::ApartRooms>, Refusal> {
    let permit = desk.permit::<SeeApart>(Organisation)?;
    let mut from = desk.look(&permit);
    let mut rooms = Vec::new();
    let Some(charter) = state.rights.charter(&mut from, &state.domain).await? else {
        return Ok(Json(api::ApartRooms { rooms }));
    };
    let attended = accounts::attended(&mut from).await?;
    let whose = |handle: &Handle| attended.get(handle).cloned();
    for room in store::apart(&mut from).await? {
        let Some((.., face)) = store::face(&mut from, room).await? else { continue };
        let damaged = |breach| StoreError::Failed(format!("the face of a room: {breach}"));
        let face = Face::load(&face).map_err(damaged)?;
        let mut there: Vec<Handle> =
            face.leaves().map_err(damaged)?.into_iter().map(|it| it.name.account).collect();
        there.extend(face.policy().away.iter().cloned());
        there.sort_unstable();
        there.dedup();
        let side = |(segment, accounts)| api::Side { segment, accounts };
        let sides = charter.segments().sides(&there, &whose);
        let apart = sides.into_iter().map(|[one, other]| [side(one), side(other)]).collect();
        there.retain(|handle| face.policy().role(handle) == Role::Owner);
        rooms.push(api::ApartRoom { room, apart, owners: there });
    }
    Ok(Json(api::ApartRooms { rooms }))
}
