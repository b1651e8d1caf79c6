//! Link: a device that an earlier one of the same account vouched for comes into the account's chain; or the one as which the account
//! comes back, when all its devices are lost.
//!
//! Without a session, permitted by `Accounts::"link"`; the signatures in the entry decide. Recorded as `accounts.device-linked` or
//! `accounts.recovered`. The same entry again is answered the same, for whoever lost the first answer. `gateway` ends the sessions
//! of the devices that went.

use chancery_floor::{
    store::{StoreError, Tx},
    work::{Action, Desk},
};
use chancery_transparency::{Device, Enrol, InvalidChain, Recovered};
use chancery_wire::{
    api,
    ids::DeviceId,
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
    /// Whether officers have brought the account back.
    pub by_officers: bool,
}

/// Takes a device into the chain of the account that the entry is about. `may_come` says, in the same transaction, why its owner does not want
/// that, if they do not.
pub(crate) async fn link(
    desk: &Desk,
    (domain, entry): (&Domain, &[u8]),
    may_come: impl AsyncFnOnce(&mut Tx, &Handle, &Device) -> Result<Option<&'static str>, StoreError>,
) -> Result<Came, Refusal> {
    let permit = desk.permit::<Link>(Organisation)?;
    let mut work = desk.begin(permit).await?;
    let (enrol, _) = Enrol::peek(entry).map_err(AccountsError::from)?;
    let account = api::Account { handle: enrol.handle.clone(), device: enrol.device };
    if store::is_kept(&mut work.tx, &enrol, entry).await? {
        return Ok(Came { account, went: vec![], by_officers: false });
    }
    let at = work.at();
    let taken = take_in(&mut work.tx, domain, (entry, at)).await?;
    let came = taken.came.ok_or(AccountsError::BadEntry(InvalidChain::NoRightToVouch))?;
    let (handle, device, chain) = (enrol.handle, enrol.device, taken.after.head);
    if let Some(why) = may_come(&mut work.tx, &handle, &came).await? {
        return Err(Refusal::because(Code::Unconfirmed, &why));
    }
    let by_officers = matches!(came.recovered, Some(Recovered::Officers(..)));
    match came.recovered {
        None => work.commit(&Linked { handle, device, by: came.linked_by, chain }).await?,
        Some(how) => {
            let by = match how {
                Recovered::Key => vec![],
                Recovered::Officers(one, two) => vec![one, two],
            };
            work.commit(&facts::Recovered { handle, device, by, chain }).await?;
        }
    }
    Ok(Came { account, went: taken.went.iter().map(|device| device.id).collect(), by_officers })
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
