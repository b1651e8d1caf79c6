//! Revoke: a device of the account says that another one speaks for it no more.
//!
//! Permitted by `Accounts::"revoke"` to every account, for its own devices: the signature in the entry decides. Recorded as
//! `accounts.device-revoked`. From then on the device is unknown, whatever session it has; `gateway` closes its connections.

use chancery_floor::work::{Action, Desk, Work};
use chancery_transparency::{Device, InvalidChain};
use chancery_wire::{
    ids::DeviceId,
    names::{Domain, Handle},
};

use super::{error::AccountsError, facts::Revoked, store};
use crate::counter::{Caller, Organisation, Refusal};

/// The right to revoke devices of one's own account.
#[derive(Debug)]
pub(crate) enum Revoke {}

impl Action for Revoke {
    type Resource = Organisation;
    const NAME: &'static str = r#"Accounts::Action::"revoke""#;
}

/// Takes in an entry that revokes a device of the caller's account; answers which.
pub(crate) async fn revoke(
    desk: &Desk,
    caller: &Caller,
    domain: &Domain,
    entry: &[u8],
) -> Result<DeviceId, Refusal> {
    let permit = desk.permit::<Revoke>(Organisation)?;
    let work = desk.begin(permit).await?;
    Ok(revoked(work, &caller.handle, domain, entry).await?)
}

async fn revoked(
    mut work: Work<Revoke>,
    handle: &Handle,
    domain: &Domain,
    entry: &[u8],
) -> Result<DeviceId, AccountsError> {
    let before = store::trusted(&mut work.tx, domain, handle).await?.ok_or(InvalidChain::Length)?;
    let mut after = before.clone();
    after.extend(entry)?;
    let gone = |(was, is): &(&Device, &Device)| !was.revoked && is.revoked;
    let device = before.devices.iter().zip(&after.devices).find(gone).map(|(_, device)| device.clone());
    // An entry of another kind is none for this address.
    let device = device.ok_or(InvalidChain::NoRightToVouch)?;
    if !store::revoke(&mut work.tx, &after, &device, entry).await? {
        return Err(InvalidChain::Broken.into());
    }
    work.commit(&Revoked { handle: handle.clone(), device: device.id, chain: after.head }).await?;
    Ok(device.id)
}
