//! The SQL of the room log. No other duty names this table.

use std::collections::HashMap;

use chancery_floor::{
    store::{Read, Row, Rows, StoreError, Tx, Value},
    values,
};
use chancery_wire::{
    frames::Kind,
    ids::{DeviceId, Digest, RoomId, SubmissionId},
    time::Instant,
};

/// Where a submission stands in a room's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The room.
    pub room: RoomId,
    /// The place.
    pub seq: u64,
    /// What the body is.
    pub kind: Kind,
    /// When it was accepted.
    pub at: Instant,
    /// The submission it came from.
    pub id: SubmissionId,
    /// The chain head after it.
    pub head: Digest,
    /// The digest of the body.
    pub digest: Digest,
}

/// One line of the log, with its body.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// Where it stands.
    pub place: Place,
    /// The body; `None` once it was deleted.
    pub body: Option<Vec<u8>>,
}

/// Appends lines; returns how many places were free. When one was not, nothing may be committed.
pub(crate) async fn append<'a>(
    tx: &mut Tx,
    lines: impl Iterator<Item = (DeviceId, &'a Place, &'a [u8])>,
) -> Result<u64, StoreError> {
    const INSERT: Rows = Rows {
        head: "INSERT INTO rooms_log (room, seq, kind, at, device, submission, head, digest, body) VALUES",
        columns: 9,
        tail: "ON CONFLICT DO NOTHING",
    };
    let mut values: Vec<Value> = Vec::new();
    for (device, it, body) in lines {
        let kind = i64::from(it.kind as u8);
        values.extend(values![
            it.room.0,
            it.seq,
            kind,
            it.at.0,
            device.0,
            it.id.0,
            it.head.0,
            it.digest.0,
            body
        ]);
    }
    tx.execute_rows(INSERT, values).await
}

fn place(row: &Row, room: RoomId) -> Result<Place, StoreError> {
    let unknown = || StoreError::Failed("a kind of entry nobody knows".to_owned());
    Ok(Place {
        room,
        seq: row.count(0)?,
        kind: Kind::from_number(row.integer(1)?).ok_or_else(unknown)?,
        at: Instant(row.integer(2)?),
        id: SubmissionId(row.fixed(3)?),
        head: Digest(row.fixed(4)?),
        digest: Digest(row.fixed(5)?),
    })
}

/// Which of these submissions were accepted before, and where.
pub(crate) async fn repeats(
    from: &mut impl Read,
    asked: &[(DeviceId, SubmissionId)],
) -> Result<HashMap<(DeviceId, SubmissionId), Place>, StoreError> {
    const SELECT: Rows = Rows {
        head: "SELECT l.seq, l.kind, l.at, l.submission, l.head, l.digest, l.device, l.room FROM (VALUES",
        columns: 2,
        tail: ") AS asked JOIN rooms_log l ON l.device = asked.column1 AND l.submission = asked.column2",
    };
    let mut found = HashMap::new();
    // One statement takes 512 at most; see `Rows`.
    for some in asked.chunks(512) {
        let values = some.iter().flat_map(|(device, id)| values![device.0, id.0]).collect();
        for row in from.list(SELECT, values).await? {
            let place = place(&row, RoomId(row.fixed(7)?))?;
            found.insert((DeviceId(row.fixed(6)?), place.id), place);
        }
    }
    Ok(found)
}

/// The last entry of a room.
pub(crate) async fn last(from: &mut impl Read, room: RoomId) -> Result<u64, StoreError> {
    let row =
        from.row("SELECT COALESCE(MAX(seq), 0) FROM rooms_log WHERE room = $1", values![room.0]).await?;
    row.map_or(Ok(0), |row| row.count(0))
}

/// The lines after `after` up to `upto`: at most `limit`, and no more once there are `enough` bytes of bodies.
pub(crate) async fn page(
    from: &mut impl Read,
    room: RoomId,
    (after, upto): (u64, u64),
    (limit, enough): (u32, usize),
) -> Result<Vec<Line>, StoreError> {
    const SELECT: &str = "SELECT seq, kind, at, submission, head, digest, body FROM rooms_log
        WHERE room = $1 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT $4";
    let (mut lines, mut bytes) = (Vec::new(), 0);
    let each = |row: Row| {
        let line = Line { place: place(&row, room)?, body: row.bytes_if_any(6)? };
        bytes += line.body.as_ref().map_or(0, Vec::len);
        lines.push(line);
        Ok(bytes < enough)
    };
    from.each(SELECT, values![room.0, after, upto, i64::from(limit)], each).await?;
    Ok(lines)
}

/// Deletes the bodies after `after` up to `upto`; returns how many.
pub(crate) async fn forget(tx: &mut Tx, room: RoomId, after: u64, upto: u64) -> Result<u64, StoreError> {
    const UPDATE: &str = "UPDATE rooms_log SET body = NULL
        WHERE room = $1 AND seq > $2 AND seq <= $3 AND body IS NOT NULL";
    tx.execute(UPDATE, values![room.0, after, upto]).await
}

/// Deletes up to `limit` bodies that were accepted before `before`, oldest first; returns how many.
pub(crate) async fn expire(tx: &mut Tx, before: Instant, limit: u32) -> Result<u64, StoreError> {
    const UPDATE: &str = "UPDATE rooms_log SET body = NULL WHERE (room, seq) IN
        (SELECT room, seq FROM rooms_log WHERE body IS NOT NULL AND at < $1 ORDER BY at LIMIT $2)";
    tx.execute(UPDATE, values![before.0, i64::from(limit)]).await
}
