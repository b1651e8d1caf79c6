//! Sweep: sealed bytes that belong to no file and to no archive are deleted.
//!
//! No route; run by the server from time to time. Here because several duties have bytes in the same place.

use chancery_floor::{blobs::Blobs, work::Desk};
use chancery_wire::time::DAY;

use crate::{archive, counter::Refusal, files};

/// How many are looked at before those of them that belong to nothing are deleted: as many as S3 deletes at once.
const SOME: usize = 1000;

/// Deletes bytes that belong to nothing. It looks at all of them, so it is not for every minute.
pub(super) async fn sweep(desk: &Desk, blobs: &Blobs) -> Result<(), Refusal> {
    // What is being put belongs to nothing for a moment; after a day it never will.
    let at = desk.now();
    for some in blobs.before(at.plus_seconds(-DAY)).await?.chunks(SOME) {
        let mut unused = Vec::new();
        for blob in some {
            let mut from = desk.floor().db.reader();
            if !files::is_used(&mut from, *blob).await? && !archive::is_used(&mut from, *blob).await? {
                unused.push(*blob);
            }
        }
        blobs.delete(unused).await?;
    }
    Ok(())
}
