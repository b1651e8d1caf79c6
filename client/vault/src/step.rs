//! A vault, and a step: one transaction in which everything a device does at once is kept together.

use std::path::Path;

use rusqlite::{Connection, Row, ToSql};

use crate::{error::VaultError, key::VaultKey, mls::MlsStore, open};

/// A device's vault.
#[derive(Debug)]
pub struct Vault {
    db: Connection,
}

impl Vault {
    /// Opens the vault in a file, creating it if there is none.
    pub fn open(file: &Path, key: &VaultKey) -> Result<Self, VaultError> {
        Ok(Self { db: open::file(file, key)? })
    }

    /// A vault that is gone when it is dropped.
    pub fn in_memory() -> Result<Self, VaultError> {
        Ok(Self { db: open::memory()? })
    }

    /// Does `change` in one transaction: kept whole when it returns `Ok`, undone whole otherwise.
    pub fn step<T, E: From<VaultError>>(
        &mut self,
        change: impl FnOnce(&Step<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let sql = |error: rusqlite::Error| E::from(VaultError::from(error));
        // IMMEDIATE: what is read here cannot be changed by another program before it is written.
        let transaction =
            self.db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).map_err(sql)?;
        let done = change(&Step { db: &transaction })?;
        transaction.commit().map_err(sql)?;
        self.forget_earlier();
        Ok(done)
    }

    /// Empties the write-ahead log. Keys that a step used up lie there until then: cut short, a stolen copy would be an
    /// earlier vault. What was committed stays so if this cannot be done now; the next step does it then.
    fn forget_earlier(&self) {
        let _ = self.db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    }

    /// Reads in one consistent view; what `look` writes is undone.
    pub fn look<T, E: From<VaultError>>(&self, look: impl FnOnce(&Step<'_>) -> Result<T, E>) -> Result<T, E> {
        let sql = |error: rusqlite::Error| E::from(VaultError::from(error));
        let transaction = self.db.unchecked_transaction().map_err(sql)?;
        look(&Step { db: &transaction })
    }
}

/// A transaction on the vault. Its methods are grouped by noun, one file each.
#[derive(Debug)]
pub struct Step<'a> {
    db: &'a Connection,
}

impl Step<'_> {
    /// A number that changes when another program has changed the vault: what was remembered of it is stale then.
    pub fn others_version(&self) -> Result<i64, VaultError> {
        Ok(self.db.query_row("PRAGMA data_version", [], |row| row.get(0))?)
    }

    /// The MLS library's storage, inside this transaction.
    #[must_use]
    pub fn mls(&self) -> MlsStore<'_> {
        MlsStore::new(self.db)
    }

    pub(crate) fn run(&self, sql: &str, values: &[&dyn ToSql]) -> Result<usize, VaultError> {
        Ok(self.db.prepare_cached(sql)?.execute(values)?)
    }

    pub(crate) fn find<T>(
        &self,
        sql: &str,
        values: &[&dyn ToSql],
        read: impl FnOnce(&Row<'_>) -> Result<T, VaultError>,
    ) -> Result<Option<T>, VaultError> {
        let mut statement = self.db.prepare_cached(sql)?;
        let mut rows = statement.query(values)?;
        rows.next()?.map(read).transpose()
    }

    pub(crate) fn list<T>(
        &self,
        sql: &str,
        values: &[&dyn ToSql],
        mut read: impl FnMut(&Row<'_>) -> Result<T, VaultError>,
    ) -> Result<Vec<T>, VaultError> {
        let mut statement = self.db.prepare_cached(sql)?;
        let mut rows = statement.query(values)?;
        let mut out = Vec::new();
        while let Some(row) = rows.next()? {
            out.push(read(row)?);
        }
        Ok(out)
    }

    pub(crate) fn last_id(&self) -> i64 {
        self.db.last_insert_rowid()
    }
}

/// Sequence numbers and epochs, as SQLite keeps them.
pub(crate) fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// Sequence numbers and epochs, as read from SQLite.
pub(crate) fn counted(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

/// Reads a 16-byte id out of a row.
pub(crate) fn id(row: &Row<'_>, column: usize) -> Result<[u8; 16], VaultError> {
    Ok(row.get(column)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_that_fails_leaves_nothing() {
        let mut vault = Vault::in_memory().unwrap();
        let failed: Result<(), VaultError> = vault.step(|step| {
            step.run("INSERT INTO mls (slot, key, value) VALUES (1, x'00', x'00')", &[])?;
            Err(VaultError::Busy)
        });
        assert!(failed.is_err());
        let left: Result<_, VaultError> =
            vault.look(|step| step.list("SELECT slot FROM mls", &[], |row| Ok(row.get::<_, i64>(0)?)));
        assert!(left.unwrap().is_empty());
    }

    #[test]
    fn only_the_right_key_opens_a_vault_and_the_file_shows_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("vault.db");
        let mut vault = Vault::open(&file, &VaultKey::from_bytes([1; 32])).unwrap();
        let kept: Result<_, VaultError> = vault.step(|step| {
            step.run(
                "INSERT INTO mls (slot, key, value) VALUES (1, x'00', CAST('attack at dawn' AS BLOB))",
                &[],
            )
        });
        kept.unwrap();
        drop(vault);
        for entry in std::fs::read_dir(dir.path()).unwrap() {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            assert!(!bytes.windows(4).any(|window| window == b"dawn" || window == b"SQLi"));
        }
        assert!(matches!(Vault::open(&file, &VaultKey::from_bytes([2; 32])), Err(VaultError::WrongKey)));
        assert!(Vault::open(&file, &VaultKey::from_bytes([1; 32])).is_ok());
    }
}
