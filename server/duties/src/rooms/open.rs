//! Open a room: its MLS group starts with the opening device as its one leaf.
//!
//! `POST /v1/rooms`, permitted by `Rooms::"open"`, recorded as `rooms.opened`. The same room opened again by the same device
//! with the same bytes is answered the same.

use axum::{Json, extract::State, http::StatusCode};
use chancery_floor::work::{Action, Work};
use chancery_groups::{Breach, Face};
use chancery_trail::{digest, room_start};
use chancery_wire::{
    api,
    ids::{DeviceId, Digest},
    problem::Problem,
};

use super::{
    Rooms,
    error::RoomsError,
    facts::Opened,
    model::Standing,
    store::{self, New},
};
use crate::counter::{Ask, Caller, Organisation, Refusal, Visitor};

/// The right to open a room.
#[derive(Debug)]
pub(crate) enum OpenRoom {}

impl Action for OpenRoom {
    type Resource = Organisation;
    const NAME: &'static str = r#"Rooms::Action::"open""#;
}

/// Opens a room with the calling device alone in it.
#[utoipa::path(post, path = "/v1/rooms", tag = "rooms", operation_id = "rooms.open", request_body = api::Open,
    responses((status = 201, description = "Opened.", body = api::RoomHead),
        (status = "default", description = "Refused.", body = Problem)))]
pub(super) async fn handle(
    Visitor { desk, caller }: Visitor,
    State(rooms): State<Rooms>,
    Ask(ask): Ask<api::Open>,
) -> Result<(StatusCode, Json<api::RoomHead>), Refusal> {
    let permit = desk.permit::<OpenRoom>(Organisation)?;
    let device = caller.device;
    let opening = digest(&[digest(&ask.group_info.0).0, digest(&ask.tree.0).0].concat());
    // Reading a group takes milliseconds: too long for a thread that serves others.
    let checked =
        tokio::task::spawn_blocking(move || check(&rooms, &caller, &ask).map(|face| (face, ask))).await;
    let (face, ask) = checked.map_err(|_| RoomsError::Unread)??;
    let work = desk.begin(permit).await?;
    Ok((StatusCode::CREATED, Json(open(work, device, opening, ask, face).await?)))
}

/// Checks that the room starts as a room must, and with the caller. Returns its face.
fn check(rooms: &Rooms, caller: &Caller, ask: &api::Open) -> Result<Vec<u8>, RoomsError> {
    let face = Face::open(ask.room, &ask.tree.0, &ask.group_info.0)?;
    let leaves = face.leaves()?;
    let owner = leaves.first().ok_or(Breach::NotAlone)?;
    let named = owner.name.domain == rooms.domain && owner.name.account == caller.handle;
    if !named || owner.name.device != caller.device || owner.key != caller.key.0 {
        return Err(RoomsError::Foreign);
    }
    Ok(face.save()?)
}

async fn open(
    mut work: Work<OpenRoom>,
    by: DeviceId,
    opening: Digest,
    ask: api::Open,
    face: Vec<u8>,
) -> Result<api::RoomHead, RoomsError> {
    let (room, at) = (ask.room, work.at());
    let answer = Standing { epoch: 0, handshake: 0, seq: 0, head: room_start(room), apart: false }.view(room);
    let new = New { room, by, opening, at, group_info: ask.group_info.0, face };
    if !store::insert(&mut work.tx, new).await? {
        let same = store::opening(&mut work.tx, room).await? == Some((by, opening));
        return if same { Ok(answer) } else { Err(RoomsError::Taken) };
    }
    store::put_in(&mut work.tx, room, 0, &[by]).await?;
    work.commit(&Opened { room, by, opening }).await?;
    Ok(answer)
}
