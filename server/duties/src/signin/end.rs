//! End sessions: all of a device at once, one whose token somebody else has, or those that ran out.
//!
//! No route; permitted by `Signin::"end"` to the server itself, recorded as `signin.closed` and `signin.expired`, or as a part of what has
//! ended them. The next request feels it; whoever calls this closes the device's sockets.

use chancery_floor::{
    store::{StoreError, Tx},
    work::{Action, Desk},
};
use chancery_transparency::PROOF_WINDOW;
use chancery_wire::ids::{DeviceId, SessionId};

use super::{
    facts::{By, Closed, Expired},
    store,
};
use crate::counter::{Organisation, Refusal};

/// The right to end sessions of others: the server's own.
#[derive(Debug)]
pub(crate) enum End {}

impl Action for End {
    type Resource = Organisation;
    const NAME: &'static str = r#"Signin::Action::"end""#;
}

/// Ends all sessions of a device, as part of what has ended them.
pub(crate) async fn end_with(tx: &mut Tx, device: DeviceId) -> Result<(), StoreError> {
    store::end(tx, device).await.map(drop)
}

/// Ends a session whose token was used without its device's key; answers whose it was, unless it has ended meanwhile.
pub(crate) async fn expose(desk: &Desk, session: SessionId) -> Result<Option<DeviceId>, Refusal> {
    let permit = desk.permit::<End>(Organisation)?;
    let mut work = desk.begin(permit).await?;
    let device = store::close(&mut work.tx, session).await?;
    if let Some(device) = device {
        work.commit(&Closed { device, session, by: By::Exposed }).await?;
    }
    Ok(device)
}

/// Deletes sessions that ran out, and forgets the proofs that cannot be used any more.
pub(crate) async fn expire(desk: &Desk) -> Result<(), Refusal> {
    let permit = desk.permit::<End>(Organisation)?;
    let mut work = desk.begin(permit).await?;
    let at = work.at();
    desk.floor().db.forget_marks(at.plus_seconds(-4 * PROOF_WINDOW)).await?;
    let sessions = store::expire(&mut work.tx, at).await?;
    if sessions > 0 {
        work.commit(&Expired { sessions }).await?;
    }
    Ok(())
}
