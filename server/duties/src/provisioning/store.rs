//! The SQL of the directory. No other duty names these tables.

use chancery_floor::{
    store::{Migration, Read, Row, StoreError, Tx},
    values,
};
use chancery_wire::{
    ids::ResourceId,
    names::{Domain, Handle},
    time::Instant,
};
use serde_json::Value;

use super::{
    model::Resource,
    schema::{GROUPS, Type, members},
};

pub(crate) const MIGRATIONS: &[Migration] =
    &[Migration { name: "provisioning/0001_resources", sql: include_str!("migrations/0001_resources.sql") }];

fn resource(row: &Row) -> Result<Resource, StoreError> {
    let damaged = || StoreError::Failed("a stored person or group does not parse".to_owned());
    let body: Value = serde_json::from_str(&row.text(2)?).map_err(|_| damaged())?;
    Ok(Resource {
        id: ResourceId(row.fixed(0)?),
        of: Type::named(&row.text(1)?).ok_or_else(damaged)?,
        body: members(body),
        version: row.count(3)?,
        created: Instant(row.integer(4)?),
        modified: Instant(row.integer(5)?),
        active: row.flag(6)?,
    })
}

/// A person or group by its id.
pub(super) async fn find(
    from: &mut impl Read,
    of: &Type,
    id: ResourceId,
) -> Result<Option<Resource>, StoreError> {
    const SELECT: &str =
        "SELECT id, kind, body, version, created, modified, active FROM provisioning_resources
        WHERE id = $1 AND kind = $2";
    from.row(SELECT, values![id.0, of.name]).await?.as_ref().map(resource).transpose()
}

/// Whether there is a person or group with this id.
pub(super) async fn is_known(from: &mut impl Read, id: ResourceId) -> Result<bool, StoreError> {
    const SELECT: &str = "SELECT 1 FROM provisioning_resources WHERE id = $1";
    Ok(from.row(SELECT, values![id.0]).await?.is_some())
}

/// Those with this name, as names are compared.
pub(super) async fn named(from: &mut impl Read, of: &Type, name: &str) -> Result<Vec<Resource>, StoreError> {
    const SELECT: &str =
        "SELECT id, kind, body, version, created, modified, active FROM provisioning_resources
        WHERE kind = $1 AND name = $2 ORDER BY number";
    from.rows(SELECT, values![of.name, name]).await?.iter().map(resource).collect()
}

/// Those to which the provider gives this name.
pub(super) async fn external(
    from: &mut impl Read,
    of: &Type,
    name: &str,
) -> Result<Vec<Resource>, StoreError> {
    const SELECT: &str =
        "SELECT id, kind, body, version, created, modified, active FROM provisioning_resources
        WHERE kind = $1 AND external = $2 ORDER BY number";
    from.rows(SELECT, values![of.name, name]).await?.iter().map(resource).collect()
}

/// So many of them after so many, in the order in which they came.
pub(super) async fn page(
    from: &mut impl Read,
    of: &Type,
    (after, many): (u64, u64),
) -> Result<Vec<Resource>, StoreError> {
    const SELECT: &str =
        "SELECT id, kind, body, version, created, modified, active FROM provisioning_resources
        WHERE kind = $1 ORDER BY number LIMIT $2 OFFSET $3";
    from.rows(SELECT, values![of.name, many, after]).await?.iter().map(resource).collect()
}

/// The groups that a person is in, by their names in small letters; none while the directory has the person out.
pub(super) async fn teams_of(from: &mut impl Read, handle: &Handle) -> Result<Vec<String>, StoreError> {
    const SELECT: &str = "SELECT t.name FROM provisioning_resources p
        JOIN provisioning_members m ON m.member = p.id
        JOIN provisioning_resources t ON t.id = m.team
        WHERE p.handle = $1 AND p.active = 1 ORDER BY t.name";
    from.rows(SELECT, values![handle.as_str()]).await?.iter().map(|row| row.text(0)).collect()
}

/// How many there are.
pub(super) async fn count(from: &mut impl Read, of: &Type) -> Result<u64, StoreError> {
    const SELECT: &str = "SELECT COUNT(*) FROM provisioning_resources WHERE kind = $1";
    from.row(SELECT, values![of.name]).await?.map_or(Ok(0), |row| row.count(0))
}

/// Keeps a new one.
pub(super) async fn insert(tx: &mut Tx, it: &Resource, handle: Option<&Handle>) -> Result<(), StoreError> {
    const INSERT: &str = "INSERT INTO provisioning_resources
        (id, kind, number, name, external, handle, active, aside, body, version, created, modified)
        VALUES ($1, $2, (SELECT COALESCE(MAX(number), 0) + 1 FROM provisioning_resources), $3, $4, $5, $6, 0, $7, $8, $9, $9)";
    let (body, handle) = (body(it), handle.map(Handle::as_str));
    let values = values![
        it.id.0,
        it.of.name,
        it.name().as_str(),
        it.external(),
        handle,
        it.is_active(),
        body.as_str(),
        it.version,
        it.created.0
    ];
    tx.execute(INSERT, values).await?;
    Ok(())
}

/// Keeps what one is now.
pub(super) async fn update(tx: &mut Tx, it: &Resource, handle: Option<&Handle>) -> Result<(), StoreError> {
    const UPDATE: &str = "UPDATE provisioning_resources
        SET name = $2, external = $3, handle = $4, active = $5, aside = 0, body = $6, version = $7, modified = $8 WHERE id = $1";
    let (body, handle) = (body(it), handle.map(Handle::as_str));
    let values = values![
        it.id.0,
        it.name().as_str(),
        it.external(),
        handle,
        it.is_active(),
        body.as_str(),
        it.version,
        it.modified.0
    ];
    tx.execute(UPDATE, values).await?;
    Ok(())
}

fn body(it: &Resource) -> String {
    let mut body = it.body.clone();
    body.remove("members");
    Value::Object(body).to_string()
}

/// Forgets one, and that it is in groups or has members.
pub(super) async fn delete(tx: &mut Tx, id: ResourceId, at: Instant) -> Result<(), StoreError> {
    // A group without it is another version of the group.
    const GROUPS: &str = "UPDATE provisioning_resources SET version = version + 1, modified = $2
        WHERE id IN (SELECT team FROM provisioning_members WHERE member = $1)";
    tx.execute(GROUPS, values![id.0, at.0]).await?;
    tx.execute("DELETE FROM provisioning_members WHERE team = $1 OR member = $1", values![id.0]).await?;
    tx.execute("DELETE FROM provisioning_resources WHERE id = $1", values![id.0]).await?;
    Ok(())
}

/// Whose account it is that has this name, if anybody's.
pub(super) async fn holder(from: &mut impl Read, handle: &Handle) -> Result<Option<ResourceId>, StoreError> {
    const SELECT: &str = "SELECT id FROM provisioning_resources WHERE handle = $1";
    from.row(SELECT, values![handle.as_str()]).await?.map(|row| row.fixed(0).map(ResourceId)).transpose()
}

/// Who is in a group: persons, and groups.
pub(super) async fn members_of(
    from: &mut impl Read,
    team: ResourceId,
) -> Result<Vec<(ResourceId, &'static Type)>, StoreError> {
    const SELECT: &str = "SELECT m.member, r.kind FROM provisioning_members m
        JOIN provisioning_resources r ON r.id = m.member WHERE m.team = $1 ORDER BY r.number";
    let damaged = || StoreError::Failed("a stored member does not parse".to_owned());
    let one = |row: &Row| Ok((ResourceId(row.fixed(0)?), Type::named(&row.text(1)?).ok_or_else(damaged)?));
    from.rows(SELECT, values![team.0]).await?.iter().map(one).collect()
}

/// Somebody is in a group from now on, or is not.
pub(super) async fn set_member(
    tx: &mut Tx,
    (team, member): (ResourceId, ResourceId),
    is: bool,
) -> Result<(), StoreError> {
    const INSERT: &str =
        "INSERT INTO provisioning_members (team, member) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    const DELETE: &str = "DELETE FROM provisioning_members WHERE team = $1 AND member = $2";
    tx.execute(if is { INSERT } else { DELETE }, values![team.0, member.0]).await?;
    Ok(())
}

/// The groups that somebody is in.
pub(super) async fn groups_of(from: &mut impl Read, member: ResourceId) -> Result<Vec<Resource>, StoreError> {
    const SELECT: &str =
        "SELECT r.id, r.kind, r.body, r.version, r.created, r.modified, r.active FROM provisioning_members m
        JOIN provisioning_resources r ON r.id = m.team WHERE m.member = $1 AND r.kind = $2 ORDER BY r.number";
    from.rows(SELECT, values![member.0, GROUPS.name]).await?.iter().map(resource).collect()
}

/// An account is this person's no more, or is it again.
pub(super) async fn leaves(
    tx: &mut Tx,
    handle: &Handle,
    (who, leaves): (ResourceId, bool),
) -> Result<(), StoreError> {
    const INSERT: &str =
        "INSERT INTO provisioning_left (handle, resource) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    const DELETE: &str = "DELETE FROM provisioning_left WHERE handle = $1 AND resource = $2";
    tx.execute(if leaves { INSERT } else { DELETE }, values![handle.as_str(), who.0]).await?;
    Ok(())
}

/// The accounts that the directory speaks of, and whether each belongs to the organisation. Whose person has left belongs to it no more,
/// whoever has the name since.
pub(super) async fn accounts(from: &mut impl Read) -> Result<Vec<(Handle, bool)>, StoreError> {
    const SELECT: &str = "SELECT handle, active FROM provisioning_resources
        WHERE handle IS NOT NULL AND aside = 0 AND handle NOT IN (SELECT handle FROM provisioning_left)
        UNION ALL SELECT handle, 0 FROM provisioning_left ORDER BY 1";
    from.rows(SELECT, vec![]).await?.iter().map(|row| Ok((row.parsed(0)?, row.flag(1)?))).collect()
}

/// Whether the directory says that the person of an account does not belong to the organisation.
pub(crate) async fn keeps_out(from: &mut impl Read, handle: &Handle) -> Result<bool, StoreError> {
    const SELECT: &str = "SELECT 1 FROM provisioning_left WHERE handle = $1 UNION ALL
        SELECT 1 FROM provisioning_resources WHERE handle = $1 AND active = 0 AND aside = 0";
    Ok(from.row(SELECT, values![handle.as_str()]).await?.is_some())
}

/// An officer has restored an account: what the directory has said of it so far counts no more.
pub(crate) async fn set_aside(tx: &mut Tx, handle: &Handle) -> Result<(), StoreError> {
    tx.execute("DELETE FROM provisioning_left WHERE handle = $1", values![handle.as_str()]).await?;
    let update = "UPDATE provisioning_resources SET aside = 1 WHERE handle = $1";
    tx.execute(update, values![handle.as_str()]).await?;
    Ok(())
}

/// The account that a person of the directory has, if the name can be one's and nobody else's is.
pub(super) async fn account(
    from: &mut impl Read,
    it: &Resource,
    domain: &Domain,
) -> Result<Result<Option<Handle>, ()>, StoreError> {
    let Some(handle) = it.handle(domain) else { return Ok(Ok(None)) };
    let other = holder(from, &handle).await?.is_some_and(|other| other != it.id);
    Ok(if other { Err(()) } else { Ok(Some(handle)) })
}
