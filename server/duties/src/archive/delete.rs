//! Delete a block: the device as which an account came back has taken it in.
//!
//! `DELETE /v1/archive/{room}/{block}/{device}`, permitted by `Archive::"delete"` to every account for itself, recorded as
//! `archive.deleted`. That it is gone already is no error.

use axum::{extract::State, http::StatusCode};
use chancery_floor::work::{Action, Work};
use chancery_wire::{
    ids::{DeviceId, Digest, RoomId},
    problem::Problem,
};

use super::{Archive, error::ArchiveError, facts::Deleted, model::wipe, store};
use crate::counter::{At, Caller, Organisation, Refusal, Visitor};

/// The right to delete what is kept for one's own account.
#[derive(Debug)]
pub(crate) enum Delete {}

impl Action for Delete {
    type Resource = Organisation;
    const NAME: &'static str = r#"Archive::Action::"delete""#;
}

/// Deletes a block of the calling account.
#[utoipa::path(delete, path = "/v1/archive/{room}/{block}/{device}", tag = "archive", operation_id = "archive.delete",
    params(("room" = RoomId, Path, description = "The room it is about."),
        ("block" = u64, Path, description = "Which block, from 0."),
        ("device" = DeviceId, Path, description = "The device that has put it.")),
    responses((status = 204, description = "It is gone."),
        (status = "default", description = "Refused.", body = Problem)))]
pub(super) async fn handle(
    State(archive): State<Archive>,
    Visitor { desk, caller }: Visitor,
    At((room, block, device)): At<(RoomId, u64, DeviceId)>,
) -> Result<StatusCode, Refusal> {
    let permit = desk.permit::<Delete>(Organisation)?;
    let work = desk.begin(permit).await?;
    let gone = delete(work, &caller, (room, block, device)).await?;
    wipe(&archive.blobs, gone.into_iter().collect()).await;
    Ok(StatusCode::NO_CONTENT)
}

async fn delete(
    mut work: Work<Delete>,
    caller: &Caller,
    (room, block, of): (RoomId, u64, DeviceId),
) -> Result<Option<Digest>, ArchiveError> {
    let copies = store::copies(&mut work.tx, &caller.handle, (room, block)).await?;
    let Some(found) = copies.into_iter().find(|it| it.device == of) else { return Ok(None) };
    let gone = store::delete(&mut work.tx, &caller.handle, &found).await?;
    work.commit(&Deleted { room, block, of, by: caller.device }).await?;
    Ok(gone)
}
