//! Opening: the key, the settings that make a commit survive a power cut, and the schema.

use std::{path::Path, sync::Once, time::Duration};

use rusqlite::Connection;

use crate::{error::VaultError, key::VaultKey};

/// The schema's version, kept in SQLite's `user_version`.
const VERSION: i64 = 2;
/// The schema as it is created.
const SCHEMA: &str = include_str!("schema.sql");

/// A wrong key is an error of ours, told by us; the library would write about it past everybody.
#[cfg(not(target_family = "wasm"))]
const CIPHER: &str = "PRAGMA cipher_log_level = NONE";
/// The library for browsers knows several ciphers; SQLCipher's is the one that every platform has.
#[cfg(target_family = "wasm")]
const CIPHER: &str = "PRAGMA cipher = 'sqlcipher'";
#[cfg(not(target_family = "wasm"))]
const JOURNAL: &str = "PRAGMA journal_mode = WAL";
/// A write-ahead log needs memory that several programs share, which a browser's files have not. There is one program anyway.
#[cfg(target_family = "wasm")]
const JOURNAL: &str = "PRAGMA journal_mode = TRUNCATE";

/// How many statements are kept ready; more than there are in this crate.
const READY: usize = 256;

/// Opens the vault in `file`, creating it if there is none.
pub(crate) fn file(file: &Path, key: &VaultKey) -> Result<Connection, VaultError> {
    library();
    ready(Connection::open(file)?, Some(key))
}

/// Opens a vault that lives in memory only.
pub(crate) fn memory() -> Result<Connection, VaultError> {
    library();
    ready(Connection::open_in_memory()?, None)
}

/// Has the library made ready by one thread, once. Left to itself it tells a second thread that it is ready before its
/// encryption is, and that thread's key is refused.
fn library() {
    static MADE: Once = Once::new();
    MADE.call_once(|| drop(Connection::open_in_memory()));
}

fn ready(db: Connection, key: Option<&VaultKey>) -> Result<Connection, VaultError> {
    if let Some(key) = key {
        db.execute_batch(CIPHER)?;
        db.pragma_update(None, "key", key.pragma().as_str())?;
    }
    db.busy_timeout(Duration::from_secs(30))?;
    db.set_prepared_statement_cache_capacity(READY);
    // The first read finds out whether the key is right.
    let version: i64 = db.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    // FULL: a commit survives a power cut, not only a crash of this program. Opening a page costs more than reading it, so up to
    // 32 MiB of them are kept open.
    db.execute_batch(JOURNAL)?;
    db.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA cache_size = -32768;",
    )?;
    match version {
        0 => create(&db)?,
        VERSION => {}
        _ => return Err(VaultError::OtherVersion),
    }
    Ok(db)
}

fn create(db: &Connection) -> Result<(), VaultError> {
    db.execute_batch("BEGIN IMMEDIATE")?;
    // Another program may have created it while this one waited.
    let version: i64 = db.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if version == 0 {
        db.execute_batch(SCHEMA)?;
        db.pragma_update(None, "user_version", VERSION)?;
    }
    db.execute_batch("COMMIT")?;
    Ok(())
}
