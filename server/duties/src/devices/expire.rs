//! Expire: key packages that ran out and meetings that are over are deleted.
//!
//! No route; run by the server from time to time. Permitted by `Devices::"expire"`, recorded as `devices.expired`.

use chancery_floor::work::{Action, Desk};

use super::{error::DevicesError, facts::Expired, store};
use crate::counter::{Organisation, Refusal};

/// The right to delete key packages that ran out: the server's own.
#[derive(Debug)]
pub(crate) enum Expire {}

impl Action for Expire {
    type Resource = Organisation;
    const NAME: &'static str = r#"Devices::Action::"expire""#;
}

/// Deletes key packages that ran out.
pub(crate) async fn expire(desk: &Desk) -> Result<(), Refusal> {
    let permit = desk.permit::<Expire>(Organisation).map_err(DevicesError::from)?;
    let mut work = desk.begin(permit).await?;
    let at = work.at();
    let packages = store::expire(&mut work.tx, at).await?;
    let linkings = store::expire_meetings(&mut work.tx, at).await?;
    if packages + linkings > 0 {
        work.commit(&Expired { packages, linkings }).await?;
    }
    Ok(())
}
