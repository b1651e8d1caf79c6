//! Suspend: no device speaks for an account, until it is restored. An officer's device says so, or a directory's.
//!
//! Permitted by `Accounts::"suspend"`; the signature in the entry decides. Recorded as `accounts.suspended` or `accounts.restored`. While
//! it is suspended, the devices of an account are unknown, whatever sessions they have; `gateway` closes their connections, and has the
//! rooms told.

use chancery_floor::{
    store::{StoreError, Tx},
    work::{Action, Work},
};
use chancery_transparency::{InvalidChain, Suspender, suspends};
use chancery_wire::{
    ids::{DeviceId, RoomId},
    names::{Domain, Handle},
    time::Instant,
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

/// Takes in an entry that suspends an account or restores it. What follows from it, `follow` does in the same transaction; answers with the
/// rooms that are pending by it.
pub(crate) async fn suspend(
    mut work: Work<Suspend>,
    caller: &Caller,
    (domain, entry): (&Domain, &[u8]),
    follow: impl AsyncFnOnce(&mut Tx, &Suspension, Instant) -> Result<Vec<RoomId>, StoreError>,
) -> Result<(Suspension, Vec<RoomId>), AccountsError> {
    // An entry of another kind is none for this address.
    suspends(entry).ok_or(InvalidChain::NoRightToVouch)?;
    let at = work.at();
    let taken = take_in(&mut work.tx, domain, (entry, at)).await?;
    let of = |revoked| {
        let devices = taken.after.devices.iter().filter(move |device| device.revoked == revoked);
        devices.map(|device| device.id).collect()
    };
    let (handle, suspended, chain) = (taken.handle.clone(), taken.after.suspended(), taken.after.head);
    let it = Suspension { handle, suspended, devices: of(false), revoked: of(true) };
    let at = work.at();
    let rooms = follow(&mut work.tx, &it, at).await?;
    let (handle, by, pending) = (it.handle.clone(), caller.handle.clone(), rooms.clone());
    match suspended {
        Some(as_what) => {
            let as_what = as_what.as_str();
            work.commit(&Suspended { handle, by, as_what, chain, pending }).await?;
        }
        None => work.commit(&Restored { handle, by, chain, pending }).await?,
    }
    Ok((it, rooms))
}
