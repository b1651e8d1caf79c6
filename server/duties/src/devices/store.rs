//! The SQL of devices. No other duty names this table.

use chancery_floor::{
    store::{Migration, Read, Rows, StoreError, Tx},
    values,
};
use chancery_wire::{
    ids::{DeviceId, Digest, LinkingId},
    time::Instant,
};

pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration { name: "devices/0001_devices", sql: include_str!("migrations/0001_devices.sql") },
    Migration { name: "devices/0002_linkings", sql: include_str!("migrations/0002_linkings.sql") },
    Migration { name: "devices/0003_links", sql: include_str!("migrations/0003_links.sql") },
];

/// A key package as it is kept.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub reference: Digest,
    pub last_resort: bool,
    pub until: Instant,
    pub package: Vec<u8>,
}

/// Keeps key packages; one that is kept already stays as it is.
pub(crate) async fn keep(tx: &mut Tx, device: DeviceId, packages: &[Kept]) -> Result<(), StoreError> {
    const INSERT: Rows = Rows {
        head: "INSERT INTO devices_key_packages (device, reference, last_resort, until, package) VALUES",
        columns: 5,
        tail: "ON CONFLICT (device, reference) DO NOTHING",
    };
    let row = |it: &Kept| values![device.0, it.reference.0, it.last_resort, it.until.0, it.package.clone()];
    tx.execute_rows(INSERT, packages.iter().flat_map(row).collect()).await?;
    Ok(())
}

/// Deletes the last resort, to make place for a new one.
pub(crate) async fn drop_last_resort(tx: &mut Tx, device: DeviceId) -> Result<(), StoreError> {
    const DELETE: &str = "DELETE FROM devices_key_packages WHERE device = $1 AND last_resort = 1";
    tx.execute(DELETE, values![device.0]).await?;
    Ok(())
}

/// How many key packages for one use a device has that can still be used.
pub(crate) async fn stock(from: &mut impl Read, device: DeviceId, now: Instant) -> Result<i64, StoreError> {
    const COUNT: &str =
        "SELECT COUNT(*) FROM devices_key_packages WHERE device = $1 AND last_resort = 0 AND until > $2";
    let row = from.row(COUNT, values![device.0, now.0]).await?;
    row.map_or(Ok(0), |row| row.integer(0))
}

/// Takes the next key package of a device: one for one use, which is deleted, where there is one and `fresh` allows it; otherwise the
/// last resort, which stays.
pub(crate) async fn take(
    tx: &mut Tx,
    device: DeviceId,
    fresh: bool,
    now: Instant,
) -> Result<Option<Kept>, StoreError> {
    const NEXT: &str = "SELECT reference, last_resort, until, package FROM devices_key_packages
        WHERE device = $1 AND until > $2 AND last_resort >= $3 ORDER BY last_resort, until, reference LIMIT 1";
    const DELETE: &str = "DELETE FROM devices_key_packages WHERE device = $1 AND reference = $2";
    let Some(row) = tx.row(NEXT, values![device.0, now.0, !fresh]).await? else { return Ok(None) };
    let (reference, last_resort) = (Digest(row.fixed(0)?), row.flag(1)?);
    if !last_resort {
        tx.execute(DELETE, values![device.0, reference.0]).await?;
    }
    Ok(Some(Kept { reference, last_resort, until: Instant(row.integer(2)?), package: row.bytes(3)? }))
}

/// Keeps a new meeting; `false` when its id is taken.
pub(crate) async fn meet(
    tx: &mut Tx,
    (id, by): (LinkingId, DeviceId),
    links: bool,
    until: Instant,
) -> Result<bool, StoreError> {
    const INSERT: &str = "INSERT INTO devices_linkings (id, device, until, links) VALUES ($1, $2, $3, $4)
        ON CONFLICT (id) DO NOTHING";
    Ok(tx.execute(INSERT, values![id.0, by.0, until.0, links]).await? == 1)
}

/// Uses up a meeting of a device in which it may link another one; `false` when it holds none.
pub(crate) async fn links(tx: &mut Tx, device: DeviceId, now: Instant) -> Result<bool, StoreError> {
    const USE: &str = "UPDATE devices_linkings SET links = 0 WHERE id =
        (SELECT id FROM devices_linkings WHERE device = $1 AND until > $2 AND links = 1 ORDER BY until, id LIMIT 1)";
    Ok(tx.execute(USE, values![device.0, now.0]).await? == 1)
}

/// What was said in a meeting, in order; nothing when there is no such meeting, or it is over.
pub(crate) async fn parts(
    from: &mut impl Read,
    id: LinkingId,
    now: Instant,
) -> Result<Option<Vec<Vec<u8>>>, StoreError> {
    const OPEN: &str = "SELECT until FROM devices_linkings WHERE id = $1 AND until > $2";
    const PARTS: &str = "SELECT part FROM devices_linking_parts WHERE id = $1 ORDER BY number";
    if from.row(OPEN, values![id.0, now.0]).await?.is_none() {
        return Ok(None);
    }
    let parts = from.rows(PARTS, values![id.0]).await?;
    parts.iter().map(|row| row.bytes(0)).collect::<Result<_, _>>().map(Some)
}

/// Keeps a part of a meeting.
pub(crate) async fn say(tx: &mut Tx, id: LinkingId, number: u8, part: &[u8]) -> Result<(), StoreError> {
    const INSERT: &str = "INSERT INTO devices_linking_parts (id, number, part) VALUES ($1, $2, $3)";
    tx.execute(INSERT, values![id.0, i64::from(number), part]).await?;
    Ok(())
}

/// Deletes meetings that are over; returns how many.
pub(crate) async fn expire_meetings(tx: &mut Tx, now: Instant) -> Result<u64, StoreError> {
    tx.execute("DELETE FROM devices_linkings WHERE until <= $1", values![now.0]).await
}

/// Deletes what ran out, of all devices; returns how many.
pub(crate) async fn expire(tx: &mut Tx, now: Instant) -> Result<u64, StoreError> {
    tx.execute("DELETE FROM devices_key_packages WHERE until <= $1", values![now.0]).await
}
