//! Expire: ceremonies that are over are deleted.
//!
//! By the house, permitted by `Passkeys::"expire"`, recorded as `passkeys.expired`.

use chancery_floor::work::{Action, Desk};

use super::{error::PasskeysError, facts::Expired, store};
use crate::counter::Organisation;

/// The right to delete them.
#[derive(Debug)]
pub(crate) enum Expire {}

impl Action for Expire {
    type Resource = Organisation;
    const NAME: &'static str = r#"Passkeys::Action::"expire""#;
}

/// Deletes ceremonies that are over.
pub(crate) async fn expire(desk: &Desk) -> Result<(), PasskeysError> {
    let permit = desk.permit::<Expire>(Organisation)?;
    let mut work = desk.begin(permit).await?;
    let at = work.at();
    let ceremonies = store::expire(&mut work.tx, at).await?;
    if ceremonies > 0 {
        work.commit(&Expired { ceremonies }).await?;
    }
    Ok(())
}
