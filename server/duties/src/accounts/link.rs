//! Link: a device that an earlier one of the same account vouched for comes into the account's chain; or the one as which the account
//! comes back, when all its devices are lost.
//!
//! Without a session, permitted by `Accounts::"link"`; the signatures in the entry decide. Recorded as `accounts.device-linked` or
//! `accounts.recovered`. The same entry again is answered the same, for whoever lost the first answer. What follows from it where the
//! account comes back is done in the same transaction; `gateway` closes the connections of the devices that went.

use chancery_floor::{
    store::{StoreError, Tx},
    work::{Action, Desk},
};
use chancery_transparency::{Device, Enrol, InvalidChain, Recovered};
use chancery_wire::{
    api,
    ids::{DeviceId, RoomId},
    names::{Domain, Handle},
    problem::Code,
    time::Instant,
};

use super::{
    error::AccountsError,
    facts::{self, Linked},
    store,
    take_in::take_in,
};
use crate::counter::{Organisation, Refusal};

/// The right to be linked.
#[derive(Debug)]
pub(crate) enum Link {}

impl Action for Link {
    type Resource = Organisation;
    const NAME: &'static str = r#"Accounts::Action::"link""#;
}

/// What came of an entry.
#[derive(Clone, Debug)]
pub(crate) struct Came {
    /// Whose device has come.
    pub account: api::Account,
    /// The devices that went with it.
    pub went: Vec<DeviceId>,
    /// The rooms that are pending by it.
    pub pending: Vec<RoomId>,
}

/// An account that has come back.
#[derive(Debug)]
pub(crate) struct Back {
    /// The account.
    pub handle: Handle,
    /// All devices that it ever had.
    pub devices: Vec<DeviceId>,
    /// Those that went with it.
    pub went: Vec<DeviceId>,
    /// Whether officers have brought it back.
    pub by_officers: bool,
}

/// What an account has lost by coming back, beside its devices.
#[derive(Debug)]
pub(crate) struct Lost {
    /// How many passkeys.
    pub passkeys: u64,
    /// The rooms that are pending by it.
    pub pending: Vec<RoomId>,
}

/// Takes a device into the chain of the account that the entry is about. In the same transaction `may_come` says why its owner does not want
/// that, if they do not, and `follow` does what follows from it if the account comes back.
pub(crate) async fn link(
    desk: &Desk,
    (domain, entry): (&Domain, &[u8]),
    may_come: impl AsyncFnOnce(&mut Tx, &Handle, &Device) -> Result<Option<&'static str>, StoreError>,
    follow: impl AsyncFnOnce(&mut Tx, &Back, Instant) -> Result<Lost, StoreError>,
) -> Result<Came, Refusal> {
    let permit = desk.permit::<Link>(Organisation)?;
    let mut work = desk.begin(permit).await?;
    let (enrol, _) = Enrol::peek(entry).map_err(AccountsError::from)?;
    let account = api::Account { handle: enrol.handle.clone(), device: enrol.device };
    if store::is_kept(&mut work.tx, &enrol, entry).await? {
        return Ok(Came { account, went: vec![], pending: vec![] });
    }
    let at = work.at();
    let taken = take_in(&mut work.tx, domain, (entry, at)).await?;
    let came = taken.came.ok_or(AccountsError::BadEntry(InvalidChain::NoRightToVouch))?;
    let (handle, device, chain) = (enrol.handle, enrol.device, taken.after.head);
    if let Some(why) = may_come(&mut work.tx, &handle, &came).await? {
        return Err(Refusal::because(Code::Unconfirmed, &why));
    }
    let Some(how) = came.recovered else {
        work.commit(&Linked { handle, device, by: came.linked_by, chain }).await?;
        return Ok(Came { account, went: vec![], pending: vec![] });
    };
    let by = match how {
        Recovered::Key => vec![],
        Recovered::Officers(one, two) => vec![one, two],
    };
    let ids = |devices: &[Device]| devices.iter().map(|device| device.id).collect();
    let (devices, went) = (ids(&taken.after.devices), ids(&taken.went));
    let back = Back { handle: handle.clone(), devices, went, by_officers: !by.is_empty() };
    let Lost { passkeys, pending } = follow(&mut work.tx, &back, at).await?;
    work.commit(&facts::Recovered { handle, device, by, chain, passkeys, pending: pending.clone() }).await?;
    Ok(Came { account, went: back.went, pending })
}

/// Whose device an entry would bring, and how; leaves it in the transaction, for the caller to drop.
pub(crate) async fn comes(
    tx: &mut Tx,
    domain: &Domain,
    (entry, at): (&[u8], Instant),
) -> Result<(Handle, Device), AccountsError> {
    let taken = take_in(tx, domain, (entry, at)).await?;
    let came = taken.came.ok_or(AccountsError::BadEntry(InvalidChain::NoRightToVouch))?;
    Ok((taken.handle, came))
}
