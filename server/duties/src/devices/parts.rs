//! Parts: what two devices say to each other in a meeting, one after the other.
//!
//! `PUT` and `GET /v1/linkings/{id}/parts`, without a session: whoever knows the id may, for some minutes, and what is said
//! proves itself to the other device. Permitted by `Devices::"say-part"` and `Devices::"see-parts"`; a part is recorded as
//! `devices.linking-part`.

use axum::Json;
use chancery_floor::work::{Action, Work};
use chancery_transparency::PART_LIMIT;
use chancery_wire::{
    api::{self, LINKING_PARTS},
    bytes::Opaque,
    ids::LinkingId,
    problem::Problem,
};

use super::{error::DevicesError, facts::Said, store};
use crate::counter::{Anybody, Ask, At, Organisation, Refusal};

/// The right to say something in a meeting.
#[derive(Debug)]
pub(crate) enum SayPart {}

impl Action for SayPart {
    type Resource = Organisation;
    const NAME: &'static str = r#"Devices::Action::"say-part""#;
}

/// The right to see what was said in a meeting.
#[derive(Debug)]
pub(crate) enum SeeParts {}

impl Action for SeeParts {
    type Resource = Organisation;
    const NAME: &'static str = r#"Devices::Action::"see-parts""#;
}

/// Says the next part; the same part again changes nothing.
#[utoipa::path(put, path = "/v1/linkings/{id}/parts", tag = "devices", operation_id = "devices.say-part",
    params(("id" = LinkingId, Path, description = "The meeting.")), request_body = api::SayPart,
    responses((status = 200, description = "All parts.", body = api::Parts),
        (status = "default", description = "Refused.", body = Problem)))]
pub(super) async fn say(
    Anybody(desk): Anybody,
    At(id): At<LinkingId>,
    Ask(ask): Ask<api::SayPart>,
) -> Result<Json<api::Parts>, Refusal> {
    let permit = desk.permit::<SayPart>(Organisation)?;
    if ask.part.0.len() > PART_LIMIT || !(1..=LINKING_PARTS).contains(&ask.number) {
        return Err(DevicesError::OtherPart.into());
    }
    let work = desk.begin(permit).await?;
    Ok(Json(said(work, id, ask).await?))
}

async fn said(mut work: Work<SayPart>, id: LinkingId, ask: api::SayPart) -> Result<api::Parts, DevicesError> {
    let at = work.at();
    let mut parts = store::parts(&mut work.tx, id, at).await?.ok_or(DevicesError::NoLinking)?;
    let place = usize::from(ask.number) - 1;
    match parts.get(place) {
        Some(said) if *said == ask.part.0 => return Ok(told(parts)),
        None if place == parts.len() => {}
        _ => return Err(DevicesError::OtherPart),
    }
    store::say(&mut work.tx, id, ask.number, &ask.part.0).await?;
    parts.push(ask.part.0);
    work.commit(&Said { linking: id, number: ask.number }).await?;
    Ok(told(parts))
}

/// What was said in a meeting so far.
#[utoipa::path(get, path = "/v1/linkings/{id}/parts", tag = "devices", operation_id = "devices.see-parts",
    params(("id" = LinkingId, Path, description = "The meeting.")),
    responses((status = 200, description = "All parts.", body = api::Parts),
        (status = "default", description = "Refused.", body = Problem)))]
pub(super) async fn see(Anybody(desk): Anybody, At(id): At<LinkingId>) -> Result<Json<api::Parts>, Refusal> {
    let permit = desk.permit::<SeeParts>(Organisation)?;
    let parts = store::parts(&mut desk.look(&permit), id, desk.now()).await?;
    Ok(Json(told(parts.ok_or(DevicesError::NoLinking)?)))
}

fn told(parts: Vec<Vec<u8>>) -> api::Parts {
    api::Parts { parts: parts.into_iter().map(Opaque).collect() }
}
