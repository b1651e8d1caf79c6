//! The SQL of files. No other duty names these tables.

use chancery_floor::{
    store::{Migration, Read, StoreError, Tx},
    values,
};
use chancery_wire::{
    api,
    ids::{DeviceId, Digest, FileId, RoomId},
    time::Instant,
};

use super::model::{File, Part};

pub(crate) const MIGRATIONS: &[Migration] =
    &[Migration { name: "files/0001_files", sql: include_str!("migrations/0001_files.sql") }];

/// A count as the database keeps it.
fn integer(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Keeps a file that is begun; `false` when its id is taken.
pub(super) async fn begin(
    tx: &mut Tx,
    (file, by): (FileId, DeviceId),
    it: &File,
    until: Instant,
) -> Result<bool, StoreError> {
    const INSERT: &str = "INSERT INTO files (file, room, handle, device, parts, next, until)
        VALUES ($1, $2, $3, $4, $5, 0, $6) ON CONFLICT (file) DO NOTHING";
    let values = values![file.0, it.room.0, it.handle.as_str(), by.0, integer(it.state.parts), until.0];
    Ok(tx.execute(INSERT, values).await? == 1)
}

/// A file, if there is one.
pub(super) async fn file(from: &mut impl Read, file: FileId) -> Result<Option<File>, StoreError> {
    const SELECT: &str = "SELECT room, handle, parts, next FROM files WHERE file = $1";
    let Some(row) = from.row(SELECT, values![file.0]).await? else { return Ok(None) };
    let state = api::FileState { parts: row.count(2)?, next: row.count(3)? };
    Ok(Some(File { room: RoomId(row.fixed(0)?), handle: row.parsed(1)?, state }))
}

/// How many files a device has begun that are not whole.
pub(super) async fn under_way(from: &mut impl Read, by: DeviceId) -> Result<u64, StoreError> {
    const COUNT: &str = "SELECT COUNT(*) FROM files WHERE device = $1 AND until IS NOT NULL";
    from.row(COUNT, values![by.0]).await?.map_or(Ok(0), |row| row.count(0))
}

/// Keeps the next part of a file. A whole file is not forgotten any more.
pub(super) async fn put(
    tx: &mut Tx,
    file: FileId,
    part: Part,
    until: Option<Instant>,
) -> Result<(), StoreError> {
    const INSERT: &str = "INSERT INTO files_parts (file, number, digest, bytes) VALUES ($1, $2, $3, $4)";
    const ADVANCE: &str = "UPDATE files SET next = $2, until = $3 WHERE file = $1";
    let number = integer(part.number);
    tx.execute(INSERT, values![file.0, number, part.digest.0, integer(part.bytes)]).await?;
    tx.execute(ADVANCE, values![file.0, number + 1, until.map(|at| at.0)]).await?;
    Ok(())
}

/// A part of a file, if it was put.
pub(super) async fn part(
    from: &mut impl Read,
    file: FileId,
    number: u64,
) -> Result<Option<Part>, StoreError> {
    const SELECT: &str = "SELECT digest, bytes FROM files_parts WHERE file = $1 AND number = $2";
    let row = from.row(SELECT, values![file.0, integer(number)]).await?;
    row.map(|row| Ok(Part { number, digest: Digest(row.fixed(0)?), bytes: row.count(1)? })).transpose()
}

/// Deletes a file; returns what its parts lie under.
pub(super) async fn delete(tx: &mut Tx, file: FileId) -> Result<Vec<Digest>, StoreError> {
    let parts = tx.rows("SELECT digest FROM files_parts WHERE file = $1", values![file.0]).await?;
    tx.execute("DELETE FROM files WHERE file = $1", values![file.0]).await?;
    parts.iter().map(|row| row.fixed(0).map(Digest)).collect()
}

/// Deletes what was begun and not gone on with; returns how many files.
pub(super) async fn expire(tx: &mut Tx, now: Instant) -> Result<u64, StoreError> {
    tx.execute("DELETE FROM files WHERE until <= $1", values![now.0]).await
}

/// Whether any file has a part that lies under this digest.
pub(crate) async fn is_used(from: &mut impl Read, digest: Digest) -> Result<bool, StoreError> {
    let row = from.row("SELECT 1 FROM files_parts WHERE digest = $1 LIMIT 1", values![digest.0]).await?;
    Ok(row.is_some())
}
