//! The SQL of passkeys. No other duty names these tables.

use chancery_floor::{
    store::{Migration, Read, Row, StoreError, Tx},
    values,
};
use chancery_wire::{
    ids::{CeremonyId, DeviceId, Digest, PasskeyId},
    names::Handle,
    time::Instant,
};

use super::model::{Held, Kept, Purpose, State};

pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration { name: "passkeys/0001_passkeys", sql: include_str!("migrations/0001_passkeys.sql") },
    Migration { name: "passkeys/0002_metadata", sql: include_str!("migrations/0002_metadata.sql") },
];

/// Which edition of the metadata was used last; 0 before the first.
pub(super) async fn metadata(from: &mut impl Read) -> Result<u64, StoreError> {
    let row = from.row("SELECT number FROM passkeys_metadata WHERE one = 1", vec![]).await?;
    row.map_or(Ok(0), |row| row.count(0))
}

/// This edition of the metadata is used from now on.
pub(super) async fn keep_metadata(tx: &mut Tx, number: u64) -> Result<(), StoreError> {
    const SET: &str = "INSERT INTO passkeys_metadata (one, number) VALUES (1, $1)
        ON CONFLICT (one) DO UPDATE SET number = excluded.number";
    tx.execute(SET, values![number]).await.map(drop)
}

/// All passkeys.
pub(super) async fn all(from: &mut impl Read) -> Result<Vec<Kept>, StoreError> {
    const SELECT: &str =
        "SELECT passkey, handle, name, kept, added_at, used_at FROM passkeys_keys ORDER BY handle, passkey";
    from.rows(SELECT, vec![]).await?.iter().map(kept).collect()
}

/// Whether an account has a passkey.
pub(crate) async fn has_any(from: &mut impl Read, handle: &Handle) -> Result<bool, StoreError> {
    const SELECT: &str = "SELECT 1 FROM passkeys_keys WHERE handle = $1 LIMIT 1";
    Ok(from.row(SELECT, values![handle.as_str()]).await?.is_some())
}

/// The passkeys of an account, the oldest first.
pub(crate) async fn of(from: &mut impl Read, handle: &Handle) -> Result<Vec<Kept>, StoreError> {
    const SELECT: &str = "SELECT passkey, handle, name, kept, added_at, used_at FROM passkeys_keys
        WHERE handle = $1 ORDER BY added_at, passkey";
    from.rows(SELECT, values![handle.as_str()]).await?.iter().map(kept).collect()
}

/// What a passkey of an account is called.
pub(crate) async fn name(
    from: &mut impl Read,
    handle: &Handle,
    passkey: PasskeyId,
) -> Result<Option<String>, StoreError> {
    const SELECT: &str = "SELECT name FROM passkeys_keys WHERE handle = $1 AND passkey = $2";
    from.row(SELECT, values![handle.as_str(), passkey.0]).await?.map(|row| row.text(0)).transpose()
}

/// Keeps a new passkey; `false` when somebody has added this one.
pub(crate) async fn keep(tx: &mut Tx, it: &Kept) -> Result<bool, StoreError> {
    const INSERT: &str = "INSERT INTO passkeys_keys (passkey, credential, handle, name, kept, added_at)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (credential) DO NOTHING";
    let id: &[u8] = it.credential.cred_id.as_ref();
    let row =
        values![it.passkey.0, id, it.handle.as_str(), it.name.as_str(), written(it)?.as_str(), it.added.0];
    Ok(tx.execute(INSERT, row).await? == 1)
}

/// Keeps what a passkey has changed by being used.
pub(crate) async fn used(tx: &mut Tx, it: &Kept, at: Instant) -> Result<(), StoreError> {
    const UPDATE: &str = "UPDATE passkeys_keys SET kept = $2, used_at = $3 WHERE passkey = $1";
    tx.execute(UPDATE, values![it.passkey.0, written(it)?.as_str(), at.0]).await?;
    Ok(())
}

/// Removes a passkey of an account; `false` when it has none of that id.
pub(crate) async fn remove(tx: &mut Tx, handle: &Handle, passkey: PasskeyId) -> Result<bool, StoreError> {
    const DELETE: &str = "DELETE FROM passkeys_keys WHERE handle = $1 AND passkey = $2";
    Ok(tx.execute(DELETE, values![handle.as_str(), passkey.0]).await? == 1)
}

/// Removes all passkeys of an account; returns how many.
pub(crate) async fn remove_all(tx: &mut Tx, handle: &Handle) -> Result<u64, StoreError> {
    tx.execute("DELETE FROM passkeys_keys WHERE handle = $1", values![handle.as_str()]).await
}

/// Keeps a new ceremony under the hash of its secret.
pub(crate) async fn begin(tx: &mut Tx, secret: Digest, it: &Held) -> Result<(), StoreError> {
    const INSERT: &str = "INSERT INTO passkeys_ceremonies
        (ceremony, secret, handle, device, words, name, method, path, body, nonce, until, state, confirmed)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    let (name, method, path, body) = match &it.purpose {
        Purpose::Add { name } => (name.as_str(), "", "", Digest::default()),
        Purpose::Approve { method, path, body } => ("", method.as_str(), path.as_str(), *body),
    };
    let whose = values![it.ceremony.0, secret.0, it.handle.as_str(), it.device.0, it.words.as_str()];
    let what = values![name, method, path, body.0];
    let how = values![it.nonce, it.until.0, it.state.number(), it.confirmed];
    let row = [whose, what, how].concat();
    tx.execute(INSERT, row).await?;
    Ok(())
}

/// How many ceremonies of a device are not over.
pub(crate) async fn begun(from: &mut impl Read, device: DeviceId, now: Instant) -> Result<u64, StoreError> {
    const COUNT: &str = "SELECT COUNT(*) FROM passkeys_ceremonies WHERE device = $1 AND until > $2";
    let row = from.row(COUNT, values![device.0, now.0]).await?;
    row.map_or(Ok(0), |row| row.count(0))
}

/// The ceremony whose secret has this hash, if it is not over.
pub(crate) async fn by_secret(
    from: &mut impl Read,
    secret: Digest,
    now: Instant,
) -> Result<Option<Held>, StoreError> {
    const SELECT: &str =
        "SELECT ceremony, handle, device, words, name, method, path, body, nonce, until, state,
            confirmed FROM passkeys_ceremonies WHERE secret = $1 AND until > $2";
    from.row(SELECT, values![secret.0, now.0]).await?.as_ref().map(held).transpose()
}

/// A ceremony of a device, if it is not over.
pub(crate) async fn ceremony(
    from: &mut impl Read,
    (id, device): (CeremonyId, DeviceId),
    now: Instant,
) -> Result<Option<Held>, StoreError> {
    const SELECT: &str =
        "SELECT ceremony, handle, device, words, name, method, path, body, nonce, until, state,
            confirmed FROM passkeys_ceremonies WHERE ceremony = $1 AND device = $2 AND until > $3";
    from.row(SELECT, values![id.0, device.0, now.0]).await?.as_ref().map(held).transpose()
}

/// Brings a ceremony from one state to the next; `false` when it is not in that one.
pub(crate) async fn step(
    tx: &mut Tx,
    id: CeremonyId,
    (from, to): (State, State),
) -> Result<bool, StoreError> {
    const UPDATE: &str = "UPDATE passkeys_ceremonies SET state = $3 WHERE ceremony = $1 AND state = $2";
    Ok(tx.execute(UPDATE, values![id.0, from.number(), to.number()]).await? == 1)
}

/// Deletes ceremonies that are over; returns how many.
pub(crate) async fn expire(tx: &mut Tx, now: Instant) -> Result<u64, StoreError> {
    tx.execute("DELETE FROM passkeys_ceremonies WHERE until <= $1", values![now.0]).await
}

fn written(it: &Kept) -> Result<String, StoreError> {
    serde_json::to_string(&it.credential).map_err(|_| StoreError::shape("a passkey cannot be written"))
}

fn kept(row: &Row) -> Result<Kept, StoreError> {
    let credential = serde_json::from_str(&row.text(3)?);
    Ok(Kept {
        passkey: PasskeyId(row.fixed(0)?),
        handle: row.parsed(1)?,
        name: row.text(2)?,
        credential: credential.map_err(|_| StoreError::shape("a passkey cannot be read"))?,
        added: Instant(row.integer(4)?),
        used: row.integer_if_any(5)?.map(Instant),
    })
}

fn held(row: &Row) -> Result<Held, StoreError> {
    let (name, method) = (row.text(4)?, row.text(5)?);
    let purpose = if method.is_empty() {
        Purpose::Add { name }
    } else {
        Purpose::Approve { method, path: row.text(6)?, body: Digest(row.fixed(7)?) }
    };
    let state = row.integer(10)?;
    let state = State::ALL.into_iter().find(|it| it.number() == state);
    Ok(Held {
        ceremony: CeremonyId(row.fixed(0)?),
        handle: row.parsed(1)?,
        device: DeviceId(row.fixed(2)?),
        words: row.text(3)?,
        purpose,
        nonce: row.fixed(8)?,
        until: Instant(row.integer(9)?),
        state: state.ok_or(StoreError::shape("a ceremony is in no state"))?,
        confirmed: row.flag(11)?,
    })
}
