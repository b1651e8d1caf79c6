//! The SQL of the charter. No other duty names these tables.

use std::collections::{BTreeMap, BTreeSet};

use chancery_floor::{
    store::{Migration, Read, StoreError, Tx},
    values,
};
use chancery_transparency::Permission;
use chancery_wire::{ids::AmendmentId, names::Handle, time::Instant};

pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration { name: "charter/0001_charter", sql: include_str!("migrations/0001_charter.sql") },
    Migration { name: "charter/0002_uses", sql: include_str!("migrations/0002_uses.sql") },
    Migration { name: "charter/0003_requests", sql: include_str!("migrations/0003_requests.sql") },
];

/// How many amendments are read at once.
pub(super) const PAGE: usize = 256;

/// How many amendments there are.
pub(super) async fn number(from: &mut impl Read) -> Result<u64, StoreError> {
    const SELECT: &str = "SELECT number FROM charter_amendments ORDER BY number DESC LIMIT 1";
    from.row(SELECT, vec![]).await?.map_or(Ok(0), |row| row.count(0))
}

/// The amendments after the first so many, a page at a time.
pub(super) async fn after(from: &mut impl Read, number: u64) -> Result<Vec<Vec<u8>>, StoreError> {
    const SELECT: &str =
        "SELECT amendment FROM charter_amendments WHERE number > $1 ORDER BY number LIMIT $2";
    let page = i64::try_from(PAGE).unwrap_or(i64::MAX);
    from.rows(SELECT, values![number, page]).await?.iter().map(|row| row.bytes(0)).collect()
}

/// Appends an amendment; `false` where somebody else has appended one there.
pub(super) async fn append(
    tx: &mut Tx,
    (number, id): (u64, AmendmentId),
    at: Instant,
    amendment: &[u8],
) -> Result<bool, StoreError> {
    const INSERT: &str = "INSERT INTO charter_amendments (number, id, taken, amendment)
        VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
    Ok(tx.execute(INSERT, values![number, id.0, at.0, amendment]).await? == 1)
}

/// The proposals since that time that wait, the oldest first.
pub(super) async fn proposals(from: &mut impl Read, since: Instant) -> Result<Vec<Vec<u8>>, StoreError> {
    const SELECT: &str =
        "SELECT amendment FROM charter_proposals WHERE proposed >= $1 AND declined = 0 ORDER BY proposed, id";
    from.rows(SELECT, values![since.0]).await?.iter().map(|row| row.bytes(0)).collect()
}

/// A proposal that waits, and how many do.
pub(super) async fn proposal(
    from: &mut impl Read,
    id: AmendmentId,
) -> Result<(Option<Vec<u8>>, u64), StoreError> {
    const SELECT: &str = "SELECT amendment FROM charter_proposals WHERE id = $1 AND declined = 0";
    const COUNT: &str = "SELECT COUNT(*) FROM charter_proposals WHERE declined = 0";
    let one = from.row(SELECT, values![id.0]).await?.map(|row| row.bytes(0)).transpose()?;
    let count = from.row(COUNT, vec![]).await?.map_or(Ok(0), |row| row.count(0))?;
    Ok((one, count))
}

/// Whether a proposal was declined: it is not to be taken in by whoever still has it.
pub(super) async fn was_declined(from: &mut impl Read, id: AmendmentId) -> Result<bool, StoreError> {
    const SELECT: &str = "SELECT 1 FROM charter_proposals WHERE id = $1 AND declined = 1";
    Ok(from.row(SELECT, values![id.0]).await?.is_some())
}

/// Declines a proposal; `false` where none waits.
pub(super) async fn decline(tx: &mut Tx, id: AmendmentId) -> Result<bool, StoreError> {
    const UPDATE: &str = "UPDATE charter_proposals SET declined = 1 WHERE id = $1 AND declined = 0";
    Ok(tx.execute(UPDATE, values![id.0]).await? == 1)
}

/// Keeps a proposal.
pub(super) async fn propose(
    tx: &mut Tx,
    id: AmendmentId,
    at: Instant,
    amendment: &[u8],
) -> Result<(), StoreError> {
    const INSERT: &str =
        "INSERT INTO charter_proposals (id, proposed, amendment, declined) VALUES ($1, $2, $3, 0)
        ON CONFLICT (id) DO UPDATE SET amendment = excluded.amendment";
    tx.execute(INSERT, values![id.0, at.0, amendment]).await?;
    Ok(())
}

/// Deletes a proposal that was taken in.
pub(super) async fn drop_proposal(tx: &mut Tx, id: AmendmentId) -> Result<(), StoreError> {
    tx.execute("DELETE FROM charter_proposals WHERE id = $1", values![id.0]).await.map(drop)
}

/// Deletes proposals from before that time, which nobody has agreed to.
pub(super) async fn forget(tx: &mut Tx, before: Instant) -> Result<(), StoreError> {
    tx.execute("DELETE FROM charter_proposals WHERE proposed < $1", values![before.0]).await?;
    Ok(())
}

/// Since when it is written down what is used, once it is.
pub(super) async fn observed(from: &mut impl Read) -> Result<Option<Instant>, StoreError> {
    let row = from.row("SELECT since FROM charter_observed WHERE one = 1", vec![]).await?;
    row.map(|row| row.integer(0).map(Instant)).transpose()
}

/// An account has used what its roles give.
pub(super) async fn note_used(
    tx: &mut Tx,
    handle: &Handle,
    permissions: &[Permission],
    at: Instant,
) -> Result<(), StoreError> {
    const SINCE: &str = "INSERT INTO charter_observed (one, since) VALUES (1, $1) ON CONFLICT DO NOTHING";
    const USED: &str = "INSERT INTO charter_uses (handle, permission, used) VALUES ($1, $2, $3)
        ON CONFLICT (handle, permission) DO UPDATE SET used = excluded.used";
    tx.execute(SINCE, values![at.0]).await?;
    for permission in permissions {
        tx.execute(USED, values![handle.as_str(), permission.as_str(), at.0]).await?;
    }
    Ok(())
}

/// What has been used since then, by whom.
pub(super) async fn used(
    from: &mut impl Read,
    since: Instant,
) -> Result<BTreeMap<Handle, BTreeSet<Permission>>, StoreError> {
    const SELECT: &str = "SELECT handle, permission FROM charter_uses WHERE used >= $1";
    let mut used: BTreeMap<Handle, BTreeSet<Permission>> = BTreeMap::new();
    for row in from.rows(SELECT, values![since.0]).await? {
        // What a later version takes out of the list is nobody's any more.
        if let Some(permission) = Permission::parse(&row.text(1)?) {
            used.entry(row.parsed(0)?).or_default().insert(permission);
        }
    }
    Ok(used)
}
