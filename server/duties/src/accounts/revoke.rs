//! Revoke: a device speaks for its account no more. Another device of the account says so, or an officer's.
//!
//! Permitted by `Accounts::"revoke"` to every account for its own devices, and by `Accounts::"revoke-others"` to officers; the signature
//! in the entry decides. Recorded as `accounts.device-revoked`. From then on the device is unknown; what follows from that is done in the
//! same transaction. `gateway` closes its connections, and has the rooms told.

use chancery_floor::{
    store::{StoreError, Tx},
    work::{Action, Desk, Work},
};
use chancery_transparency::{InvalidChain, about};
use chancery_wire::{
    ids::{DeviceId, RoomId},
    names::{Domain, Handle},
    time::Instant,
};

use super::{
    error::AccountsError, facts::Revoked, keep_recovery_key::KeepRecoveryKey, store, take_in::take_in,
};
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

/// What an entry that revokes a device has changed.
#[derive(Debug)]
pub(crate) struct Gone {
    /// Whose it was.
    pub handle: Handle,
    /// The device.
    pub device: DeviceId,
    /// All devices that the account ever had.
    pub devices: Vec<DeviceId>,
    /// The account's recovery key, if it has ended with it.
    pub key: Option<[u8; 32]>,
}

/// Takes in an entry that revokes a device. What follows from it, `follow` does in the same transaction; answers with the rooms that are
/// pending by it.
pub(crate) async fn revoke<T>(
    desk: &Desk,
    caller: &Caller,
    (domain, entry): (&Domain, &[u8]),
    follow: impl AsyncFnOnce(&mut Tx, &Gone, Instant) -> Result<(Vec<RoomId>, T), StoreError>,
) -> Result<(Gone, Vec<RoomId>, T), Refusal> {
    let (handle, _) = about(entry).map_err(AccountsError::from)?;
    Ok(if handle == caller.handle {
        revoked(
            desk.begin(desk.permit::<Revoke>(Organisation)?).await?,
            (desk, caller),
            (domain, entry),
            follow,
        )
        .await?
    } else {
        revoked(
            desk.begin(desk.permit::<RevokeOthers>(Organisation)?).await?,
            (desk, caller),
            (domain, entry),
            follow,
        )
        .await?
    })
}

async fn revoked<A: Action<Resource = Organisation>, T>(
    mut work: Work<A>,
    (desk, caller): (&Desk, &Caller),
    (domain, entry): (&Domain, &[u8]),
    follow: impl AsyncFnOnce(&mut Tx, &Gone, Instant) -> Result<(Vec<RoomId>, T), StoreError>,
) -> Result<(Gone, Vec<RoomId>, T), Refusal> {
    let about = about(entry).map_err(AccountsError::from)?;
    let former = store::recovery_key(&mut work.tx, &about.0).await?;
    let at = work.at();
    let taken = take_in(&mut work.tx, domain, (entry, at)).await?;
    // An entry of another kind is none for this address.
    let ([device], None) = (taken.went.as_slice(), &taken.came) else {
        return Err(AccountsError::from(InvalidChain::NoRightToVouch).into());
    };
    let key = former.filter(|_| taken.after.recovery.is_none());
    if key.is_some() {
        // With the device goes what its owner comes back by; that is theirs to say.
        desk.permit::<KeepRecoveryKey>(Organisation)?;
    }
    let devices = taken.after.devices.iter().map(|device| device.id).collect();
    let gone = Gone { handle: taken.handle, device: device.id, devices, key };
    let (pending, done) = follow(&mut work.tx, &gone, at).await?;
    let (handle, device, by) = (gone.handle.clone(), gone.device, caller.handle.clone());
    work.commit(&Revoked { handle, device, by, chain: taken.after.head, pending: pending.clone() }).await?;
    Ok((gone, pending, done))
}
