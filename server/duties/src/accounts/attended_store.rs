//! The SQL of accounts for which others answer, programs' and guests': who does, and until when they are good.

use std::collections::HashMap;

use chancery_floor::{
    store::{Read, Row, StoreError, Tx},
    values,
};
use chancery_transparency::{Attended, Guest};
use chancery_wire::{ids::RoomId, names::Handle, time::Instant};

/// Who answers for which account, by the terms that are in force: the owners of programs, and the sponsors of guests.
pub(crate) async fn attended(from: &mut impl Read) -> Result<HashMap<Handle, Attended>, StoreError> {
    const SELECT: &str =
        "SELECT handle, COALESCE(hosted_by, attended_by), COALESCE(hosted_until, good_until),
            COALESCE(hosted_rooms, guest_rooms) FROM accounts WHERE attended_by IS NOT NULL";
    from.rows(SELECT, vec![]).await?.iter().map(one).collect()
}

/// Who answers for one account, and for whoever does, and so on: nobody, for most.
pub(crate) async fn attended_by(
    from: &mut impl Read,
    handle: &Handle,
) -> Result<HashMap<Handle, Attended>, StoreError> {
    const SELECT: &str =
        "SELECT handle, COALESCE(hosted_by, attended_by), COALESCE(hosted_until, good_until),
            COALESCE(hosted_rooms, guest_rooms) FROM accounts WHERE handle = $1 AND attended_by IS NOT NULL";
    let (mut all, mut who) = (HashMap::new(), handle.clone());
    while let Some(row) = from.row(SELECT, values![who.as_str()]).await? {
        let (handle, attended) = one(&row)?;
        who = attended.owner.clone();
        if all.insert(handle, attended).is_some() {
            break;
        }
    }
    Ok(all)
}

fn one(row: &Row) -> Result<(Handle, Attended), StoreError> {
    let owner: Handle = row.parsed(1)?;
    let until = row.integer_if_any(2)?.map(Instant);
    Ok((row.parsed(0)?, Attended { owner: owner.clone(), guest: guest(row, owner, (2, 3))?, until }))
}

/// The terms of a guest, where the account is one's.
pub(super) fn guest(
    row: &Row,
    sponsor: Handle,
    (until, rooms): (usize, usize),
) -> Result<Option<Guest>, StoreError> {
    let (Some(until), Some(rooms)) = (row.integer_if_any(until)?, row.text_if_any(rooms)?) else {
        return Ok(None);
    };
    let rooms: Result<Vec<RoomId>, _> = rooms.split(' ').map(str::parse).collect();
    let rooms = rooms.map_err(|_| StoreError::Failed("a stored room does not parse".to_owned()))?;
    Ok(Some(Guest { sponsor, rooms, until: Instant(until) }))
}

/// Rooms as they are kept.
pub(super) fn list(rooms: &[RoomId]) -> String {
    rooms.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// Keeps the terms on which a guest takes part from now on; `false` where they are so.
pub(crate) async fn host(tx: &mut Tx, handle: &Handle, terms: &Guest) -> Result<bool, StoreError> {
    const UPDATE: &str =
        "UPDATE accounts SET hosted_by = $2, hosted_until = $3, hosted_rooms = $4, ran_out = 0
        WHERE handle = $1 AND guest_rooms IS NOT NULL
        AND (hosted_by IS NULL OR hosted_by <> $2 OR hosted_until <> $3 OR hosted_rooms <> $4)";
    let values = values![handle.as_str(), terms.sponsor.as_str(), terms.until.0, list(&terms.rooms).as_str()];
    Ok(tx.execute(UPDATE, values).await? == 1)
}

/// The accounts whose time is over, where nothing has been done about it yet.
pub(crate) async fn run_out(from: &mut impl Read, now: Instant) -> Result<Vec<Handle>, StoreError> {
    const SELECT: &str = "SELECT handle FROM accounts WHERE good_until IS NOT NULL AND ran_out = 0
        AND COALESCE(hosted_until, good_until) <= $1 ORDER BY handle";
    from.rows(SELECT, values![now.0]).await?.iter().map(|row| row.parsed(0)).collect()
}

/// Something is done about it that the time of an account is over.
pub(crate) async fn is_out(tx: &mut Tx, handle: &Handle, now: Instant) -> Result<bool, StoreError> {
    const UPDATE: &str = "UPDATE accounts SET ran_out = 1
        WHERE handle = $1 AND COALESCE(hosted_until, good_until) <= $2 AND ran_out = 0";
    Ok(tx.execute(UPDATE, values![handle.as_str(), now.0]).await? == 1)
}
