//! End all sessions of another account.
//!
//! Permitted by `Signin::"end-others"`, recorded as `signin.ended-by`. The next request feels it; whoever calls this closes the devices'
//! connections. The devices sign in again by themselves: whoever is to stay out is suspended, and what is lost is revoked.

use chancery_floor::work::{Action, Desk};
use chancery_wire::{ids::DeviceId, names::Handle};

use super::{error::SigninError, facts::EndedBy, store};
use crate::{
    accounts,
    counter::{Caller, Organisation},
};

/// The right to end sessions of other accounts.
#[derive(Debug)]
pub(crate) enum EndOthers {}

impl Action for EndOthers {
    type Resource = Organisation;
    const NAME: &'static str = r#"Signin::Action::"end-others""#;
}

/// Ends all sessions of an account; answers with its devices.
pub(crate) async fn end_others(
    desk: &Desk,
    caller: &Caller,
    handle: &Handle,
) -> Result<Vec<DeviceId>, SigninError> {
    let permit = desk.permit::<EndOthers>(Organisation)?;
    let mut work = desk.begin(permit).await?;
    if accounts::all_devices_of(&mut work.tx, handle).await?.is_empty() {
        return Err(SigninError::NoAccount);
    }
    let (mut devices, mut sessions) = (Vec::new(), 0);
    for device in accounts::devices_of(&mut work.tx, handle).await? {
        sessions += store::end(&mut work.tx, device.device).await?;
        devices.push(device.device);
    }
    work.commit(&EndedBy { account: handle.clone(), by: caller.handle.clone(), sessions }).await?;
    Ok(devices)
}
