//! The SQL of sign-in. No other duty names this table.

use chancery_floor::{
    bus::Notice,
    store::{Migration, Read, Row, StoreError, Tx},
    values,
};
use chancery_wire::{
    ids::{DeviceId, Digest, SessionId},
    time::Instant,
};

pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration { name: "signin/0001_sessions", sql: include_str!("migrations/0001_sessions.sql") },
    Migration { name: "signin/0002_opened", sql: include_str!("migrations/0002_opened.sql") },
    Migration { name: "signin/0003_elevated", sql: include_str!("migrations/0003_elevated.sql") },
    Migration { name: "signin/0004_administration", sql: include_str!("migrations/0004_administration.sql") },
];

/// How many sessions a device has at most; a new one ends the oldest.
const SESSIONS: i64 = 16;

/// A session as it is kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kept {
    pub session: SessionId,
    pub device: DeviceId,
    pub opened: Instant,
    pub until: Instant,
    /// Until when the roles of the account are taken up in it, if they were.
    pub elevated: Option<Instant>,
    /// Whether it is good where the organisation is looked after, and nowhere else.
    pub administration: bool,
}

/// Keeps a session under the hash of its token, and ends the oldest when there are too many.
pub(crate) async fn open(tx: &mut Tx, token: Digest, it: Kept) -> Result<(), StoreError> {
    const INSERT: &str =
        "INSERT INTO signin_sessions (token, session, device, opened_at, until, administration)
        VALUES ($1, $2, $3, $4, $5, $6)";
    const TRIM: &str = "DELETE FROM signin_sessions WHERE device = $1 AND token NOT IN
        (SELECT token FROM signin_sessions WHERE device = $1 ORDER BY opened_at DESC, token = $3 DESC, token LIMIT $2)";
    let values =
        values![token.0, it.session.0, it.device.0, it.opened.0, it.until.0, i64::from(it.administration)];
    tx.execute(INSERT, values).await?;
    tx.execute(TRIM, values![it.device.0, SESSIONS, token.0]).await?;
    Ok(())
}

/// The session whose token has this hash.
pub(crate) async fn find(from: &mut impl Read, token: Digest) -> Result<Option<Kept>, StoreError> {
    const SELECT: &str = "SELECT session, device, opened_at, until, elevated, administration
        FROM signin_sessions WHERE token = $1";
    from.row(SELECT, values![token.0]).await?.as_ref().map(kept).transpose()
}

/// The sessions of a device that have not run out, the newest first.
pub(crate) async fn of(
    from: &mut impl Read,
    device: DeviceId,
    now: Instant,
) -> Result<Vec<Kept>, StoreError> {
    const SELECT: &str =
        "SELECT session, device, opened_at, until, elevated, administration FROM signin_sessions
        WHERE device = $1 AND until > $2 ORDER BY opened_at DESC, session";
    from.rows(SELECT, values![device.0, now.0]).await?.iter().map(kept).collect()
}

fn kept(row: &Row) -> Result<Kept, StoreError> {
    let (session, device) = (SessionId(row.fixed(0)?), DeviceId(row.fixed(1)?));
    let (opened, until) = (Instant(row.integer(2)?), Instant(row.integer(3)?));
    let elevated = row.integer_if_any(4)?.map(Instant);
    Ok(Kept { session, device, opened, until, elevated, administration: row.flag(5)? })
}

/// The roles of the account are taken up in a session until then; `false` where there is none.
pub(super) async fn elevate(tx: &mut Tx, session: SessionId, until: Instant) -> Result<bool, StoreError> {
    const UPDATE: &str = "UPDATE signin_sessions SET elevated = $2 WHERE session = $1";
    Ok(tx.execute(UPDATE, values![session.0, until.0]).await? == 1)
}

/// Ends one session; answers whose it was, or nothing when there is none.
pub(crate) async fn close(tx: &mut Tx, session: SessionId) -> Result<Option<DeviceId>, StoreError> {
    const DELETE: &str = "DELETE FROM signin_sessions WHERE session = $1 RETURNING device";
    let row = tx.row(DELETE, values![session.0]).await?;
    let device = row.map(|row| Ok(DeviceId(row.fixed(0)?))).transpose()?;
    tx.announce(Notice::Closed(device.into_iter().collect()));
    Ok(device)
}

/// Ends all sessions of a device; returns how many.
pub(crate) async fn end(tx: &mut Tx, device: DeviceId) -> Result<u64, StoreError> {
    tx.announce(Notice::Closed(vec![device]));
    tx.execute("DELETE FROM signin_sessions WHERE device = $1", values![device.0]).await
}

/// Deletes sessions that ran out; returns how many.
pub(crate) async fn expire(tx: &mut Tx, now: Instant) -> Result<u64, StoreError> {
    tx.execute("DELETE FROM signin_sessions WHERE until <= $1", values![now.0]).await
}
