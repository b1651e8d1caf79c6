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
    Migration { name: "signin/0005_used", sql: include_str!("migrations/0005_used.sql") },
];

/// How many sessions a device has at most; a new one ends the oldest.
const SESSIONS: i64 = 16;

/// After how many seconds without a request roles go down.
const IDLE: i64 = 900;
/// How many seconds of those the last use may lie back before the next one is written down.
const OFTEN: i64 = 60;

/// A session as it is kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kept {
    pub session: SessionId,
    pub device: DeviceId,
    pub opened: Instant,
    pub until: Instant,
    /// Until when the roles of the account are taken up in it, if they were.
    pub elevated: Option<Instant>,
    /// When something was asked last while they were, to the minute.
    pub used: Option<Instant>,
    /// Whether it is good where the organisation is looked after, and nowhere else.
    pub administration: bool,
}

impl Kept {
    /// Whether the roles of the account are up in it: they were taken up, and it was in use since. Once down, they stay so.
    pub(super) fn is_up(&self, now: Instant) -> bool {
        let in_use = self.used.is_some_and(|used| now < used.plus_seconds(IDLE));
        in_use && self.elevated.is_some_and(|until| now < until)
    }

    /// Whether it is to be written down that it is in use.
    pub(super) fn is_to_be_used(&self, now: Instant) -> bool {
        self.is_up(now) && self.used.is_some_and(|used| used.plus_seconds(OFTEN) <= now)
    }
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
    const SELECT: &str = "SELECT session, device, opened_at, until, elevated, used, administration
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
        "SELECT session, device, opened_at, until, elevated, used, administration FROM signin_sessions
        WHERE device = $1 AND until > $2 ORDER BY opened_at DESC, session";
    from.rows(SELECT, values![device.0, now.0]).await?.iter().map(kept).collect()
}

fn kept(row: &Row) -> Result<Kept, StoreError> {
    let (session, device) = (SessionId(row.fixed(0)?), DeviceId(row.fixed(1)?));
    let (opened, until) = (Instant(row.integer(2)?), Instant(row.integer(3)?));
    let (elevated, used) = (row.integer_if_any(4)?.map(Instant), row.integer_if_any(5)?.map(Instant));
    Ok(Kept { session, device, opened, until, elevated, used, administration: row.flag(6)? })
}

/// The roles of the account are taken up in a session until then; `false` where there is none.
pub(super) async fn elevate(
    tx: &mut Tx,
    session: SessionId,
    (at, until): (Instant, Instant),
) -> Result<bool, StoreError> {
    const UPDATE: &str = "UPDATE signin_sessions SET elevated = $2, used = $3 WHERE session = $1";
    Ok(tx.execute(UPDATE, values![session.0, until.0, at.0]).await? == 1)
}

/// Something is asked in a session in which roles are up; `false` where another request has just said so, or they are down by now.
pub(super) async fn mark_used(tx: &mut Tx, session: SessionId, at: Instant) -> Result<bool, StoreError> {
    const UPDATE: &str =
        "UPDATE signin_sessions SET used = $2 WHERE session = $1 AND used <= $3 AND used > $4";
    let (often, idle) = (at.plus_seconds(-OFTEN), at.plus_seconds(-IDLE));
    Ok(tx.execute(UPDATE, values![session.0, at.0, often.0, idle.0]).await? == 1)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(elevated: Option<i64>, used: Option<i64>) -> Kept {
        let [elevated, used] = [elevated, used].map(|at| at.map(|seconds| Instant(seconds * 1000)));
        let (session, device) = (SessionId([1; 16]), DeviceId([2; 16]));
        Kept {
            session,
            device,
            opened: Instant(0),
            until: Instant(i64::MAX),
            elevated,
            used,
            administration: false,
        }
    }

    #[test]
    fn roles_go_down_after_a_quarter_of_an_hour_without_a_request() {
        let at = |seconds: i64| Instant(seconds * 1000);
        let taken_up = kept(Some(3600), Some(0));
        assert!(taken_up.is_up(at(0)) && taken_up.is_up(at(899)));
        assert!(!taken_up.is_up(at(900)), "for too long");
        assert!(!kept(Some(3600), Some(3000)).is_up(at(3600)), "in use, and their time is over");
        assert!(!kept(None, Some(0)).is_up(at(1)) && !kept(Some(3600), None).is_up(at(1)), "never taken up");
    }

    #[test]
    fn what_is_asked_keeps_them_up_and_does_not_take_them_up() {
        let (at, taken_up) = (|seconds: i64| Instant(seconds * 1000), kept(Some(3600), Some(0)));
        let writes = [0, 59, 60, 899, 900, 901].map(|seconds| taken_up.is_to_be_used(at(seconds)));
        assert_eq!(writes, [false, false, true, true, false, false]);
    }
}
