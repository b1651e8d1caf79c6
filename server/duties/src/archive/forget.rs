//! Forget what was sealed to an earlier recovery key: the account has another one now, or none.
//!
//! No route and no fact of its own: part of keeping a recovery key, in the same transaction.

use chancery_floor::store::{StoreError, Tx};
use chancery_wire::{ids::Digest, names::Handle};

use super::store;

/// Takes out of the archive of an account what this key opens, or everything. Returns what it lay under: to be deleted once the
/// transaction is durable.
pub(crate) async fn forget(
    tx: &mut Tx,
    handle: &Handle,
    key: Option<[u8; 32]>,
) -> Result<Vec<Digest>, StoreError> {
    let mut gone = Vec::new();
    for it in store::blocks(tx, handle).await?.into_iter().filter(|it| key.is_none_or(|key| it.key == key)) {
        gone.extend(store::delete(tx, handle, &it).await?);
    }
    Ok(gone)
}
