//! The SQL of delivery. No other duty names this table.

use chancery_floor::{
    store::{Migration, Read, Row, Rows, StoreError, Tx},
    values,
};
use chancery_wire::ids::{DeviceId, RoomId};

pub(crate) const MIGRATIONS: &[Migration] =
    &[Migration { name: "delivery/0001_cursors", sql: include_str!("migrations/0001_cursors.sql") }];

/// How far the devices of a room have acknowledged it.
pub(super) async fn cursors(from: &mut impl Read, room: RoomId) -> Result<Vec<(DeviceId, u64)>, StoreError> {
    const SELECT: &str = "SELECT device, acknowledged FROM delivery_cursors WHERE room = $1";
    let one = |row: &Row| Ok((DeviceId(row.fixed(0)?), row.count(1)?));
    from.rows(SELECT, values![room.0]).await?.iter().map(one).collect()
}

/// Moves cursors on; none moves back.
pub(super) async fn move_on(tx: &mut Tx, cursors: &[(RoomId, DeviceId, u64)]) -> Result<(), StoreError> {
    const UPSERT: Rows = Rows {
        head: "INSERT INTO delivery_cursors (room, device, acknowledged) VALUES",
        columns: 3,
        tail: "ON CONFLICT (room, device) DO UPDATE SET acknowledged = excluded.acknowledged
            WHERE excluded.acknowledged > delivery_cursors.acknowledged",
    };
    let row = |(room, device, seq): &(RoomId, DeviceId, u64)| values![room.0, device.0, *seq];
    tx.execute_rows(UPSERT, cursors.iter().flat_map(row).collect()).await?;
    Ok(())
}
