//! Forget: an account came back as a new device, and its passkeys go with the devices it has lost.
//!
//! By the house, permitted by `Passkeys::"forget"`, recorded as `passkeys.reset`. The owner adds new ones as the first time.

use chancery_floor::work::{Action, Desk};
use chancery_wire::names::Handle;

use super::{error::PasskeysError, facts::Reset, store};
use crate::counter::Organisation;

/// The right to forget them.
#[derive(Debug)]
pub(crate) enum Forget {}

impl Action for Forget {
    type Resource = Organisation;
    const NAME: &'static str = r#"Passkeys::Action::"forget""#;
}

/// Removes all passkeys of an account that came back.
pub(crate) async fn forget(desk: &Desk, handle: &Handle) -> Result<(), PasskeysError> {
    let permit = desk.permit::<Forget>(Organisation)?;
    let mut work = desk.begin(permit).await?;
    let removed = store::remove_all(&mut work.tx, handle).await?;
    if removed > 0 {
        work.commit(&Reset { handle: handle.clone(), removed, by: None }).await?;
    }
    Ok(())
}
