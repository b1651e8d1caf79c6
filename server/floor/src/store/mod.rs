//! The store: one SQL text for SQLite and PostgreSQL, one writer at a time, durable when it says so.
//!
//! SQLite is embedded: one connection writes (WAL, `synchronous=FULL`), a few read. PostgreSQL is for more than one node:
//! `SERIALIZABLE`, and writers queue for their turn. Values are null, integer, text and bytes; instants and flags are
//! integers. Nothing is built on catching a constraint error: `ON CONFLICT DO NOTHING`, then look at the count.

mod db;
mod error;
mod fatal;
mod follow;
mod migrate;
mod postgres;
mod row;
mod sql;
mod sqlite;
mod tx;

pub use db::Db;
pub use error::StoreError;
pub use fatal::Fatal;
pub use follow::{Follower, Heard};
pub use migrate::{Dialect, Migration, schema};
pub use row::Row;
pub use sql::{Rows, Split, Value};
pub use tx::{Each, Read, Reader, Tx};
