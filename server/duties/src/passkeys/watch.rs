//! Watch: the device that asked for a passkey looks whether its owner has used it.
//!
//! `GET /v1/ceremonies/{ceremony}`, permitted by `Passkeys::"watch"`. Changes nothing.

use axum::Json;
use chancery_floor::work::Action;
use chancery_wire::{api::CeremonyState, ids::CeremonyId, problem::Problem};

use super::{error::PasskeysError, model::State, store};
use crate::counter::{At, Organisation, Refusal, Visitor};

/// The right to watch one's own.
#[derive(Debug)]
pub(crate) enum Watch {}

impl Action for Watch {
    type Resource = Organisation;
    const NAME: &'static str = r#"Passkeys::Action::"watch""#;
}

/// How a ceremony of the calling device stands.
#[utoipa::path(get, path = "/v1/ceremonies/{ceremony}", tag = "passkeys", operation_id = "passkeys.watch",
    params(("ceremony" = CeremonyId, Path, description = "The ceremony.")),
    responses((status = 200, description = "How it stands.", body = CeremonyState),
        (status = "default", description = "Refused.", body = Problem)))]
pub(super) async fn handle(
    Visitor { desk, caller }: Visitor,
    At(ceremony): At<CeremonyId>,
) -> Result<Json<CeremonyState>, Refusal> {
    let permit = desk.permit::<Watch>(Organisation)?;
    let held = store::ceremony(&mut desk.look(&permit), (ceremony, caller.device), desk.now()).await?;
    let held = held.ok_or(PasskeysError::NoCeremony)?;
    Ok(Json(CeremonyState { done: held.state != State::Open }))
}
