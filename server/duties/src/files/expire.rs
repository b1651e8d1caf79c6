//! Expire: files that were begun and not gone on with are deleted, and bytes that belong to no file.
//!
//! No route; run by the server from time to time. Permitted by `Files::"expire"`, recorded as `files.expired`.

use chancery_floor::{
    blobs::Blobs,
    work::{Action, Desk},
};
use chancery_wire::time::DAY;

use super::{error::FilesError, facts::Expired, store};
use crate::counter::{Organisation, Refusal};

/// How many are looked at before those of them that belong to nothing are deleted: as many as S3 deletes at once.
const SOME: usize = 1000;

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

/// Deletes bytes that belong to no file. It looks at all of them, so it is not for every minute.
pub(crate) async fn sweep(desk: &Desk, blobs: &Blobs) -> Result<(), Refusal> {
    // A part that is being put belongs to nothing for a moment; after a day it never will.
    let at = desk.now();
    for some in blobs.before(at.plus_seconds(-DAY)).await?.chunks(SOME) {
        let mut unused = Vec::new();
        for blob in some {
            if !store::is_used(&mut desk.floor().db.reader(), *blob).await? {
                unused.push(*blob);
            }
        }
        blobs.delete(unused).await?;
    }
    Ok(())
}
