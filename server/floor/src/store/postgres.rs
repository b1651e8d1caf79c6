//! PostgreSQL: serialisable transactions, one writer at a time, on one node or several.
//!
//! Facts form one chain, so every two writers would race and one of them lose. They queue instead, in this process and
//! between processes, by locking one empty table before the transaction takes its snapshot. `SERIALIZABLE` stays the
//! guarantee; the queue only spares the work of losing.

use std::{
    str::FromStr as _,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use chancery_wire::time::Instant;
use futures_util::{Stream, StreamExt as _};
use sqlx::{
    AssertSqlSafe, PgPool, PgTransaction,
    encode::IsNull,
    error::BoxDynError,
    postgres::{
        PgArgumentBuffer, PgArguments, PgConnectOptions, PgPoolOptions, PgTypeInfo, Postgres as Pg,
        types::Oid,
    },
};
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::{Each, Row, StoreError, Value, follow::Following, row::Inner, sqlite::Text};

/// How many connections there are: one writes, the others read.
const CONNECTIONS: u32 = 8;
/// When the database gives a node up whose machine is gone: it may hold the turn, and then nobody writes.
const GIVEN_UP: [(&str, &str); 4] = [
    ("idle_in_transaction_session_timeout", "30s"),
    ("tcp_keepalives_idle", "5"),
    ("tcp_keepalives_interval", "2"),
    ("tcp_keepalives_count", "5"),
];
/// Takes the turn. Two statements in one message, so that no snapshot is taken between them.
const BEGIN: &str = "BEGIN ISOLATION LEVEL SERIALIZABLE; LOCK TABLE store_turn IN EXCLUSIVE MODE";
/// Tells the other nodes, with the transaction that it is in.
const NOTIFY: &str = "SELECT pg_notify('chancery', $1)";
/// Makes what taking turns needs. The advisory lock keeps two nodes that start together from racing here.
///
/// Marks are not logged: they are not synced, and gone after a crash of the database.
const TURN: &str = "SELECT pg_advisory_xact_lock(7101); CREATE TABLE IF NOT EXISTS store_turn (turn BIGINT);
    CREATE UNLOGGED TABLE IF NOT EXISTS store_marks (mark BYTEA PRIMARY KEY, at BIGINT NOT NULL)";
const MARK: &str = "INSERT INTO store_marks (mark, at) VALUES ($1, $2) ON CONFLICT DO NOTHING";
const FORGET: &str = "DELETE FROM store_marks WHERE at < $1";

/// An open PostgreSQL database.
#[derive(Clone, Debug)]
pub(crate) struct Postgres {
    pool: PgPool,
    turn: Arc<Mutex<()>>,
    options: PgConnectOptions,
    /// What this node calls itself, so that it does not listen to itself.
    node: Arc<str>,
    /// Whether it listens to the others.
    hears: Arc<AtomicBool>,
}

/// The transaction that has its turn.
pub(crate) struct Turn {
    transaction: PgTransaction<'static>,
    node: Arc<str>,
    _guard: OwnedMutexGuard<()>,
}

impl Postgres {
    pub(crate) async fn open(url: &str) -> Result<Self, StoreError> {
        let wrong = |error: sqlx::Error| StoreError::of_postgres(&error);
        // `CREATE … IF NOT EXISTS` of what exists is no news.
        let options = PgConnectOptions::from_str(url)
            .map_err(wrong)?
            .options([("client_min_messages", "warning")])
            .options(GIVEN_UP)
            .application_name("chancery");
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(Duration::from_secs(10))
            .test_before_acquire(false)
            .connect_with(options.clone())
            .await
            .map_err(wrong)?;
        sqlx::raw_sql(TURN).execute(&pool).await.map_err(wrong)?;
        let node = sqlx::query_scalar::<_, String>("SELECT gen_random_uuid()::TEXT").fetch_one(&pool).await;
        let (node, hears) = (node.map_err(wrong)?.into(), Arc::default());
        Ok(Self { pool, turn: Arc::default(), options, node, hears })
    }

    /// Listens to the other nodes.
    pub(crate) fn follow(&self, alone: bool) -> Following {
        Following::new(self.options.clone(), Arc::clone(&self.node), alone, Arc::clone(&self.hears))
    }

    /// Whether what others write is heard.
    pub(super) fn hears(&self) -> bool {
        self.hears.load(Ordering::SeqCst)
    }

    /// Sets a mark, in a transaction of its own that takes no turn; `false` where it was set before.
    pub(super) async fn mark(&self, mark: [u8; 32], now: Instant) -> Result<bool, StoreError> {
        let set = sqlx::query(MARK).bind(mark.as_slice()).bind(now.0).execute(&self.pool).await;
        set.map(|set| set.rows_affected() == 1).map_err(|error| StoreError::of_postgres(&error))
    }

    pub(super) async fn forget_marks(&self, before: Instant) -> Result<(), StoreError> {
        let gone = sqlx::query(FORGET).bind(before.0).execute(&self.pool).await;
        gone.map(drop).map_err(|error| StoreError::of_postgres(&error))
    }

    /// Begins a transaction; others wait until it is over.
    ///
    /// It is begun in a task of its own, to its end: the library forgets a transaction whose beginning is broken off, as when
    /// its request goes away, and its connection would keep the turn for ever. In the task it is rolled back when nobody is
    /// left to take it.
    pub(crate) async fn begin(&self) -> Result<Turn, StoreError> {
        let turn = Arc::clone(&self.turn).lock_owned().await;
        let (pool, node) = (self.pool.clone(), Arc::clone(&self.node));
        #[expect(clippy::disallowed_methods, reason = "it ends by itself, and nobody may end it before")]
        let beginning = tokio::spawn(async move {
            let transaction = pool.begin_with(BEGIN).await?;
            Ok(Turn { transaction, node, _guard: turn })
        });
        let begun = beginning.await.map_err(|why| StoreError::Failed(why.to_string()))?;
        begun.map_err(|error: sqlx::Error| StoreError::of_postgres(&error))
    }

    pub(crate) async fn each(
        &self,
        text: Text,
        values: Vec<Value>,
        each: impl Each,
    ) -> Result<(), StoreError> {
        walk(text.query(arguments(values)?).fetch(&self.pool), each).await
    }
}

impl Turn {
    /// Commits; on success it is durable, and the other nodes are told.
    pub(crate) async fn commit(mut self, messages: Vec<String>) -> Result<(), StoreError> {
        for message in messages {
            let message = format!("{}\n{message}", self.node);
            self.execute(Text::Fixed(NOTIFY), vec![Value::Text(message)]).await?;
        }
        self.transaction.commit().await.map_err(|error| StoreError::of_postgres(&error))
    }

    pub(crate) async fn execute(&mut self, text: Text, values: Vec<Value>) -> Result<u64, StoreError> {
        let done = text.query(arguments(values)?).execute(&mut *self.transaction).await;
        done.map(|done| done.rows_affected()).map_err(|error| StoreError::of_postgres(&error))
    }

    pub(crate) async fn each(
        &mut self,
        text: Text,
        values: Vec<Value>,
        each: impl Each,
    ) -> Result<(), StoreError> {
        walk(text.query(arguments(values)?).fetch(&mut *self.transaction), each).await
    }

    /// Runs several statements that take no values.
    pub(crate) async fn script(&mut self, text: &str) -> Result<(), StoreError> {
        let done = sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut *self.transaction).await;
        done.map(|_| ()).map_err(|error| StoreError::of_postgres(&error))
    }
}

async fn walk(
    mut rows: impl Stream<Item = Result<sqlx::postgres::PgRow, sqlx::Error>> + Unpin + Send,
    mut each: impl Each,
) -> Result<(), StoreError> {
    while let Some(row) = rows.next().await {
        let row = row.map_err(|error| StoreError::of_postgres(&error))?;
        if !each(Row(Inner::Postgres(row)))? {
            break;
        }
    }
    Ok(())
}

/// A null whose type the server works out from where it stands.
struct Untyped;

impl sqlx::Type<Pg> for Untyped {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(0))
    }
}

impl sqlx::Encode<'_, Pg> for Untyped {
    fn encode_by_ref(&self, _: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        Ok(IsNull::Yes)
    }
}

fn arguments(values: Vec<Value>) -> Result<PgArguments, StoreError> {
    use sqlx::Arguments as _;
    let mut out = PgArguments::default();
    out.reserve(values.len(), values.iter().map(Value::weight).sum());
    for value in values {
        match value {
            Value::Null => out.add(Untyped),
            Value::Integer(number) => out.add(number),
            Value::Text(text) => out.add(text),
            Value::Bytes(bytes) => out.add(bytes),
        }
        .map_err(|error| StoreError::Failed(error.to_string()))?;
    }
    Ok(out)
}
