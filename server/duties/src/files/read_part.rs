//! Read a part of a file.
//!
//! `GET /v1/rooms/{room}/files/{file}/parts/{number}`, permitted by `Files::"read-part"` to whoever is in the room. Only
//! files that are whole can be read.

use axum::{
    body::Bytes,
    extract::State,
    http::header::{CONTENT_TYPE, HeaderName},
};
use chancery_floor::work::Action;
use chancery_wire::{
    ids::{FileId, RoomId},
    problem::Problem,
};

use super::{Files, error::FilesError, model::File, store};
use crate::{
    counter::{At, Refusal, Visitor},
    rooms::{self, Seen},
};

/// The right to read files of a room.
#[derive(Debug)]
pub(crate) enum ReadPart {}

impl Action for ReadPart {
    type Resource = Seen;
    const NAME: &'static str = r#"Files::Action::"read-part""#;
}

/// A sealed part.
#[utoipa::path(get, path = "/v1/rooms/{room}/files/{file}/parts/{number}", tag = "files",
    operation_id = "files.read-part",
    params(("room" = RoomId, Path, description = "The room."), ("file" = FileId, Path, description = "The file."),
        ("number" = u64, Path, description = "Which part, from 0.")),
    responses((status = 200, description = "The sealed part.", body = Vec<u8>, content_type = "application/octet-stream"),
        (status = "default", description = "Refused.", body = Problem)))]
pub(super) async fn handle(
    State(files): State<Files>,
    Visitor { desk, caller }: Visitor,
    At((room, file, number)): At<(RoomId, FileId, u64)>,
) -> Result<([(HeaderName, &'static str); 1], Bytes), Refusal> {
    let reach = rooms::reach(&mut desk.floor().db.reader(), room, caller.device).await?;
    let permit = desk.permit::<ReadPart>(Seen { room, reach }).map_err(|_| FilesError::Hidden)?;
    let mut from = desk.look(&permit);
    let found = store::file(&mut from, file).await?;
    found.filter(|it| it.room == room && File::is_whole(it)).ok_or(FilesError::NoFile)?;
    let part = store::part(&mut from, file, number).await?.ok_or(FilesError::NoFile)?;
    let bytes = files.blobs.get(part.digest).await?.ok_or(FilesError::NoFile)?;
    Ok(([(CONTENT_TYPE, "application/octet-stream")], bytes))
}
