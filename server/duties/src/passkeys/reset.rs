//! Reset: an officer takes all passkeys of another account away, whose owner has lost them, or which are not taken any more.
//!
//! `DELETE /v1/accounts/{handle}/passkeys`, permitted by `Passkeys::"reset"` to who holds a role for it, approved with their own passkey; recorded as
//! `passkeys.reset`. The owner adds new ones by the session of a device, as the first time.

use axum::http::StatusCode;
use chancery_floor::work::Action;
use chancery_wire::{api, names::Handle, problem::Problem};

use super::{error::PasskeysError, facts::Reset, store};
use crate::counter::{At, Organisation, Refusal, Visitor};

/// The right to take away those of another account.
#[derive(Debug)]
pub(crate) enum ResetOthers {}

impl Action for ResetOthers {
    type Resource = Organisation;
    const NAME: &'static str = r#"Passkeys::Action::"reset""#;
}

/// Removes all passkeys of another account.
#[utoipa::path(delete, path = "/v1/accounts/{handle}/passkeys", tag = "passkeys", operation_id = "passkeys.reset",
    params(("handle" = Handle, Path, description = "The account.")),
    responses((status = 204, description = "Removed."),
        (status = 202, description = "It waits for another person.", body = api::PutOff),
        (status = "default", description = "Refused.", body = Problem)))]
pub(super) async fn handle(
    Visitor { desk, caller }: Visitor,
    At(handle): At<Handle>,
) -> Result<StatusCode, Refusal> {
    let permit = desk.permit::<ResetOthers>(Organisation)?;
    let mut work = desk.begin(permit).await?;
    // One's own are removed one by one, each approved with one of them.
    let removed = if handle == caller.handle { 0 } else { store::remove_all(&mut work.tx, &handle).await? };
    if removed == 0 {
        return Err(PasskeysError::NoPasskey.into());
    }
    work.commit(&Reset { handle, removed, by: caller.handle }).await?;
    Ok(StatusCode::NO_CONTENT)
}
