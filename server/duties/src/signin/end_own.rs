//! End one session of one's own account.
//!
//! Permitted by `Signin::"end-own"`, recorded as `signin.closed`. The next request feels it; whoever calls this closes the device's
//! connections.

use chancery_floor::work::{Action, Desk};
use chancery_wire::ids::{DeviceId, SessionId};

use super::{
    error::SigninError,
    facts::{By, Closed},
    list::sessions_of,
    store,
};
use crate::counter::{Caller, Organisation};

/// The right to end one of one's own.
#[derive(Debug)]
pub(crate) enum EndOwn {}

impl Action for EndOwn {
    type Resource = Organisation;
    const NAME: &'static str = r#"Signin::Action::"end-own""#;
}

/// Ends a session; answers whose it was. One of another account is none.
pub(crate) async fn end_own(
    desk: &Desk,
    caller: &Caller,
    session: SessionId,
) -> Result<DeviceId, SigninError> {
    let permit = desk.permit::<EndOwn>(Organisation)?;
    let mut work = desk.begin(permit).await?;
    let at = work.at();
    // Nobody touches a row of somebody else's.
    let own = sessions_of(&mut work.tx, &caller.handle, at).await?;
    let it = own.iter().find(|it| it.session == session).ok_or(SigninError::NoSuchSession)?;
    let device = it.device;
    store::close(&mut work.tx, session).await?;
    work.commit(&Closed { device, session, by: By::Device(caller.device) }).await?;
    Ok(device)
}
