//! Put the next part of a file.
//!
//! `PUT /v1/rooms/{room}/files/{file}/parts/{number}`, permitted by `Files::"put-part"` to whoever is in the room, recorded as
//! `files.put`. The answer means durable; the part that came last may be put once more.

use axum::{Json, body::Bytes, extract::State};
use chancery_floor::work::{Action, Work};
use chancery_wire::{
    api,
    files::{PART, SEAL},
    ids::{FileId, RoomId},
    names::Handle,
    problem::Problem,
};

use super::{Files, begin::until, error::FilesError, facts::Put, model::Part, store};
use crate::{
    counter::{At, Refusal, Visitor},
    rooms::{self, Seen},
};

/// The right to put a part of a file into a room.
#[derive(Debug)]
pub(crate) enum PutPart {}

impl Action for PutPart {
    type Resource = Seen;
    const NAME: &'static str = r#"Files::Action::"put-part""#;
}

/// Puts the next part.
#[utoipa::path(put, path = "/v1/rooms/{room}/files/{file}/parts/{number}", tag = "files",
    operation_id = "files.put-part",
    params(("room" = RoomId, Path, description = "The room."), ("file" = FileId, Path, description = "The file."),
        ("number" = u64, Path, description = "Which part, from 0.")),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 200, description = "How far the file has come.", body = api::FileState),
        (status = "default", description = "Refused.", body = Problem)))]
pub(super) async fn handle(
    State(files): State<Files>,
    Visitor { desk, caller }: Visitor,
    At((room, file, number)): At<(RoomId, FileId, u64)>,
    bytes: Bytes,
) -> Result<Json<api::FileState>, Refusal> {
    let mut reader = desk.floor().db.reader();
    let reach = rooms::reach(&mut reader, room, caller.device).await?;
    let permit = desk.permit::<PutPart>(Seen { room, reach }).map_err(|_| FilesError::Hidden)?;
    // Looked at before anything is kept, so that nobody fills the disk with what belongs to nothing.
    let begun =
        store::file(&mut reader, file).await?.filter(|it| it.room == room && it.handle == caller.handle);
    let state = begun.ok_or(FilesError::NoFile)?.state;
    let last = number + 1 == state.parts;
    let fits = if last { (SEAL..=PART).contains(&bytes.len()) } else { bytes.len() == PART };
    if !fits || !(number..=number + 1).contains(&state.next) {
        return Err(FilesError::OtherPart.into());
    }
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let digest = files.blobs.put(bytes).await?;
    let work = desk.begin(permit).await?;
    Ok(Json(put(work, &caller.handle, file, Part { number, digest, bytes: size }).await?))
}

async fn put(
    mut work: Work<PutPart>,
    by: &Handle,
    file: FileId,
    part: Part,
) -> Result<api::FileState, FilesError> {
    let (at, room) = (work.at(), work.resource().room);
    let begun = store::file(&mut work.tx, file).await?.filter(|it| it.room == room && it.handle == *by);
    let mut state = begun.ok_or(FilesError::NoFile)?.state;
    if part.number + 1 == state.next && store::part(&mut work.tx, file, part.number).await? == Some(part) {
        return Ok(state);
    }
    if part.number != state.next {
        return Err(FilesError::OtherPart);
    }
    state.next += 1;
    let until = (state.next < state.parts).then(|| until(at));
    store::put(&mut work.tx, file, part, until).await?;
    let Part { number, digest, bytes } = part;
    work.commit(&Put { file, number, digest, bytes }).await?;
    Ok(state)
}
