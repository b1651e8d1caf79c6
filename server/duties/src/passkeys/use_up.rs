//! Use up: a request comes that names the ceremony in which it was approved.
//!
//! Permitted by `Passkeys::"use-approval"`, recorded as `passkeys.approval-used`. It counts once, for exactly that request of exactly
//! that device, until the ceremony is over. Whether the request is allowed then is for policy.

use chancery_floor::work::{Action, Desk};
use chancery_transparency::Act;
use chancery_wire::ids::CeremonyId;

use super::{
    error::PasskeysError,
    facts::Used,
    model::{Purpose, State},
    store,
};
use crate::counter::Organisation;

/// The right to do what was approved.
#[derive(Debug)]
pub(crate) enum UseApproval {}

impl Action for UseApproval {
    type Resource = Organisation;
    const NAME: &'static str = r#"Passkeys::Action::"use-approval""#;
}

/// Uses up the approval of an act.
pub(crate) async fn use_up(desk: &Desk, ceremony: CeremonyId, act: Act<'_>) -> Result<(), PasskeysError> {
    let permit = desk.permit::<UseApproval>(Organisation)?;
    let mut work = desk.begin(permit).await?;
    let at = work.at();
    let held = store::ceremony(&mut work.tx, (ceremony, act.device), at).await?;
    let held = held.ok_or(PasskeysError::NotApproved)?;
    let approved = match &held.purpose {
        Purpose::Add { .. } => false,
        Purpose::Approve { method, path, body } => {
            act == Act { device: held.device, method, path, body: *body }
        }
    };
    if !approved || !store::step(&mut work.tx, ceremony, (State::Done, State::Used)).await? {
        return Err(PasskeysError::NotApproved);
    }
    work.commit(&Used { ceremony }).await?;
    Ok(())
}
