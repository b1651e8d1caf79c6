//! Put a block: in the place of what the same device had put there.
//!
//! `PUT /v1/archive/{room}/{block}`, permitted by `Archive::"put"` to whoever is or was in the room, recorded as `archive.put`. The answer
//! means durable. What other devices have put there stays: they may have read more.

use axum::{body::Bytes, extract::State, http::StatusCode};
use chancery_floor::work::{Action, Work};
use chancery_wire::{
    archive::{BLOCK_LIMIT, BLOCKS, OVERHEAD},
    ids::{Digest, RoomId},
    problem::Problem,
};

use super::{
    Archive,
    error::ArchiveError,
    facts::Put,
    model::{Block, MARK, wipe},
    store,
};
use crate::{
    accounts,
    counter::{At, Caller, Refusal, Visitor},
    rooms::{self, Seen},
};

/// The right to keep blocks for one's own account.
#[derive(Debug)]
pub(crate) enum PutBlock {}

impl Action for PutBlock {
    type Resource = Seen;
    const NAME: &'static str = r#"Archive::Action::"put""#;
}

/// Keeps a block for the calling account's recovery key.
#[utoipa::path(put, path = "/v1/archive/{room}/{block}", tag = "archive", operation_id = "archive.put",
    params(("room" = RoomId, Path, description = "The room it is about."),
        ("block" = u64, Path, description = "Which block, from 0.")),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 204, description = "It is durable."),
        (status = "default", description = "Refused.", body = Problem)))]
pub(super) async fn handle(
    State(archive): State<Archive>,
    Visitor { desk, caller }: Visitor,
    At((room, number)): At<(RoomId, u64)>,
    sealed: Bytes,
) -> Result<StatusCode, Refusal> {
    let reach = rooms::reach(&mut desk.floor().db.reader(), room, caller.device).await?;
    let permit = desk.permit::<PutBlock>(Seen { room, reach }).map_err(|_| ArchiveError::Hidden)?;
    let key = sealed.first_chunk().filter(|_| (OVERHEAD..=BLOCK_LIMIT).contains(&sealed.len()));
    let key = *key.filter(|_| number < BLOCKS).ok_or(ArchiveError::BadBlock)?;
    // Looked at before anything is kept, so that nobody fills the disk with what belongs to nothing.
    if accounts::recovery_key(&mut desk.floor().db.reader(), &caller.handle).await? != Some(key) {
        return Err(ArchiveError::OtherKey.into());
    }
    let bytes = u64::try_from(sealed.len()).unwrap_or(u64::MAX);
    // Under a name that no file can have: what is deleted here is nobody else's.
    let mark: [u8; MARK] = desk.floor().entropy.make();
    let digest = archive.blobs.put([&mark[..], &sealed].concat().into()).await?;
    let work = desk.begin(permit).await?;
    let gone = put(work, &caller, Block { room, number, device: caller.device, key, digest, bytes }).await?;
    wipe(&archive.blobs, gone).await;
    Ok(StatusCode::NO_CONTENT)
}

async fn put(mut work: Work<PutBlock>, caller: &Caller, block: Block) -> Result<Vec<Digest>, ArchiveError> {
    let handle = &caller.handle;
    if accounts::recovery_key(&mut work.tx, handle).await? != Some(block.key) {
        return Err(ArchiveError::OtherKey);
    }
    let mut gone = Vec::new();
    let there = store::copies(&mut work.tx, handle, (block.room, block.number)).await?;
    for own in there.into_iter().filter(|it| it.device == caller.device) {
        gone.extend(store::delete(&mut work.tx, handle, &own).await?);
    }
    store::put(&mut work.tx, handle, &block).await?;
    gone.retain(|digest| *digest != block.digest);
    let Block { room, number, device: by, digest, bytes, .. } = block;
    work.commit(&Put { room, block: number, by, digest, bytes }).await?;
    Ok(gone)
}
