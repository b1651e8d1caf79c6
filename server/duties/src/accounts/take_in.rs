//! Taking a later entry into an account's chain: checked as a client would, kept as a whole or not at all.

use std::collections::HashMap;

use chancery_floor::store::Tx;
use chancery_transparency::{Device, InvalidChain, Trusted, about};
use chancery_wire::{
    names::{Domain, Handle},
    time::Instant,
};

use super::{error::AccountsError, store};

/// What an entry has changed.
#[derive(Debug)]
pub(super) struct Taken {
    /// The account.
    pub(super) handle: Handle,
    /// The chain with it.
    pub(super) after: Trusted,
    /// The device that came, if one did.
    pub(super) came: Option<Device>,
    /// The devices that went.
    pub(super) went: Vec<Device>,
}

/// Takes in an entry that follows from the chain of its account. That there is no such account is not said to whoever cannot sign
/// for it.
pub(super) async fn take_in(
    tx: &mut Tx,
    domain: &Domain,
    (entry, at): (&[u8], Instant),
) -> Result<Taken, AccountsError> {
    let (handle, rests) = about(entry)?;
    let before = store::trusted(tx, domain, &handle).await?.ok_or(InvalidChain::NoRightToVouch)?;
    let mut others = HashMap::new();
    for (officer, device) in &rests {
        // A client cannot know that an officer's device was revoked before it signed; here it is known.
        store::find_device(tx, *device).await?.ok_or(InvalidChain::NoRightToVouch)?;
        if let Some(chain) = store::trusted(tx, domain, officer).await? {
            others.insert(officer.clone(), chain);
        }
    }
    let rests: Vec<Handle> = rests.into_iter().map(|(officer, _)| officer).collect();
    let mut after = before.clone();
    after.extend(entry, &mut |whose| others.get(whose).cloned()).map_err(|why| match why {
        // Who is not there has no right.
        InvalidChain::Missing(_) => InvalidChain::NoRightToVouch,
        why => why,
    })?;
    let came = after.devices.get(before.devices.len()).cloned();
    let gone = |(was, is): &(&Device, &Device)| !was.revoked && is.revoked;
    let went: Vec<Device> =
        before.devices.iter().zip(&after.devices).filter(gone).map(|(_, device)| device.clone()).collect();
    if !store::extend(tx, (&handle, &rests), &after, (came.as_ref(), &went), (entry, at)).await? {
        return Err(if came.is_some() { AccountsError::KnownDevice } else { InvalidChain::Broken.into() });
    }
    Ok(Taken { handle, after, came, went })
}
