//! Begin a file in a room, or find out how far it has come.
//!
//! `PUT /v1/rooms/{room}/files/{file}`, permitted by `Files::"begin"` to whoever is in the room, recorded as `files.begun`.
//! The device chooses the id; the same again changes nothing.

use axum::Json;
use axum::extract::State;
use chancery_floor::work::{Action, Work};
use chancery_wire::{
    api,
    ids::{FileId, RoomId},
    problem::Problem,
    time::{DAY, Instant},
};

use super::{
    Files,
    error::FilesError,
    facts::Begun,
    model::{File, UNDER_WAY},
    store,
};
use crate::{
    counter::{Ask, At, Caller, Refusal, Visitor},
    rooms::{self, Seen},
};

/// How long a file is kept that is not gone on with, in days.
const DAYS: i64 = 7;

/// The right to put a file into a room.
#[derive(Debug)]
pub(crate) enum Begin {}

impl Action for Begin {
    type Resource = Seen;
    const NAME: &'static str = r#"Files::Action::"begin""#;
}

/// When a file that is gone on with now is forgotten if that was the last time.
pub(super) fn until(at: Instant) -> Instant {
    at.plus_seconds(DAYS * DAY)
}

/// Begins a file, or says how far it has come.
#[utoipa::path(put, path = "/v1/rooms/{room}/files/{file}", tag = "files", operation_id = "files.begin",
    params(("room" = RoomId, Path, description = "The room."), ("file" = FileId, Path, description = "The file.")),
    request_body = api::BeginFile,
    responses((status = 200, description = "How far it has come.", body = api::FileState),
        (status = "default", description = "Refused.", body = Problem)))]
pub(super) async fn handle(
    State(files): State<Files>,
    Visitor { desk, caller }: Visitor,
    At((room, file)): At<(RoomId, FileId)>,
    Ask(ask): Ask<api::BeginFile>,
) -> Result<Json<api::FileState>, Refusal> {
    let reach = rooms::reach(&mut desk.floor().db.reader(), room, caller.device).await?;
    let permit = desk.permit::<Begin>(Seen { room, reach }).map_err(|_| FilesError::Hidden)?;
    if !(1..=files.parts).contains(&ask.parts) {
        return Err(FilesError::TooLarge.into());
    }
    let work = desk.begin(permit).await?;
    Ok(Json(begin(work, &caller, file, ask.parts).await?))
}

async fn begin(
    mut work: Work<Begin>,
    caller: &Caller,
    file: FileId,
    parts: u64,
) -> Result<api::FileState, FilesError> {
    let (at, room) = (work.at(), work.resource().room);
    if let Some(begun) = store::file(&mut work.tx, file).await? {
        let same = begun.room == room && begun.handle == caller.handle && begun.state.parts == parts;
        return if same { Ok(begun.state) } else { Err(FilesError::NoFile) };
    }
    if store::under_way(&mut work.tx, caller.device).await? >= UNDER_WAY {
        return Err(FilesError::TooMany);
    }
    let state = api::FileState { parts, next: 0 };
    let new = File { room, handle: caller.handle.clone(), state };
    store::begin(&mut work.tx, (file, caller.device), &new, until(at)).await?;
    work.commit(&Begun { file, room, by: caller.device, parts }).await?;
    Ok(state)
}
