//! Expire: files that were begun and not gone on with are deleted.
//!
//! No route; run by the server from time to time. Permitted by `Files::"expire"`, recorded as `files.expired`.

use chancery_floor::work::{Action, Desk};

use super::{error::FilesError, facts::Expired, store};
use crate::counter::{Organisation, Refusal};

/// The right to delete what was not gone on with: the server's own.
#[derive(Debug)]
pub(crate) enum Expire {}

impl Action for Expire {
    type Resource = Organisation;
    const NAME: &'static str = r#"Files::Action::"expire""#;
}

/// Deletes files that were not gone on with.
pub(crate) async fn expire(desk: &Desk) -> Result<(), Refusal> {
    let permit = desk.permit::<Expire>(Organisation).map_err(FilesError::from)?;
    let mut work = desk.begin(permit).await?;
    let at = work.at();
    let files = store::expire(&mut work.tx, at).await?;
    if files > 0 {
        work.commit(&Expired { files }).await?;
    }
    Ok(())
}
