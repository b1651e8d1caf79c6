//! Keep a recovery key, and forget what was sealed to the one before it.
//!
//! `PUT /v1/recovery-key`, permitted by `Accounts::"keep-recovery-key"`, recorded as `accounts.recovery-key-kept`. Here because it
//! touches several duties.

use axum::{Json, extract::State};
use chancery_wire::{api, problem::Problem};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::receive::Gate;
use crate::{
    accounts::{self, KeepRecoveryKey, RecoveryKeyKept},
    archive,
    counter::{Ask, Organisation, Refusal, Visitor},
};

/// The route.
pub(super) fn routes() -> OpenApiRouter<Gate> {
    OpenApiRouter::new().routes(routes!(handle))
}

/// Keeps the key that brings the calling account back, in the place of any earlier one.
#[utoipa::path(put, path = "/v1/recovery-key", tag = "accounts", operation_id = "accounts.keep-recovery-key",
    request_body = api::KeepRecoveryKey,
    responses((status = 200, description = "Kept.", body = api::Account),
        (status = "default", description = "Refused.", body = Problem)))]
async fn handle(
    Visitor { desk, caller }: Visitor,
    State(gate): State<Gate>,
    Ask(ask): Ask<api::KeepRecoveryKey>,
) -> Result<Json<api::Account>, Refusal> {
    let permit = desk.permit::<KeepRecoveryKey>(Organisation)?;
    let mut work = desk.begin(permit).await?;
    let domain = &gate.settings.domain;
    let former = accounts::recovery_key(&mut work.tx, &caller.handle).await?;
    let at = work.at();
    let chain = accounts::keep_recovery_key(&mut work.tx, domain, &caller, (&ask.entry.0, at)).await?;
    // What a key opens that was used up stays until it was taken in.
    let gone = match (former, chain.recovery) {
        (None, Some(_)) => vec![],
        (former, Some(_)) => archive::forget(&mut work.tx, &caller.handle, former).await?,
        (_, None) => archive::forget(&mut work.tx, &caller.handle, None).await?,
    };
    let forgotten = u64::try_from(gone.len()).unwrap_or(u64::MAX);
    let (handle, there) = (caller.handle.clone(), chain.recovery.is_some());
    work.commit(&RecoveryKeyKept { handle, there, chain: chain.head, forgotten }).await?;
    archive::wipe(&gate.blobs, gone).await;
    Ok(Json(api::Account { handle: caller.handle, device: caller.device }))
}
