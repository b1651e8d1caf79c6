//! The SQL of rooms and who is in them. No other duty names these tables.

use std::collections::BTreeMap;

use chancery_floor::{
    store::{Migration, Read, Row, Rows, StoreError, Tx},
    values,
};
use chancery_trail::room_start;
use chancery_wire::{
    ids::{DeviceId, Digest, RoomId},
    time::Instant,
};

use super::model::{Member, Reach, Standing};

pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration { name: "rooms/0001_rooms", sql: include_str!("migrations/0001_rooms.sql") },
    Migration { name: "rooms/0002_apart", sql: include_str!("migrations/0002_apart.sql") },
    Migration { name: "rooms/0003_leaving", sql: include_str!("migrations/0003_leaving.sql") },
];

/// A room as it is opened.
#[derive(Debug)]
pub(crate) struct New {
    pub room: RoomId,
    pub by: DeviceId,
    pub opening: Digest,
    pub at: Instant,
    pub group_info: Vec<u8>,
    pub face: Vec<u8>,
}

/// Keeps a new room; `false` when its id is taken.
pub(super) async fn insert(tx: &mut Tx, it: New) -> Result<bool, StoreError> {
    const INSERT: &str = "INSERT INTO rooms
        (room, opened_by, opening, opened_at, epoch, handshake, group_info, face)
        VALUES ($1, $2, $3, $4, 0, 0, $5, $6) ON CONFLICT (room) DO NOTHING";
    let values = values![it.room.0, it.by.0, it.opening.0, it.at.0, it.group_info, it.face];
    Ok(tx.execute(INSERT, values).await? == 1)
}

/// Who opened a room, and with what.
pub(super) async fn opening(
    from: &mut impl Read,
    room: RoomId,
) -> Result<Option<(DeviceId, Digest)>, StoreError> {
    let row = from.row("SELECT opened_by, opening FROM rooms WHERE room = $1", values![room.0]).await?;
    row.map(|row| Ok((DeviceId(row.fixed(0)?), Digest(row.fixed(1)?)))).transpose()
}

/// Reads a standing out of five columns.
fn standing_in(row: &Row, room: RoomId, at: usize) -> Result<Standing, StoreError> {
    let head = row.bytes_if_any(at + 3)?.map(|head| Digest::from_slice(&head)).transpose();
    let head = head.map_err(|_| StoreError::Failed("a chain head has another length".to_owned()))?;
    Ok(Standing {
        epoch: row.count(at)?,
        handshake: row.count(at + 1)?,
        seq: row.count(at + 2)?,
        head: head.unwrap_or_else(|| room_start(room)),
        apart: row.flag(at + 4)?,
    })
}

/// Where a room stands, in one look.
pub(crate) async fn standing(from: &mut impl Read, room: RoomId) -> Result<Option<Standing>, StoreError> {
    const SELECT: &str = "SELECT r.epoch, r.handshake, COALESCE(l.seq, 0), l.head, r.apart
        FROM rooms r LEFT JOIN rooms_log l
        ON l.room = r.room AND l.seq = (SELECT MAX(seq) FROM rooms_log WHERE room = r.room)
        WHERE r.room = $1";
    from.row(SELECT, values![room.0]).await?.map(|row| standing_in(&row, room, 0)).transpose()
}

/// Where the rooms of a device stand.
pub(super) async fn standings(
    from: &mut impl Read,
    device: DeviceId,
) -> Result<Vec<(RoomId, Standing)>, StoreError> {
    const SELECT: &str = "SELECT r.room, r.epoch, r.handshake, COALESCE(l.seq, 0), l.head, r.apart
        FROM rooms_devices d JOIN rooms r ON r.room = d.room LEFT JOIN rooms_log l
        ON l.room = r.room AND l.seq = (SELECT MAX(seq) FROM rooms_log WHERE room = r.room)
        WHERE d.device = $1 AND d.removed IS NULL
        ORDER BY r.opened_at, r.room";
    let rows = from.rows(SELECT, values![device.0]).await?;
    let one = |row: &Row| {
        let room = RoomId(row.fixed(0)?);
        Ok((room, standing_in(row, room, 1)?))
    };
    rows.iter().map(one).collect()
}

/// A device has asked to leave a room.
pub(crate) async fn leaves(tx: &mut Tx, room: RoomId, device: DeviceId) -> Result<(), StoreError> {
    const UPDATE: &str =
        "UPDATE rooms_devices SET leaving = 1 WHERE room = $1 AND device = $2 AND removed IS NULL";
    tx.execute(UPDATE, values![room.0, device.0]).await.map(drop)
}

/// A room has moved on: who is still in it and had asked to leave asks again.
pub(crate) async fn stays(tx: &mut Tx, room: RoomId) -> Result<(), StoreError> {
    const UPDATE: &str = "UPDATE rooms_devices SET leaving = 0 WHERE room = $1 AND leaving = 1";
    tx.execute(UPDATE, values![room.0]).await.map(drop)
}

/// A room in which one of these devices, all of one account, is with one that is none of them; but for rooms that the account has asked to
/// leave, where it waits for others to take that in.
pub(crate) async fn meets_others(
    from: &mut impl Read,
    devices: &[DeviceId],
) -> Result<Option<RoomId>, StoreError> {
    const ROOMS: &str = "SELECT room, leaving FROM rooms_devices WHERE device = $1 AND removed IS NULL";
    const OTHERS: &str =
        "SELECT DISTINCT device FROM rooms_devices WHERE room = $1 AND removed IS NULL LIMIT $2";
    let mut rooms = BTreeMap::new();
    for device in devices {
        for row in from.rows(ROOMS, values![device.0]).await? {
            *rooms.entry(row.fixed::<16>(0)?).or_insert(false) |= row.flag(1)?;
        }
    }
    // One more than there are of them is somebody else's.
    let many = i64::try_from(devices.len()).unwrap_or(i64::MAX).saturating_add(1);
    for (room, _) in rooms.into_iter().filter(|(_, leaving)| !leaving) {
        for row in from.rows(OTHERS, values![room, many]).await? {
            if !devices.contains(&DeviceId(row.fixed(0)?)) {
                return Ok(Some(RoomId(room)));
            }
        }
    }
    Ok(None)
}

/// What comes back into a room is made of: its standing, group info and face, in one look.
pub(super) async fn whole(
    from: &mut impl Read,
    room: RoomId,
) -> Result<Option<(Standing, Vec<u8>, Vec<u8>)>, StoreError> {
    const SELECT: &str =
        "SELECT r.epoch, r.handshake, COALESCE(l.seq, 0), l.head, r.apart, r.group_info, r.face
        FROM rooms r LEFT JOIN rooms_log l
        ON l.room = r.room AND l.seq = (SELECT MAX(seq) FROM rooms_log WHERE room = r.room)
        WHERE r.room = $1";
    let Some(row) = from.row(SELECT, values![room.0]).await? else { return Ok(None) };
    Ok(Some((standing_in(&row, room, 0)?, row.bytes(5)?, row.bytes(6)?)))
}

/// A room's epoch, its last handshake, and its public face.
pub(crate) async fn face(
    from: &mut impl Read,
    room: RoomId,
) -> Result<Option<(u64, u64, Vec<u8>)>, StoreError> {
    let row = from.row("SELECT epoch, handshake, face FROM rooms WHERE room = $1", values![room.0]).await?;
    row.map(|row| Ok((row.count(0)?, row.count(1)?, row.bytes(2)?))).transpose()
}

/// What a handshake changes about a room.
#[derive(Debug)]
pub(crate) struct Next {
    /// The epoch after it.
    pub epoch: u64,
    /// The face after it.
    pub face: Vec<u8>,
    /// The group info of the new epoch, when there is one.
    pub group_info: Option<Vec<u8>>,
    /// Whether two are in it then who may not meet.
    pub apart: bool,
}

/// Moves a room on by the handshake at `seq`; `false` when it does not stand where the handshake was judged.
pub(crate) async fn advance(
    tx: &mut Tx,
    room: RoomId,
    (epoch, handshake): (u64, u64),
    seq: u64,
    next: &Next,
) -> Result<bool, StoreError> {
    const UPDATE: &str = "UPDATE rooms SET epoch = $4, handshake = $5, face = $6,
        group_info = COALESCE($7, group_info), apart = $8
        WHERE room = $1 AND epoch = $2 AND handshake = $3";
    let (face, info) = (next.face.clone(), next.group_info.clone());
    let values = values![room.0, epoch, handshake, next.epoch, seq, face, info, next.apart];
    Ok(tx.execute(UPDATE, values).await? == 1)
}

/// Whether a device is or was in a room in which one of these is or was.
pub(crate) async fn have_met(
    from: &mut impl Read,
    device: DeviceId,
    others: &[DeviceId],
) -> Result<bool, StoreError> {
    const SELECT: &str = "SELECT 1 FROM rooms_devices a JOIN rooms_devices b ON b.room = a.room
        WHERE a.device = $1 AND b.device = $2 LIMIT 1";
    for other in others {
        if from.row(SELECT, values![device.0, other.0]).await?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The rooms in which people are who may not meet.
pub(crate) async fn apart(from: &mut impl Read) -> Result<Vec<RoomId>, StoreError> {
    let rows = from.rows("SELECT room FROM rooms WHERE apart = 1 ORDER BY room", vec![]).await?;
    rows.iter().map(|row| row.fixed(0).map(RoomId)).collect()
}

/// Writes down whether people are in a room who may not meet; `false` where that is known.
pub(crate) async fn set_apart(tx: &mut Tx, room: RoomId, apart: bool) -> Result<bool, StoreError> {
    const UPDATE: &str = "UPDATE rooms SET apart = $2 WHERE room = $1 AND apart <> $2";
    Ok(tx.execute(UPDATE, values![room.0, apart]).await? == 1)
}

/// The devices that are in a room.
pub(crate) async fn members(from: &mut impl Read, room: RoomId) -> Result<Vec<Member>, StoreError> {
    const SELECT: &str = "SELECT d.device, d.joined, COALESCE(w.seq, 0) FROM rooms_devices d
        LEFT JOIN rooms_waiting w ON w.room = d.room AND w.device = d.device
        WHERE d.room = $1 AND d.removed IS NULL";
    let member = |row: &Row| {
        let (device, joined) = (DeviceId(row.fixed(0)?), row.count(1)?);
        Ok(Member { device, joined, waits: row.integer(2)? != 0 })
    };
    from.rows(SELECT, values![room.0]).await?.iter().map(member).collect()
}

/// Devices that were removed from a room, while the commit that did it is kept for somebody. Others have had it, or never
/// will.
pub(crate) async fn missed(from: &mut impl Read, room: RoomId) -> Result<Vec<(DeviceId, Reach)>, StoreError> {
    const SELECT: &str = "SELECT d.device, d.joined, d.removed FROM rooms_devices d
        JOIN rooms_log l ON l.room = d.room AND l.seq = d.removed
        WHERE d.room = $1 AND l.body IS NOT NULL ORDER BY d.joined";
    let one = |row: &Row| {
        Ok((DeviceId(row.fixed(0)?), Reach { joined: row.count(1)?, removed: Some(row.count(2)?) }))
    };
    from.rows(SELECT, values![room.0]).await?.iter().map(one).collect()
}

/// How far a device reaches into a room; `None` when it never did, or there is no such room.
pub(crate) async fn reach(
    from: &mut impl Read,
    room: RoomId,
    device: DeviceId,
) -> Result<Option<Reach>, StoreError> {
    const SELECT: &str = "SELECT joined, COALESCE(removed, -1) FROM rooms_devices
        WHERE room = $1 AND device = $2 ORDER BY joined DESC LIMIT 1";
    from.row(SELECT, values![room.0, device.0]).await?.map(|row| reach_in(&row)).transpose()
}

/// Which part of a room's log is for a device that has everything up to `after`. Who was removed and added again reads the
/// former part to its end first.
pub(crate) async fn part(
    from: &mut impl Read,
    room: RoomId,
    device: DeviceId,
    after: u64,
) -> Result<Option<Reach>, StoreError> {
    const SELECT: &str = "SELECT joined, COALESCE(removed, -1) FROM rooms_devices
        WHERE room = $1 AND device = $2 AND (removed IS NULL OR removed > $3) ORDER BY joined LIMIT 1";
    from.row(SELECT, values![room.0, device.0, after]).await?.map(|row| reach_in(&row)).transpose()
}

fn reach_in(row: &Row) -> Result<Reach, StoreError> {
    Ok(Reach { joined: row.count(0)?, removed: u64::try_from(row.integer(1)?).ok() })
}

/// Puts devices into a room, from the entry `joined` on.
pub(crate) async fn put_in(
    tx: &mut Tx,
    room: RoomId,
    joined: u64,
    devices: &[DeviceId],
) -> Result<(), StoreError> {
    const INSERT: Rows = Rows {
        head: "INSERT INTO rooms_devices (room, device, joined) VALUES",
        columns: 3,
        tail: "ON CONFLICT (room, device, joined) DO NOTHING",
    };
    // Whoever is replaced by the same change was in the room up to here.
    const CLOSE: &str = "UPDATE rooms_devices SET removed = $3
        WHERE room = $1 AND device = $2 AND removed IS NULL AND joined < $3";
    for device in devices {
        tx.execute(CLOSE, values![room.0, device.0, joined]).await?;
    }
    let row = |device: &DeviceId| values![room.0, device.0, joined];
    tx.execute_rows(INSERT, devices.iter().flat_map(row).collect()).await?;
    Ok(())
}

/// Takes devices out of a room, from the entry `removed` on, with the welcomes they had not used.
pub(crate) async fn take_out(
    tx: &mut Tx,
    room: RoomId,
    removed: u64,
    devices: &[DeviceId],
) -> Result<(), StoreError> {
    const UPDATE: &str = "UPDATE rooms_devices SET removed = $3
        WHERE room = $1 AND device = $2 AND removed IS NULL";
    for device in devices {
        tx.execute(UPDATE, values![room.0, device.0, removed]).await?;
        super::joined(tx, room, *device).await?;
    }
    Ok(())
}
