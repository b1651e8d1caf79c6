//! Keep a recovery key: a device of an account says which key brings the account back when all its devices are lost.
//!
//! `PUT /v1/recovery-key`, permitted by `Accounts::"keep-recovery-key"` to every account for itself; the signature in the entry decides.
//! Recorded as `accounts.recovery-key-kept`. The server has the public half only.

use axum::{Json, extract::State};
use chancery_floor::work::{Action, Work};
use chancery_transparency::{InvalidChain, about};
use chancery_wire::{api, problem::Problem};

use super::{Accounts, error::AccountsError, facts::RecoveryKeyKept, take_in::take_in};
use crate::counter::{Ask, Caller, Organisation, Refusal, Visitor};

/// The right to have a recovery key.
#[derive(Debug)]
pub(crate) enum KeepRecoveryKey {}

impl Action for KeepRecoveryKey {
    type Resource = Organisation;
    const NAME: &'static str = r#"Accounts::Action::"keep-recovery-key""#;
}

/// Keeps the key that brings the calling account back, in the place of any earlier one.
#[utoipa::path(put, path = "/v1/recovery-key", tag = "accounts", operation_id = "accounts.keep-recovery-key",
    request_body = api::KeepRecoveryKey,
    responses((status = 200, description = "Kept.", body = api::Account),
        (status = "default", description = "Refused.", body = Problem)))]
pub(super) async fn handle(
    Visitor { desk, caller }: Visitor,
    State(accounts): State<Accounts>,
    Ask(ask): Ask<api::KeepRecoveryKey>,
) -> Result<Json<api::Account>, Refusal> {
    let permit = desk.permit::<KeepRecoveryKey>(Organisation)?;
    let work = desk.begin(permit).await?;
    keep(work, &accounts, &caller, &ask.entry.0).await?;
    Ok(Json(api::Account { handle: caller.handle, device: caller.device }))
}

async fn keep(
    mut work: Work<KeepRecoveryKey>,
    accounts: &Accounts,
    caller: &Caller,
    entry: &[u8],
) -> Result<(), AccountsError> {
    if about(entry)?.0 != caller.handle {
        return Err(InvalidChain::SomebodyElse.into());
    }
    let taken = take_in(&mut work.tx, &accounts.domain, entry).await?;
    // An entry of another kind is none for this address.
    if taken.came.is_some() || !taken.went.is_empty() {
        return Err(InvalidChain::NoRightToVouch.into());
    }
    let there = taken.after.recovery.is_some();
    let (handle, chain) = (taken.handle, taken.after.head);
    Ok(work.commit(&RecoveryKeyKept { handle, there, chain }).await?)
}
