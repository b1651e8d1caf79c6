//! A transaction that writes, and the reading both it and a plain reader can do.

use std::future::Future;

use tokio::sync::OwnedMutexGuard;

use crate::bus::{Notice, notice};

use super::{
    Db, Dialect, Fatal, Row, Rows, StoreError, Value,
    db::Kind as DbKind,
    postgres::Turn,
    sqlite::{Text, Writer},
};

/// What is done with each row; answers whether more are wanted.
pub trait Each: FnMut(Row) -> Result<bool, StoreError> + Send {}

impl<F: FnMut(Row) -> Result<bool, StoreError> + Send> Each for F {}

/// Keeps every row.
fn all(rows: &mut Vec<Row>) -> impl Each + '_ {
    |row| {
        rows.push(row);
        Ok(true)
    }
}

/// Reading, inside a transaction or outside.
pub trait Read: Send {
    /// All rows of a query.
    fn rows(
        &mut self,
        sql: &'static str,
        values: Vec<Value>,
    ) -> impl Future<Output = Result<Vec<Row>, StoreError>> + Send {
        async move {
            let mut rows = Vec::new();
            self.each(sql, values, all(&mut rows)).await?;
            Ok(rows)
        }
    }

    /// The rows of a query one by one, as long as `each` wants more. What it fails with is passed on.
    fn each(
        &mut self,
        sql: &'static str,
        values: Vec<Value>,
        each: impl Each,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// All rows of a query over a list of values. The list is filled up with its last row, so that few statements serve
    /// all lengths: the query must not mind a row twice.
    fn list(
        &mut self,
        sql: Rows,
        values: Vec<Value>,
    ) -> impl Future<Output = Result<Vec<Row>, StoreError>> + Send;

    /// The first row of a query, if there is one.
    fn row(
        &mut self,
        sql: &'static str,
        values: Vec<Value>,
    ) -> impl Future<Output = Result<Option<Row>, StoreError>> + Send {
        async move { Ok(self.rows(sql, values).await?.into_iter().next()) }
    }

    /// Which database is read, for a [`super::Split`].
    fn dialect(&self) -> Dialect;
}

/// A transaction that writes. Dropped, it leaves nothing behind; only a `Work` with a fact can commit it.
pub struct Tx {
    kind: Kind,
    fatal: Fatal,
    notices: Vec<Notice>,
}

enum Kind {
    Sqlite(OwnedMutexGuard<Writer>),
    Postgres(Box<Turn>),
}

impl std::fmt::Debug for Tx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tx(…)")
    }
}

impl Tx {
    pub(crate) fn sqlite(writer: OwnedMutexGuard<Writer>) -> Self {
        Self { kind: Kind::Sqlite(writer), fatal: Fatal::default(), notices: Vec::new() }
    }

    pub(crate) fn postgres(turn: Turn) -> Self {
        Self { kind: Kind::Postgres(Box::new(turn)), fatal: Fatal::default(), notices: Vec::new() }
    }

    pub(crate) fn watched_by(self, fatal: Fatal) -> Self {
        Self { fatal, ..self }
    }

    /// Changes something; returns how many rows.
    pub async fn execute(&mut self, sql: &'static str, values: Vec<Value>) -> Result<u64, StoreError> {
        self.run(Text::Fixed(sql), values).await
    }

    /// Changes something with many rows of values; returns how many rows were changed.
    pub async fn execute_rows(&mut self, sql: Rows, values: Vec<Value>) -> Result<u64, StoreError> {
        let mut changed = 0;
        let mut left = values.len() / sql.columns.max(1);
        let mut values = values.into_iter();
        while left > 0 {
            let size = Rows::size(left);
            let chunk = values.by_ref().take(size * sql.columns).collect();
            changed += self.run(Text::Made(sql.text(size, self.dialect())), chunk).await?;
            left -= size;
        }
        Ok(changed)
    }

    /// Runs several statements that take no values, for migrations.
    pub(crate) async fn script(&mut self, text: &str) -> Result<(), StoreError> {
        let done = match &mut self.kind {
            Kind::Sqlite(writer) => writer.script(text).await,
            Kind::Postgres(turn) => turn.script(text).await,
        };
        self.fatal.watch(done)
    }

    /// Tells the other nodes of it, once it is durable. SQLite has one node.
    pub fn announce(&mut self, notice: Notice) {
        self.notices.push(notice);
    }

    /// Makes it durable. When this fails, nothing may be acknowledged.
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        let fatal = self.fatal;
        match self.kind {
            Kind::Sqlite(mut writer) => {
                fatal.watch(writer.commit().await)?;
                // What was committed is durable even when this fails; what comes later would not be.
                let _ = fatal.watch(writer.checkpoint().await);
                Ok(())
            }
            Kind::Postgres(turn) => fatal.watch(turn.commit(notice::messages(self.notices)).await),
        }
    }

    async fn run(&mut self, text: Text, values: Vec<Value>) -> Result<u64, StoreError> {
        let done = match &mut self.kind {
            Kind::Sqlite(writer) => writer.execute(text, values).await,
            Kind::Postgres(turn) => turn.execute(text, values).await,
        };
        self.fatal.watch(done)
    }

    async fn query(&mut self, text: Text, values: Vec<Value>, each: impl Each) -> Result<(), StoreError> {
        let done = match &mut self.kind {
            Kind::Sqlite(writer) => writer.each(text, values, each).await,
            Kind::Postgres(turn) => turn.each(text, values, each).await,
        };
        self.fatal.watch(done)
    }
}

impl Read for Tx {
    fn dialect(&self) -> Dialect {
        match self.kind {
            Kind::Sqlite(_) => Dialect::Sqlite,
            Kind::Postgres(_) => Dialect::Postgres,
        }
    }

    async fn each(
        &mut self,
        sql: &'static str,
        values: Vec<Value>,
        each: impl Each,
    ) -> Result<(), StoreError> {
        self.query(Text::Fixed(sql), values, each).await
    }

    async fn list(&mut self, sql: Rows, values: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        let (count, values) = fill(sql, values);
        let mut rows = Vec::new();
        self.query(Text::Made(sql.text(count, self.dialect())), values, all(&mut rows)).await?;
        Ok(rows)
    }
}

/// Reads what is committed. Clones share the connections.
#[derive(Clone, Debug)]
pub struct Reader(pub(super) Db);

impl Reader {
    async fn query(&self, text: Text, values: Vec<Value>, each: impl Each) -> Result<(), StoreError> {
        let done = match &self.0.kind {
            DbKind::Sqlite(db) => db.each(text, values, each).await,
            DbKind::Postgres(db) => db.each(text, values, each).await,
        };
        self.0.fatal().watch(done)
    }
}

impl Read for Reader {
    fn dialect(&self) -> Dialect {
        self.0.dialect()
    }

    async fn each(
        &mut self,
        sql: &'static str,
        values: Vec<Value>,
        each: impl Each,
    ) -> Result<(), StoreError> {
        self.query(Text::Fixed(sql), values, each).await
    }

    async fn list(&mut self, sql: Rows, values: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        let (count, values) = fill(sql, values);
        let mut rows = Vec::new();
        self.query(Text::Made(sql.text(count, self.dialect())), values, all(&mut rows)).await?;
        Ok(rows)
    }
}

/// Fills a list up with its last row to a length that statements are made for.
fn fill(sql: Rows, mut values: Vec<Value>) -> (usize, Vec<Value>) {
    let count = Rows::padded(values.len() / sql.columns.max(1));
    let last = values.len().saturating_sub(sql.columns);
    let row: Vec<Value> = values.iter().skip(last).cloned().collect();
    while values.len() < count * sql.columns && !row.is_empty() {
        values.extend(row.iter().cloned());
    }
    (count, values)
}
