//! Keep a recovery key: a device of an account says which key brings the account back when all its devices are lost.
//!
//! No route of its own: part of the gateway's `PUT /v1/recovery-key`, permitted by `Accounts::"keep-recovery-key"` to every account for
//! itself; the signature in the entry decides. Recorded as `accounts.recovery-key-kept`. The server has the public half only.

use chancery_floor::{store::Tx, work::Action};
use chancery_transparency::{InvalidChain, Trusted, about};
use chancery_wire::{names::Domain, time::Instant};

use super::{error::AccountsError, take_in::take_in};
use crate::counter::{Caller, Organisation};

/// The right to have a recovery key.
#[derive(Debug)]
pub(crate) enum KeepRecoveryKey {}

impl Action for KeepRecoveryKey {
    type Resource = Organisation;
    const NAME: &'static str = r#"Accounts::Action::"keep-recovery-key""#;
}

/// Keeps the key that brings the calling account back, in the place of any earlier one. Returns the chain as it is then.
pub(crate) async fn keep_recovery_key(
    tx: &mut Tx,
    domain: &Domain,
    caller: &Caller,
    (entry, at): (&[u8], Instant),
) -> Result<Trusted, AccountsError> {
    if about(entry)?.0 != caller.handle {
        return Err(InvalidChain::SomebodyElse.into());
    }
    let taken = take_in(tx, domain, (entry, at)).await?;
    // An entry of another kind is none for this address.
    if taken.came.is_some() || !taken.went.is_empty() {
        return Err(InvalidChain::NoRightToVouch.into());
    }
    Ok(taken.after)
}
