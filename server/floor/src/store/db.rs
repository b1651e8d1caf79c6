//! The database, whichever it is.

use std::path::Path;

use chancery_wire::time::Instant;

use super::{
    Dialect, Fatal, Follower, Read as _, Reader, StoreError, Tx, postgres::Postgres, sqlite::Sqlite,
};

/// An open database. Clones share it.
#[derive(Clone, Debug)]
pub struct Db {
    pub(crate) kind: Kind,
    fatal: Fatal,
}

/// Which one it is.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Sqlite(Sqlite),
    Postgres(Box<Postgres>),
}

impl Db {
    /// Opens a SQLite database, and makes it if there is none.
    pub async fn sqlite(path: &Path) -> Result<Self, StoreError> {
        Ok(Self { kind: Kind::Sqlite(Sqlite::open(path).await?), fatal: Fatal::default() })
    }

    /// Connects to a PostgreSQL database, which has to exist.
    pub async fn postgres(url: &str) -> Result<Self, StoreError> {
        Ok(Self { kind: Kind::Postgres(Box::new(Postgres::open(url).await?)), fatal: Fatal::default() })
    }

    /// Which database it is.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        match self.kind {
            Kind::Sqlite(_) => Dialect::Sqlite,
            Kind::Postgres(_) => Dialect::Postgres,
        }
    }

    /// The signal that the store failed for good.
    #[must_use]
    pub fn fatal(&self) -> &Fatal {
        &self.fatal
    }

    /// For reading what is committed, outside any transaction.
    #[must_use]
    pub fn reader(&self) -> Reader {
        Reader(self.clone())
    }

    /// Begins to listen to other nodes on the same database. A node that works `alone` gets no place beside others, nor do others beside it:
    /// nothing is answered then. SQLite has one node anyhow.
    pub async fn follow(&self, alone: bool) -> Result<Option<Follower>, StoreError> {
        match &self.kind {
            Kind::Sqlite(_) => Ok(Some(Follower(None))),
            Kind::Postgres(db) => {
                let mut following = db.follow(alone);
                Ok(Box::pin(following.begin()).await?.then(|| Follower(Some(following))))
            }
        }
    }

    /// Whether this node hears of what others write. On SQLite there is nothing to hear.
    #[must_use]
    pub fn hears(&self) -> bool {
        match &self.kind {
            Kind::Sqlite(_) => true,
            Kind::Postgres(db) => db.hears(),
        }
    }

    /// Sets a mark; `false` where it was set before, by any node. Beside all transactions, and kept until [`Self::forget_marks`] or a crash of
    /// the database. On SQLite, where one process knows it all by itself, every mark is new.
    pub async fn mark(&self, mark: [u8; 32], now: Instant) -> Result<bool, StoreError> {
        match &self.kind {
            Kind::Sqlite(_) => Ok(true),
            Kind::Postgres(db) => self.fatal.watch(db.mark(mark, now).await),
        }
    }

    /// Forgets the marks that were set before a moment.
    pub async fn forget_marks(&self, before: Instant) -> Result<(), StoreError> {
        match &self.kind {
            Kind::Sqlite(_) => Ok(()),
            Kind::Postgres(db) => self.fatal.watch(db.forget_marks(before).await),
        }
    }

    /// Says whether the database answers.
    pub async fn ready(&self) -> Result<(), StoreError> {
        self.fatal.check()?;
        self.reader().row("SELECT CAST(1 AS BIGINT)", vec![]).await.map(|_| ())
    }

    /// Begins a transaction that writes. Duties get one from `Desk::begin` only.
    pub(crate) async fn begin(&self) -> Result<Tx, StoreError> {
        self.fatal.check()?;
        let tx = match &self.kind {
            Kind::Sqlite(db) => db.begin().await.map(Tx::sqlite),
            Kind::Postgres(db) => db.begin().await.map(Tx::postgres),
        };
        self.fatal.watch(tx).map(|tx| tx.watched_by(self.fatal.clone()))
    }
}
