//! Remove a passkey of one's own account.
//!
//! `DELETE /v1/passkeys/{passkey}`, permitted by `Passkeys::"remove"` when it was approved with a passkey, this one or another; recorded
//! as `passkeys.removed`.

use axum::http::StatusCode;
use chancery_floor::work::Action;
use chancery_wire::{ids::PasskeyId, problem::Problem};

use super::{error::PasskeysError, facts::Removed, store};
use crate::counter::{At, Organisation, Refusal, Visitor};

/// The right to remove one of one's own.
#[derive(Debug)]
pub(crate) enum Remove {}

impl Action for Remove {
    type Resource = Organisation;
    const NAME: &'static str = r#"Passkeys::Action::"remove""#;
}

/// Removes a passkey of the calling account.
#[utoipa::path(delete, path = "/v1/passkeys/{passkey}", tag = "passkeys", operation_id = "passkeys.remove",
    params(("passkey" = PasskeyId, Path, description = "The passkey.")),
    responses((status = 204, description = "Removed."),
        (status = "default", description = "Refused.", body = Problem)))]
pub(super) async fn handle(
    Visitor { desk, caller }: Visitor,
    At(passkey): At<PasskeyId>,
) -> Result<StatusCode, Refusal> {
    let permit = desk.permit::<Remove>(Organisation)?;
    let mut work = desk.begin(permit).await?;
    if !store::remove(&mut work.tx, &caller.handle, passkey).await? {
        return Err(PasskeysError::NoPasskey.into());
    }
    let left = store::of(&mut work.tx, &caller.handle).await?.len();
    let left = u64::try_from(left).unwrap_or(u64::MAX);
    work.commit(&Removed { handle: caller.handle, passkey, left }).await?;
    Ok(StatusCode::NO_CONTENT)
}
