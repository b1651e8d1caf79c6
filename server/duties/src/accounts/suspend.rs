//! Suspend: no device speaks for an account, until it is restored. An officer's device says so, or a directory's.
//!
//! Permitted by `Accounts::"suspend"`; the signature in the entry decides. Recorded as `accounts.suspended` or `accounts.restored`. While
//! it is suspended, the devices of an account are unknown, whatever sessions they have; `gateway` closes their connections, and has the
//! rooms told.

use chancery_floor::work::{Action, Work};
use chancery_transparency::{InvalidChain, Suspender, suspends};
use chancery_wire::{
    ids::DeviceId,
    names::{Domain, Handle},
};

use super::{
    error::AccountsError,
    facts::{Restored, Suspended},
    take_in::take_in,
};
use crate::counter::{Caller, Organisation};

/// The right to suspend accounts and to restore them.
#[derive(Debug)]
pub(crate) enum Suspend {}

impl Action for Suspend {
    type Resource = Organisation;
    const NAME: &'static str = r#"Accounts::Action::"suspend""#;
}

/// An account as an entry that suspends or restores it leaves it.
#[derive(Debug)]
pub(crate) struct Suspension {
    /// The account.
    pub handle: Handle,
    /// Who has suspended it, if it is.
    pub suspended: Option<Suspender>,
    /// Its devices, without those that were revoked.
    pub devices: Vec<DeviceId>,
    /// Those that were.
    pub revoked: Vec<DeviceId>,
}

/// Takes in an entry that suspends an account or restores it.
pub(crate) async fn suspend(
    mut work: Work<Suspend>,
    caller: &Caller,
    (domain, entry): (&Domain, &[u8]),
) -> Result<Suspension, AccountsError> {
    // An entry of another kind is none for this address.
    suspends(entry).ok_or(InvalidChain::NoRightToVouch)?;
    let taken = take_in(&mut work.tx, domain, entry).await?;
    let (handle, by, chain) = (taken.handle.clone(), caller.handle.clone(), taken.after.head);
    let suspended = taken.after.suspended();
    match suspended {
        Some(as_what) => work.commit(&Suspended { handle, by, as_what: as_what.as_str(), chain }).await?,
        None => work.commit(&Restored { handle, by, chain }).await?,
    }
    let of = |revoked| {
        let devices = taken.after.devices.iter().filter(move |device| device.revoked == revoked);
        devices.map(|device| device.id).collect()
    };
    Ok(Suspension { handle: taken.handle, suspended, devices: of(false), revoked: of(true) })
}
