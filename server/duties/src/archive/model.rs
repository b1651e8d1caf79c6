//! The nouns of the archive.

use chancery_floor::blobs::Blobs;
use chancery_wire::ids::{DeviceId, Digest, RoomId};

/// How many random bytes stand before a block where it lies, so that nothing else has its digest.
pub(super) const MARK: usize = 16;

/// A block as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// The room it is about.
    pub(super) room: RoomId,
    /// Which part of the room's log, from 0.
    pub(super) number: u64,
    /// The device that has sealed it.
    pub(super) device: DeviceId,
    /// The public half of the recovery key that opens it.
    pub(super) key: [u8; 32],
    /// Its digest, under which its bytes lie.
    pub(super) digest: Digest,
    /// How many bytes it has.
    pub(super) bytes: u64,
}

/// Deletes bytes that belong to no block any more. What cannot be deleted now is deleted with what belongs to nothing.
pub(crate) async fn wipe(blobs: &Blobs, gone: Vec<Digest>) {
    if let Err(error) = blobs.delete(gone).await {
        tracing::warn!(%error, "blocks of an archive could not be deleted; it is tried again");
    }
}
