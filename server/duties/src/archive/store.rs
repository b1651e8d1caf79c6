//! The SQL of the archive. No other duty names these tables.

use chancery_floor::{
    store::{Migration, Read, Row, StoreError, Tx},
    values,
};
use chancery_wire::{
    ids::{DeviceId, Digest, RoomId},
    names::Handle,
};

use super::model::Block;

pub(crate) const MIGRATIONS: &[Migration] =
    &[Migration { name: "archive/0001_archive", sql: include_str!("migrations/0001_archive.sql") }];

fn block(row: &Row) -> Result<Block, StoreError> {
    Ok(Block {
        room: RoomId(row.fixed(0)?),
        number: row.count(1)?,
        device: DeviceId(row.fixed(2)?),
        key: row.fixed(3)?,
        digest: Digest(row.fixed(4)?),
        bytes: row.count(5)?,
    })
}

/// Every block of an account.
pub(super) async fn blocks(from: &mut impl Read, handle: &Handle) -> Result<Vec<Block>, StoreError> {
    const SELECT: &str = "SELECT room, block, device, key, digest, bytes FROM archive_blocks
        WHERE handle = $1 ORDER BY room, block, device";
    from.rows(SELECT, values![handle.as_str()]).await?.iter().map(block).collect()
}

/// What the devices of an account have put in one place.
pub(super) async fn copies(
    from: &mut impl Read,
    handle: &Handle,
    (room, number): (RoomId, u64),
) -> Result<Vec<Block>, StoreError> {
    const SELECT: &str = "SELECT room, block, device, key, digest, bytes FROM archive_blocks
        WHERE handle = $1 AND room = $2 AND block = $3 ORDER BY device";
    from.rows(SELECT, values![handle.as_str(), room.0, number]).await?.iter().map(block).collect()
}

/// Keeps a block in a place where there is none of its device.
pub(super) async fn put(tx: &mut Tx, handle: &Handle, it: &Block) -> Result<(), StoreError> {
    const INSERT: &str = "INSERT INTO archive_blocks (handle, room, block, device, key, digest, bytes)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let whose = (handle.as_str(), it.room.0, it.number, it.device.0);
    tx.execute(INSERT, values![whose.0, whose.1, whose.2, whose.3, it.key, it.digest.0, it.bytes]).await?;
    Ok(())
}

/// Deletes a block; returns what it lies under, when no other does.
pub(super) async fn delete(tx: &mut Tx, handle: &Handle, it: &Block) -> Result<Option<Digest>, StoreError> {
    const DELETE: &str =
        "DELETE FROM archive_blocks WHERE handle = $1 AND room = $2 AND block = $3 AND device = $4";
    tx.execute(DELETE, values![handle.as_str(), it.room.0, it.number, it.device.0]).await?;
    Ok((!is_used(tx, it.digest).await?).then_some(it.digest))
}

/// Whether any block lies under this digest.
pub(crate) async fn is_used(from: &mut impl Read, digest: Digest) -> Result<bool, StoreError> {
    let row = from.row("SELECT 1 FROM archive_blocks WHERE digest = $1 LIMIT 1", values![digest.0]).await?;
    Ok(row.is_some())
}
