//! Revoke: a device speaks for its account no more. Another device of the account says so, or an officer's.
//!
//! Permitted by `Accounts::"revoke"` to every account for its own devices, and by `Accounts::"revoke-others"` to officers; the signature
//! in the entry decides. Recorded as `accounts.device-revoked`. From then on the device is unknown, whatever session it has;
//! `gateway` closes its connections, and has the rooms told.

use chancery_floor::work::{Action, Desk, Work};
use chancery_transparency::{InvalidChain, about};
use chancery_wire::{
    ids::DeviceId,
    names::{Domain, Handle},
};

use super::{error::AccountsError, facts::Revoked, take_in::take_in};
use crate::counter::{Caller, Organisation, Refusal};

/// The right to revoke devices of one's own account.
#[derive(Debug)]
pub(crate) enum Revoke {}

impl Action for Revoke {
    type Resource = Organisation;
    const NAME: &'static str = r#"Accounts::Action::"revoke""#;
}

/// The right to revoke devices of other accounts.
#[derive(Debug)]
pub(crate) enum RevokeOthers {}

impl Action for RevokeOthers {
    type Resource = Organisation;
    const NAME: &'static str = r#"Accounts::Action::"revoke-others""#;
}

/// Takes in an entry that revokes a device; answers whose and which.
pub(crate) async fn revoke(
    desk: &Desk,
    caller: &Caller,
    domain: &Domain,
    entry: &[u8],
) -> Result<(Handle, DeviceId), Refusal> {
    let (handle, _) = about(entry).map_err(AccountsError::from)?;
    Ok(if handle == caller.handle {
        revoked(desk.begin(desk.permit::<Revoke>(Organisation)?).await?, caller, domain, entry).await?
    } else {
        revoked(desk.begin(desk.permit::<RevokeOthers>(Organisation)?).await?, caller, domain, entry).await?
    })
}

async fn revoked<A: Action<Resource = Organisation>>(
    mut work: Work<A>,
    caller: &Caller,
    domain: &Domain,
    entry: &[u8],
) -> Result<(Handle, DeviceId), AccountsError> {
    let taken = take_in(&mut work.tx, domain, entry).await?;
    // An entry of another kind is none for this address.
    let ([device], None) = (taken.went.as_slice(), &taken.came) else {
        return Err(InvalidChain::NoRightToVouch.into());
    };
    let (handle, device, by) = (taken.handle, device.id, caller.handle.clone());
    work.commit(&Revoked { handle: handle.clone(), device, by, chain: taken.after.head }).await?;
    Ok((handle, device))
}
