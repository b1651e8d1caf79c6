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
use chancery_transparency::{Enrol, InvalidChain, Recovered};
use chancery_wire::{
    api,
    ids::DeviceId,
    names::{Domain, Handle},
    problem::Code,
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

/// Takes a device into the chain of the account that the entry is about; answers also which devices went with it. Where an earlier device
/// links it, `may_link` says whether the owner wants that, in the same transaction.
pub(crate) async fn link(
    desk: &Desk,
    (domain, entry): (&Domain, &[u8]),
    may_link: impl AsyncFnOnce(&mut Tx, &Handle, DeviceId) -> Result<bool, StoreError>,
) -> Result<(api::Account, Vec<DeviceId>), Refusal> {
    let permit = desk.permit::<Link>(Organisation)?;
    let mut work = desk.begin(permit).await?;
    let (enrol, _) = Enrol::peek(entry).map_err(AccountsError::from)?;
    let account = api::Account { handle: enrol.handle.clone(), device: enrol.device };
    if store::is_kept(&mut work.tx, &enrol, entry).await? {
        return Ok((account, vec![]));
    }
    let taken = take_in(&mut work.tx, domain, entry).await?;
    let came = taken.came.ok_or(AccountsError::BadEntry(InvalidChain::NoRightToVouch))?;
    let (handle, device, chain) = (enrol.handle, enrol.device, taken.after.head);
    if let Some(by) = came.linked_by
        && !may_link(&mut work.tx, &handle, by).await?
    {
        return Err(Refusal::because(
            Code::Unconfirmed,
            &"the device that links this one has no linking open that its owner approved: begin again there",
        ));
    }
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
    Ok((account, taken.went.iter().map(|device| device.id).collect()))
}
