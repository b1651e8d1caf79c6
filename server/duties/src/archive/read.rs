//! Read a block.
//!
//! `GET /v1/archive/{room}/{block}/{device}`, permitted by `Archive::"read"` to every account for itself.

use axum::{
    body::Bytes,
    extract::State,
    http::header::{CONTENT_TYPE, HeaderName},
};
use chancery_floor::work::Action;
use chancery_wire::{
    ids::{DeviceId, RoomId},
    problem::Problem,
};

use super::{Archive, error::ArchiveError, model::MARK, store};
use crate::counter::{At, Organisation, Refusal, Visitor};

/// The right to read what is kept for one's own account.
#[derive(Debug)]
pub(crate) enum Read {}

impl Action for Read {
    type Resource = Organisation;
    const NAME: &'static str = r#"Archive::Action::"read""#;
}

/// A sealed block.
#[utoipa::path(get, path = "/v1/archive/{room}/{block}/{device}", tag = "archive", operation_id = "archive.read",
    params(("room" = RoomId, Path, description = "The room it is about."),
        ("block" = u64, Path, description = "Which block, from 0."),
        ("device" = DeviceId, Path, description = "The device that has put it.")),
    responses((status = 200, description = "The sealed block.", body = Vec<u8>, content_type = "application/octet-stream"),
        (status = "default", description = "Refused.", body = Problem)))]
pub(super) async fn handle(
    State(archive): State<Archive>,
    Visitor { desk, caller }: Visitor,
    At((room, block, device)): At<(RoomId, u64, DeviceId)>,
) -> Result<([(HeaderName, &'static str); 1], Bytes), Refusal> {
    let permit = desk.permit::<Read>(Organisation)?;
    let copies = store::copies(&mut desk.look(&permit), &caller.handle, (room, block)).await?;
    let found = copies.into_iter().find(|it| it.device == device).ok_or(ArchiveError::NoBlock)?;
    let bytes = archive.blobs.get(found.digest).await?.ok_or(ArchiveError::NoBlock)?;
    Ok(([(CONTENT_TYPE, "application/octet-stream")], bytes.slice(MARK.min(bytes.len())..)))
}
