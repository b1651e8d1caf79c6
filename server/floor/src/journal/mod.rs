//! The journal: what happened, one fact after the other, each bound to all before it by a hash chain.
//!
//! A fact is written in the transaction of the change it tells of. Facts carry ids, never content and never names of rooms.
//! Refusals are facts too, counted together so that nobody can fill the disk with them.

mod fact;
mod refusals;
mod write;

pub use fact::{Fact, Meaning};
pub use refusals::{Refusals, Refused};
pub use write::{BrokenJournal, Told, read, verify};

pub(crate) use fact::encode;
pub(crate) use write::append;

use crate::store::Migration;

/// The journal's own schema.
pub const MIGRATIONS: &[Migration] =
    &[Migration { name: "journal/0001_journal", sql: include_str!("0001_journal.sql") }];
