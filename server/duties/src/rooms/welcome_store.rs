//! The SQL of welcomes: what waits for devices that were added.

use chancery_floor::{
    store::{Read, Row, Rows, StoreError, Tx},
    values,
};
use chancery_wire::{
    api,
    bytes::Opaque,
    ids::{DeviceId, Digest, RoomId},
    time::Instant,
};

/// Keeps a welcome for the devices that were added at `seq`.
pub(crate) async fn welcome(
    tx: &mut Tx,
    (room, seq, head): (RoomId, u64, Digest),
    devices: &[DeviceId],
    (welcome, tree): (&[u8], &[u8]),
    at: Instant,
) -> Result<(), StoreError> {
    const INSERT: &str =
        "INSERT INTO rooms_welcomes (room, seq, head, welcome, tree) VALUES ($1, $2, $3, $4, $5)";
    const WAITING: Rows = Rows {
        head: "INSERT INTO rooms_waiting (room, device, seq, at) VALUES",
        columns: 4,
        tail: "ON CONFLICT (room, device) DO UPDATE SET seq = excluded.seq, at = excluded.at",
    };
    tx.execute(INSERT, values![room.0, seq, head.0, welcome, tree]).await?;
    let row = |device: &DeviceId| values![room.0, device.0, seq, at.0];
    tx.execute_rows(WAITING, devices.iter().flat_map(row).collect()).await?;
    sweep(tx, room).await
}

/// A device waits no longer in a room: it has joined, or was taken out.
pub(crate) async fn joined(tx: &mut Tx, room: RoomId, device: DeviceId) -> Result<(), StoreError> {
    tx.execute("DELETE FROM rooms_waiting WHERE room = $1 AND device = $2", values![room.0, device.0])
        .await?;
    sweep(tx, room).await
}

/// Deletes the welcomes of a room that nobody waits with.
async fn sweep(tx: &mut Tx, room: RoomId) -> Result<(), StoreError> {
    const DELETE: &str = "DELETE FROM rooms_welcomes WHERE room = $1
        AND seq NOT IN (SELECT seq FROM rooms_waiting WHERE room = $1)";
    tx.execute(DELETE, values![room.0]).await?;
    Ok(())
}

/// What waits for a device, oldest first: room, entry, and how many bytes it is.
pub(super) async fn waiting(
    from: &mut impl Read,
    device: DeviceId,
    limit: i64,
) -> Result<Vec<(RoomId, u64, u64)>, StoreError> {
    const SELECT: &str = "SELECT w.room, w.seq, CAST(LENGTH(x.welcome) + LENGTH(x.tree) AS BIGINT)
        FROM rooms_waiting w JOIN rooms_welcomes x ON x.room = w.room AND x.seq = w.seq
        WHERE w.device = $1 ORDER BY w.at, w.room LIMIT $2";
    let one = |row: &Row| Ok((RoomId(row.fixed(0)?), row.count(1)?, row.count(2)?));
    from.rows(SELECT, values![device.0, limit]).await?.iter().map(one).collect()
}

/// One welcome.
pub(super) async fn find(
    from: &mut impl Read,
    room: RoomId,
    seq: u64,
) -> Result<Option<api::Welcome>, StoreError> {
    const SELECT: &str = "SELECT head, welcome, tree FROM rooms_welcomes WHERE room = $1 AND seq = $2";
    let Some(row) = from.row(SELECT, values![room.0, seq]).await? else { return Ok(None) };
    let (head, welcome, tree) = (Digest(row.fixed(0)?), Opaque(row.bytes(1)?), Opaque(row.bytes(2)?));
    Ok(Some(api::Welcome { room, seq, head, welcome, tree }))
}
