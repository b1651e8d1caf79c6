//! Forget: an account came back as a new device, and its passkeys go with the devices it has lost.
//!
//! No route and no fact of its own: part of coming back, in the same transaction. The owner adds new ones as the first time.

use chancery_floor::store::{StoreError, Tx};
use chancery_wire::names::Handle;

use super::store;

/// Removes all passkeys of an account that came back; answers how many.
pub(crate) async fn forget(tx: &mut Tx, handle: &Handle) -> Result<u64, StoreError> {
    store::remove_all(tx, handle).await
}
