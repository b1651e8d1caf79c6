//! Delete a file, as when its message is taken back.
//!
//! `DELETE /v1/rooms/{room}/files/{file}`, permitted by `Files::"delete"` to whoever is in the room and has put it, recorded as
//! `files.deleted`. That it is gone already is no error.

use axum::{extract::State, http::StatusCode};
use chancery_floor::work::{Action, Work};
use chancery_wire::{
    ids::{Digest, FileId, RoomId},
    problem::Problem,
};

use super::{Files, error::FilesError, facts::Deleted, store};
use crate::{
    counter::{At, Caller, Refusal, Visitor},
    rooms::{self, Seen},
};

/// The right to delete files of a room that one has put.
#[derive(Debug)]
pub(crate) enum Delete {}

impl Action for Delete {
    type Resource = Seen;
    const NAME: &'static str = r#"Files::Action::"delete""#;
}

/// Deletes a file of the calling account.
#[utoipa::path(delete, path = "/v1/rooms/{room}/files/{file}", tag = "files", operation_id = "files.delete",
    params(("room" = RoomId, Path, description = "The room."), ("file" = FileId, Path, description = "The file.")),
    responses((status = 204, description = "It is gone."),
        (status = "default", description = "Refused.", body = Problem)))]
pub(super) async fn handle(
    State(files): State<Files>,
    Visitor { desk, caller }: Visitor,
    At((room, file)): At<(RoomId, FileId)>,
) -> Result<StatusCode, Refusal> {
    let reach = rooms::reach(&mut desk.floor().db.reader(), room, caller.device).await?;
    let permit = desk.permit::<Delete>(Seen { room, reach }).map_err(|_| FilesError::Hidden)?;
    let work = desk.begin(permit).await?;
    let unused = delete(work, &caller, file).await?;
    // What cannot be deleted now belongs to nothing any more, and is deleted with such.
    if let Err(error) = files.blobs.delete(unused).await {
        tracing::warn!(%error, "parts of a deleted file could not be deleted; it is tried again");
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn delete(mut work: Work<Delete>, caller: &Caller, file: FileId) -> Result<Vec<Digest>, FilesError> {
    let room = work.resource().room;
    let Some(found) = store::file(&mut work.tx, file).await? else { return Ok(vec![]) };
    if found.room != room || found.handle != caller.handle {
        return Err(FilesError::NoFile);
    }
    let mut parts = store::delete(&mut work.tx, file).await?;
    let mut unused = Vec::with_capacity(parts.len());
    for part in parts.drain(..) {
        if !store::is_used(&mut work.tx, part).await? {
            unused.push(part);
        }
    }
    let count = u64::try_from(unused.len()).unwrap_or(u64::MAX);
    work.commit(&Deleted { file, room, by: caller.device, parts: count }).await?;
    Ok(unused)
}
