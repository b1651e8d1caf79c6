//! Open an account that an identity provider vouches for: its first entry, checked as everybody's client will check it.
//!
//! No route; `providers` calls it in its transaction.

use chancery_floor::store::Tx;
use chancery_transparency::{InvalidChain, verify};
use chancery_wire::{
    ids::Digest,
    names::{Domain, Handle},
    time::Instant,
};

use super::{error::AccountsError, store};

/// Opens the account whose first entry this is, which rests on a statement of the officer `by`; answers the head of its chain.
pub(crate) async fn open_provided(
    tx: &mut Tx,
    domain: &Domain,
    (handle, by): (&Handle, &Handle),
    entry: &[u8],
    at: Instant,
) -> Result<Digest, AccountsError> {
    let root = store::root(tx).await?.ok_or(AccountsError::NotFounded)?;
    if store::first_entry(tx, handle).await?.is_some() {
        return Err(AccountsError::HandleTaken);
    }
    let officer = store::trusted(tx, domain, by).await?;
    let entries = [entry.to_vec()];
    let trusted = verify(&entries, handle, domain, root, |whose| officer.clone().filter(|_| whose == by))?;
    let device = trusted.devices.first().ok_or(InvalidChain::Length)?;
    if !store::open(tx, device, entry, at).await? {
        return Err(AccountsError::KnownDevice);
    }
    Ok(trusted.head)
}
