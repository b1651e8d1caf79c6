//! Expire bodies: what reached its time limit is deleted, whether or not everybody had it.
//!
//! No route; run by the server from time to time. Permitted by `Delivery::"keep"`, recorded as `delivery.expired`. Digests
//! stay, so that the chain can be followed.

use chancery_floor::work::Desk;
use chancery_wire::time::Instant;

use super::{facts::Expired, write::Keep};
use crate::{
    counter::{Organisation, Refusal},
    rooms,
};

/// How many bodies are deleted in one transaction, so that submissions need not wait long.
const STEP: u32 = 4096;

/// Deletes the bodies that were accepted before `before`.
pub(crate) async fn expire(desk: &Desk, before: Instant) -> Result<(), Refusal> {
    loop {
        let permit = desk.permit::<Keep>(Organisation)?;
        let mut work = desk.begin(permit).await?;
        let bodies = rooms::expire(&mut work.tx, before, STEP).await?;
        if bodies > 0 {
            work.commit(&Expired { before, bodies }).await?;
        }
        if bodies < u64::from(STEP) {
            return Ok(());
        }
    }
}
