//! List what is kept for the calling account.
//!
//! `GET /v1/archive`, permitted by `Archive::"list"` to every account for itself.

use axum::Json;
use chancery_floor::work::Action;
use chancery_wire::{api, problem::Problem};

use super::{error::ArchiveError, store};
use crate::counter::{Organisation, Refusal, Visitor};

/// The right to see what is kept for one's own account.
#[derive(Debug)]
pub(crate) enum List {}

impl Action for List {
    type Resource = Organisation;
    const NAME: &'static str = r#"Archive::Action::"list""#;
}

/// Every block that is kept for the calling account.
#[utoipa::path(get, path = "/v1/archive", tag = "archive", operation_id = "archive.list",
    responses((status = 200, description = "The blocks.", body = api::Archive),
        (status = "default", description = "Refused.", body = Problem)))]
pub(super) async fn handle(Visitor { desk, caller }: Visitor) -> Result<Json<api::Archive>, Refusal> {
    let permit = desk.permit::<List>(Organisation)?;
    let blocks = store::blocks(&mut desk.look(&permit), &caller.handle).await.map_err(ArchiveError::from)?;
    let blocks = blocks.into_iter().map(|it| api::ArchivedBlock {
        room: it.room,
        block: it.number,
        device: it.device,
        bytes: it.bytes,
    });
    Ok(Json(api::Archive { blocks: blocks.collect() }))
}
