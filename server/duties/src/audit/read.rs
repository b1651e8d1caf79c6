//! Read the journal, a page at a time.
//!
//! `GET /v1/journal/{after}`, permitted by `Audit::"read"`, recorded as `audit.read`: who reads what others have done is seen doing so.

use axum::Json;
use chancery_floor::{journal, work::Action};
use chancery_wire::{api, bytes::Opaque, problem::Problem};

use super::facts::JournalRead;
use crate::counter::{At, Organisation, Refusal, Visitor, place};

/// The right to read the journal.
#[derive(Debug)]
pub(crate) enum ReadJournal {}

impl Action for ReadJournal {
    type Resource = Organisation;
    const NAME: &'static str = r#"Audit::Action::"read""#;
}

/// A page of the journal: at most 512 facts after that one. A page that is not full is the last one.
#[utoipa::path(get, path = "/v1/journal/{after}", tag = "audit", operation_id = "audit.read",
    params(("after" = u64, Path, description = "The place of the last fact that is known, or 0.")),
    responses((status = 200, description = "The facts.", body = api::Facts),
        (status = "default", description = "Refused.", body = Problem)))]
pub(super) async fn handle(
    Visitor { desk, caller }: Visitor,
    At(after): At<u64>,
) -> Result<Json<api::Facts>, Refusal> {
    let permit = desk.permit::<ReadJournal>(Organisation)?;
    let mut work = desk.begin(permit).await?;
    let after = place(after)?;
    let facts: Vec<_> = journal::read(&mut work.tx, after).await?.into_iter().map(fact).collect();
    let count = u64::try_from(facts.len()).unwrap_or(u64::MAX);
    work.commit(&JournalRead { by: caller.handle, after, facts: count }).await?;
    Ok(Json(api::Facts { facts }))
}

fn fact(it: journal::Told) -> api::Fact {
    api::Fact { seq: it.seq, at: it.at, kind: it.kind, fact: Opaque(it.fact), head: it.head }
}
