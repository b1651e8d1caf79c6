//! Migrations: each duty brings its own, written once for both databases, run once, never edited.

use chancery_wire::time::Instant;
use sha2::{Digest as _, Sha256};

use super::{Db, Read as _, StoreError};
use crate::values;

/// One step of a duty's schema. `{bytes}` in it stands for the database's type for bytes.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// Its name, such as `accounts/0001_accounts`: the duty, a number, what it makes.
    pub name: &'static str,
    /// The statements.
    pub sql: &'static str,
}

/// Which database a text is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

/// Keeps which migrations ran, with the digest of what ran.
const MIGRATIONS: &str = "CREATE TABLE IF NOT EXISTS store_migrations (
    name TEXT NOT NULL PRIMARY KEY,
    digest {bytes} NOT NULL,
    at BIGINT NOT NULL
);";

impl Dialect {
    /// The text with this database's words in it.
    fn words(self, sql: &str) -> String {
        let bytes = match self {
            Self::Sqlite => "BLOB",
            Self::Postgres => "BYTEA",
        };
        sql.replace("{bytes}", bytes)
    }
}

impl Db {
    /// Runs the migrations that have not run, in order, in one transaction.
    pub async fn migrate(&self, migrations: &[Migration], at: Instant) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        tx.script(&self.dialect().words(MIGRATIONS)).await?;
        for migration in migrations {
            let digest: [u8; 32] = Sha256::digest(migration.sql).into();
            let ran = tx
                .row("SELECT digest FROM store_migrations WHERE name = $1", values![migration.name])
                .await?;
            match ran {
                Some(row) if row.fixed(0)? == digest => {}
                Some(_) => {
                    let name = migration.name;
                    return Err(StoreError::Failed(format!("migration {name} is not the one that ran")));
                }
                None => {
                    tx.script(&self.dialect().words(migration.sql)).await?;
                    let insert = "INSERT INTO store_migrations (name, digest, at) VALUES ($1, $2, $3)";
                    tx.execute(insert, values![migration.name, digest, at.0]).await?;
                }
            }
        }
        tx.commit().await
    }
}

/// The whole schema as one text, as it is committed under `protocol/schema/`.
#[must_use]
pub fn schema(migrations: &[Migration], dialect: Dialect) -> String {
    let mut out =
        String::from("-- The schema, put together by `cargo xtask schema` from the duties' migrations.\n");
    for (name, sql) in
        [("store/migrations", MIGRATIONS)].into_iter().chain(migrations.iter().map(|m| (m.name, m.sql)))
    {
        out.push_str("\n-- ");
        out.push_str(name);
        out.push('\n');
        out.push_str(dialect.words(sql).trim());
        out.push('\n');
    }
    out
}
