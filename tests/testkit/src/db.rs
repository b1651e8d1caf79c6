//! Databases for tests: every store test runs once on SQLite and once on PostgreSQL, each in a database of its own.

use std::sync::atomic::{AtomicU32, Ordering};

use chancery_floor::store::Db;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tempfile::TempDir;

/// Names the PostgreSQL server that tests may make databases on.
pub const SERVER: &str = "CHANCERY_TEST_POSTGRES";

/// A database that is there for one test.
#[derive(Debug)]
pub struct Temporary(Kind);

#[derive(Debug)]
enum Kind {
    Sqlite(TempDir),
    Postgres { server: String, name: String },
}

/// What went wrong while a database was made or opened for a test.
type Trouble = Box<dyn std::error::Error>;

impl Temporary {
    /// An empty SQLite database.
    pub fn sqlite() -> Result<Self, Trouble> {
        Ok(Self(Kind::Sqlite(tempfile::tempdir()?)))
    }

    /// An empty PostgreSQL database on the server that `CHANCERY_TEST_POSTGRES` names.
    pub async fn postgres() -> Result<Self, Trouble> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        #[expect(clippy::disallowed_methods, reason = "only the test runner knows where the server is")]
        let server = std::env::var(SERVER)
            .map_err(|_| format!("{SERVER} is not set: run `cargo xtask test`, which starts PostgreSQL"))?;
        let name = format!("test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        run(&server, format!("DROP DATABASE IF EXISTS {name}")).await?;
        run(&server, format!("CREATE DATABASE {name}")).await?;
        Ok(Self(Kind::Postgres { server, name }))
    }

    /// Opens it; again as often as the test likes.
    pub async fn open(&self) -> Result<Db, Trouble> {
        match &self.0 {
            Kind::Sqlite(folder) => Ok(Db::sqlite(&folder.path().join("chancery.db")).await?),
            Kind::Postgres { .. } => Ok(Db::postgres(&self.address()).await?),
        }
    }

    /// Where it is: a file, or a PostgreSQL address.
    #[must_use]
    pub fn address(&self) -> String {
        match &self.0 {
            Kind::Sqlite(folder) => folder.path().join("chancery.db").display().to_string(),
            Kind::Postgres { server, name } => {
                let (start, query) = server.split_once('?').unwrap_or((server, ""));
                let start = start.trim_end_matches('/');
                let authority = start.match_indices('/').nth(2).map_or(start, |(at, _)| start.split_at(at).0);
                format!("{authority}/{name}?{query}")
            }
        }
    }

    /// Cuts the connections on which servers listen to each other, and lets none listen again until what is answered is dropped.
    pub async fn keep_deaf(&self) -> Result<Deaf, Trouble> {
        const CUT: &str = "DO $$ BEGIN LOOP
            PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND application_name LIKE 'chancery-follow/%';
            EXIT WHEN pg_try_advisory_lock(7102);
            PERFORM pg_stat_clear_snapshot();
        END LOOP; END $$";
        let mut connection = PgConnection::connect(&self.address()).await?;
        sqlx::raw_sql(CUT).execute(&mut connection).await?;
        Ok(Deaf { _place: connection })
    }

    /// Removes it. A test that failed leaves it to be looked at.
    pub async fn remove(self) -> Result<(), Trouble> {
        match self.0 {
            Kind::Sqlite(folder) => Ok(folder.close()?),
            Kind::Postgres { server, name } => {
                run(&server, format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await
            }
        }
    }
}

/// No server gets a place at the database, and so none listens. Longer than a few seconds, and each believes that another has taken over.
#[derive(Debug)]
pub struct Deaf {
    _place: PgConnection,
}

async fn run(server: &str, statement: String) -> Result<(), Trouble> {
    let mut connection = PgConnection::connect(server).await?;
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await?;
    Ok(connection.close().await?)
}

/// Runs a test on both databases: `both! { async fn a_sentence(db: Db) { … } }` makes `a_sentence::sqlite` and
/// `a_sentence::postgres`. Without PostgreSQL the second one fails; it is never skipped.
#[macro_export]
macro_rules! both {
    ($($(#[$doc:meta])* async fn $name:ident($db:ident: Db) $body:block)+) => {
        $(
            $(#[$doc])*
            mod $name {
                #[allow(unused_imports, reason = "a test may need nothing from around it")]
                use super::*;

                async fn run($db: ::chancery_floor::store::Db) $body

                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn sqlite() {
                    let place = $crate::db::Temporary::sqlite().unwrap();
                    run(place.open().await.unwrap()).await;
                    place.remove().await.unwrap();
                }

                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn postgres() {
                    let place = $crate::db::Temporary::postgres().await.unwrap();
                    run(place.open().await.unwrap()).await;
                    place.remove().await.unwrap();
                }
            }
        )+
    };
}
