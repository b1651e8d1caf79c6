//! The SQL of identity providers. No other duty names these tables.

use chancery_floor::{
    store::{Migration, Read, Row, StoreError, Tx},
    values,
};
use chancery_transparency::Provider;
use chancery_wire::{ids::DeviceId, names::Handle, time::Instant};

use super::model::Kept;

pub(crate) const MIGRATIONS: &[Migration] =
    &[Migration { name: "providers/0001_providers", sql: include_str!("migrations/0001_providers.sql") }];

/// When something was last said about a provider: trusted or withdrawn.
pub(super) async fn said(from: &mut impl Read, issuer: &str) -> Result<Option<Instant>, StoreError> {
    let row = from.row("SELECT at FROM providers WHERE issuer = $1", values![issuer]).await?;
    row.map(|row| row.integer(0).map(Instant)).transpose()
}

/// Keeps a statement in the place of any earlier one, or that there is none any more.
pub(super) async fn keep(
    tx: &mut Tx,
    issuer: &str,
    at: Instant,
    signed: Option<&[u8]>,
) -> Result<(), StoreError> {
    const UPSERT: &str = "INSERT INTO providers (issuer, at, signed) VALUES ($1, $2, $3)
        ON CONFLICT (issuer) DO UPDATE SET at = excluded.at, signed = excluded.signed";
    tx.execute(UPSERT, values![issuer, at.0, signed]).await?;
    Ok(())
}

/// The providers that were not withdrawn.
pub(super) async fn all(from: &mut impl Read) -> Result<Vec<Kept>, StoreError> {
    const SELECT: &str = "SELECT signed FROM providers WHERE signed IS NOT NULL ORDER BY issuer";
    from.rows(SELECT, vec![]).await?.iter().map(kept).collect()
}

fn kept(row: &Row) -> Result<Kept, StoreError> {
    let signed = row.bytes(0)?;
    let provider = Provider::peek(&signed);
    let provider =
        provider.ok_or_else(|| StoreError::Failed("a stored statement does not parse".to_owned()))?;
    Ok(Kept { signed, provider })
}

/// Keeps who somebody is at a provider. `false` when the person has another account, or the account is another person's there.
pub(super) async fn bind(
    tx: &mut Tx,
    (issuer, subject): (&str, &str),
    handle: &Handle,
) -> Result<bool, StoreError> {
    const INSERT: &str = "INSERT INTO providers_subjects (issuer, subject, handle) VALUES ($1, $2, $3)
        ON CONFLICT DO NOTHING";
    Ok(tx.execute(INSERT, values![issuer, subject, handle.as_str()]).await? == 1)
}

/// Whose account a person at a provider has, if any.
pub(super) async fn account_of(
    from: &mut impl Read,
    (issuer, subject): (&str, &str),
) -> Result<Option<Handle>, StoreError> {
    const SELECT: &str = "SELECT handle FROM providers_subjects WHERE issuer = $1 AND subject = $2";
    let row = from.row(SELECT, values![issuer, subject]).await?;
    row.map(|row| row.parsed(0)).transpose()
}

/// Forgets when people signed in at a provider: what it has said counts no more.
pub(super) async fn forget(tx: &mut Tx, issuer: &str) -> Result<(), StoreError> {
    tx.execute("DELETE FROM providers_signins WHERE issuer = $1", values![issuer]).await?;
    Ok(())
}

/// Keeps when a person signed in.
pub(super) async fn signed_in(
    tx: &mut Tx,
    device: DeviceId,
    issuer: &str,
    at: Instant,
) -> Result<(), StoreError> {
    const UPSERT: &str = "INSERT INTO providers_signins (device, issuer, signed_in) VALUES ($1, $2, $3)
        ON CONFLICT (device) DO UPDATE SET issuer = excluded.issuer, signed_in = excluded.signed_in";
    tx.execute(UPSERT, values![device.0, issuer, at.0]).await?;
    Ok(())
}

/// At which provider a person signed in last at a device, and when.
pub(super) async fn last(
    from: &mut impl Read,
    device: DeviceId,
) -> Result<Option<(String, Instant)>, StoreError> {
    const SELECT: &str = "SELECT issuer, signed_in FROM providers_signins WHERE device = $1";
    let row = from.row(SELECT, values![device.0]).await?;
    row.map(|row| Ok((row.text(0)?, Instant(row.integer(1)?)))).transpose()
}
