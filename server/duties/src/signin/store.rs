//! The SQL of sign-in. No other duty names this table.

use chancery_floor::{
    store::{Migration, Read, StoreError, Tx},
    values,
};
use chancery_wire::{
    ids::{DeviceId, Digest, SessionId},
    time::Instant,
};

pub(crate) const MIGRATIONS: &[Migration] =
    &[Migration { name: "signin/0001_sessions", sql: include_str!("migrations/0001_sessions.sql") }];

/// How many sessions a device has at most; a new one ends the oldest.
const SESSIONS: i64 = 16;

/// A session as it is kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kept {
    pub session: SessionId,
    pub device: DeviceId,
    pub until: Instant,
}

/// Keeps a session under the hash of its token, and ends the oldest when there are too many.
pub(crate) async fn open(tx: &mut Tx, token: Digest, it: Kept) -> Result<(), StoreError> {
    const INSERT: &str =
        "INSERT INTO signin_sessions (token, session, device, until) VALUES ($1, $2, $3, $4)";
    const TRIM: &str = "DELETE FROM signin_sessions WHERE device = $1 AND token NOT IN
        (SELECT token FROM signin_sessions WHERE device = $1 ORDER BY until DESC, token LIMIT $2)";
    tx.execute(INSERT, values![token.0, it.session.0, it.device.0, it.until.0]).await?;
    tx.execute(TRIM, values![it.device.0, SESSIONS]).await?;
    Ok(())
}

/// The session whose token has this hash.
pub(crate) async fn find(from: &mut impl Read, token: Digest) -> Result<Option<Kept>, StoreError> {
    const SELECT: &str = "SELECT session, device, until FROM signin_sessions WHERE token = $1";
    let Some(row) = from.row(SELECT, values![token.0]).await? else { return Ok(None) };
    let (session, device) = (SessionId(row.fixed(0)?), DeviceId(row.fixed(1)?));
    Ok(Some(Kept { session, device, until: Instant(row.integer(2)?) }))
}

/// Ends all sessions of a device; returns how many.
pub(crate) async fn end(tx: &mut Tx, device: DeviceId) -> Result<u64, StoreError> {
    tx.execute("DELETE FROM signin_sessions WHERE device = $1", values![device.0]).await
}

/// Deletes sessions that ran out; returns how many.
pub(crate) async fn expire(tx: &mut Tx, now: Instant) -> Result<u64, StoreError> {
    tx.execute("DELETE FROM signin_sessions WHERE until <= $1", values![now.0]).await
}
