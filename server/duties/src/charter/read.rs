//! Read the charter: the amendments after the first so many.
//!
//! `GET /v1/charter/amendments/{after}`, permitted by `Charter::"read"` to every account: who holds which role is no secret inside the
//! organisation, and everybody can check it. Changes nothing.

use axum::Json;
use chancery_floor::work::Action;
use chancery_wire::{api, bytes::Opaque, problem::Problem};

use super::{CharterError, store};
use crate::{
    accounts,
    counter::{At, Organisation, Refusal, Visitor, place},
};

/// The right to read the charter.
#[derive(Debug)]
pub(crate) enum ReadCharter {}

impl Action for ReadCharter {
    type Resource = Organisation;
    const NAME: &'static str = r#"Charter::Action::"read""#;
}

/// A page of the charter: the amendments after the first `after`.
#[utoipa::path(get, path = "/v1/charter/amendments/{after}", tag = "charter", operation_id = "charter.read",
    params(("after" = u64, Path, description = "How many amendments are known already.")),
    responses((status = 200, description = "The amendments.", body = api::Charter),
        (status = "default", description = "Refused.", body = Problem)))]
pub(super) async fn handle(
    Visitor { desk, .. }: Visitor,
    At(after): At<u64>,
) -> Result<Json<api::Charter>, Refusal> {
    let permit = desk.permit::<ReadCharter>(Organisation)?;
    let mut from = desk.look(&permit);
    let root = accounts::root(&mut from).await?.ok_or(CharterError::NoAccount)?.0;
    let number = store::number(&mut from).await?;
    let amendments = store::after(&mut from, place(after)?).await?;
    Ok(Json(api::Charter { amendments: amendments.into_iter().map(Opaque).collect(), number, root }))
}
