//! SQLite: one connection that writes, a few that read.
//!
//! INVARIANT: when a commit returns, the write-ahead log has been synced (`synchronous=FULL`). Checkpoints are made here
//! and not by SQLite itself, because SQLite swallows a sync that fails during one of its own.

use std::{fs::File, path::Path, sync::Arc, time::Duration};

use futures_util::{Stream, StreamExt as _};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Executor as _, SqlitePool,
    sqlite::{
        SqliteArguments, SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions,
        SqliteSynchronous,
    },
};
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::{Each, Row, StoreError, Value, row::Inner};

/// How many connections read. Reading is short; more would only wait for the two or four cores there are.
const READERS: u32 = 4;
/// How much is written, about, before the log is folded into the database file.
const CHECKPOINT: usize = 8 * 1024 * 1024;
/// What a transaction writes at least: a few pages.
const TRANSACTION: usize = 16 * 1024;
/// What a changed row writes beside its values, about: a page of each of two indexes.
const ROW: usize = 8 * 1024;

/// An open SQLite database.
#[derive(Clone, Debug)]
pub(crate) struct Sqlite {
    writer: Arc<Mutex<Writer>>,
    pub(crate) readers: SqlitePool,
    /// Held for as long as the database is open.
    _alone: Arc<File>,
}

/// Makes sure that no other process has the database, and that nobody else on this machine can read it. The system lets go
/// of it when this process ends, however it ends.
fn take_alone(path: &Path) -> Result<File, StoreError> {
    let mut options = File::options();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let open = |path: &Path| {
        let opened = options.open(path);
        opened.map_err(|why| StoreError::Failed(format!("{}: {why}", path.display())))
    };
    // SQLite gives the files beside the database the permissions that this one has.
    let file = open(path)?;
    #[cfg(unix)]
    {
        let wrong = |why| StoreError::Failed(format!("{}: {why}", path.display()));
        let mine = <std::fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o600);
        file.set_permissions(mine).map_err(wrong)?;
    }
    drop(file);
    // By whatever name it is opened, it is the same database.
    let mut lock = path.canonicalize().unwrap_or_else(|_| path.to_owned()).into_os_string();
    lock.push(".lock");
    let lock = open(Path::new(&lock))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(why) => Err(StoreError::Failed(format!(
            "{}: another server has this database open, and there can be one ({why})",
            path.display()
        ))),
    }
}

/// How many rows the thread that reads may be ahead of the task that takes them. Fewer cost more switches between the two;
/// more cost memory when rows are large.
const ROWS_AHEAD: usize = 256;

/// The one connection that writes.
#[derive(Debug)]
pub(crate) struct Writer {
    connection: SqliteConnection,
    /// Whether a transaction may have been begun and is not known to have ended, as when its request went away.
    open: bool,
    /// How much was written since the last checkpoint.
    written: usize,
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(5))
        .row_buffer_size(ROWS_AHEAD)
        .pragma("wal_autocheckpoint", "0")
        .pragma("journal_size_limit", "67108864")
        // With temporary data in memory, reading goes on when the disk is full.
        .pragma("temp_store", "MEMORY")
        .pragma("secure_delete", "FAST")
}

impl Sqlite {
    pub(crate) async fn open(path: &Path) -> Result<Self, StoreError> {
        let wrong = |error: sqlx::Error| StoreError::of_sqlite(&error);
        let alone = take_alone(path)?;
        let connection = options(path).connect().await.map_err(wrong)?;
        // The readers are opened now and kept: on a full disk or without descriptors, new ones could not be.
        let readers = SqlitePoolOptions::new()
            .min_connections(READERS)
            .max_connections(READERS)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            .connect_with(options(path).pragma("query_only", "1"))
            .await
            .map_err(wrong)?;
        let writer = Writer { connection, open: false, written: CHECKPOINT };
        Ok(Self { writer: Arc::new(Mutex::new(writer)), readers, _alone: Arc::new(alone) })
    }

    /// Begins a transaction; others wait until it is over.
    pub(crate) async fn begin(&self) -> Result<OwnedMutexGuard<Writer>, StoreError> {
        let mut writer = Arc::clone(&self.writer).lock_owned().await;
        if writer.open {
            // SQLite may have rolled back by itself, as on a full disk: then there is nothing to do, and it says so.
            let _ = writer.run("ROLLBACK").await;
        }
        // Said before it is done: the database may begin for somebody who has gone away and never hears of it.
        writer.open = true;
        writer.run("BEGIN IMMEDIATE").await?;
        Ok(writer)
    }
}

impl Writer {
    async fn run(&mut self, statement: &'static str) -> Result<(), StoreError> {
        let done = self.connection.execute(statement).await;
        done.map(|_| ()).map_err(|error| StoreError::of_sqlite(&error))
    }

    /// Commits; on success it is durable.
    pub(crate) async fn commit(&mut self) -> Result<(), StoreError> {
        self.run("COMMIT").await?;
        self.open = false;
        self.written += TRANSACTION;
        Ok(())
    }

    /// Folds the log into the database file when there is enough of it. Only a fatal failure is one: on a full disk the
    /// log stays longer, and nothing is lost.
    pub(crate) async fn checkpoint(&mut self) -> Result<(), StoreError> {
        if self.written < CHECKPOINT {
            return Ok(());
        }
        self.written = 0;
        match self.run("PRAGMA wal_checkpoint(PASSIVE)").await {
            Err(StoreError::Fatal(reason)) => Err(StoreError::Fatal(reason)),
            _ => Ok(()),
        }
    }

    pub(crate) async fn execute(&mut self, text: Text, values: Vec<Value>) -> Result<u64, StoreError> {
        self.written += values.iter().map(Value::weight).sum::<usize>();
        let done = text.query(arguments(values)?).execute(&mut self.connection).await;
        let changed = done.map(|done| done.rows_affected()).map_err(|error| StoreError::of_sqlite(&error))?;
        self.written =
            self.written.saturating_add(usize::try_from(changed).unwrap_or(usize::MAX).saturating_mul(ROW));
        Ok(changed)
    }

    pub(crate) async fn each(
        &mut self,
        text: Text,
        values: Vec<Value>,
        each: impl Each,
    ) -> Result<(), StoreError> {
        walk(text.query(arguments(values)?).fetch(&mut self.connection), each).await
    }

    /// Runs several statements that take no values.
    pub(crate) async fn script(&mut self, text: &str) -> Result<(), StoreError> {
        let done = sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut self.connection).await;
        done.map(|_| ()).map_err(|error| StoreError::of_sqlite(&error))
    }
}

impl Sqlite {
    pub(crate) async fn each(
        &self,
        text: Text,
        values: Vec<Value>,
        each: impl Each,
    ) -> Result<(), StoreError> {
        walk(text.query(arguments(values)?).fetch(&self.readers), each).await
    }
}

async fn walk(
    mut rows: impl Stream<Item = Result<sqlx::sqlite::SqliteRow, sqlx::Error>> + Unpin + Send,
    mut each: impl Each,
) -> Result<(), StoreError> {
    while let Some(row) = rows.next().await {
        let row = row.map_err(|error| StoreError::of_sqlite(&error))?;
        if !each(Row(Inner::Sqlite(row)))? {
            break;
        }
    }
    Ok(())
}

/// A statement's text: written in the program, or put together from such texts for a number of rows.
#[derive(Clone, Debug)]
pub(crate) enum Text {
    Fixed(&'static str),
    Made(String),
}

impl Text {
    /// The text as a query with its values.
    pub(crate) fn query<DB: sqlx::Database, A: sqlx::IntoArguments<DB>>(
        self,
        values: A,
    ) -> sqlx::query::Query<'static, DB, A> {
        match self {
            Self::Fixed(text) => sqlx::query_with(text, values),
            Self::Made(text) => sqlx::query_with(AssertSqlSafe(text), values),
        }
    }
}

fn arguments(values: Vec<Value>) -> Result<SqliteArguments, StoreError> {
    use sqlx::Arguments as _;
    let mut out = SqliteArguments::default();
    out.reserve(values.len(), 0);
    for value in values {
        match value {
            Value::Null => out.add(None::<i64>),
            Value::Integer(number) => out.add(number),
            Value::Text(text) => out.add(text),
            Value::Bytes(bytes) => out.add(bytes),
        }
        .map_err(|error| StoreError::Failed(error.to_string()))?;
    }
    Ok(out)
}
