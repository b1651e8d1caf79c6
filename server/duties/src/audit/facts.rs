//! What audit tells the journal.

use chancery_floor::journal::{Fact, Meaning};
use chancery_wire::names::Handle;
use serde::Serialize;

/// Somebody has read the journal.
#[derive(Debug, Serialize)]
pub(crate) struct JournalRead {
    /// Who.
    pub by: Handle,
    /// After which fact.
    pub after: u64,
    /// How many facts.
    pub facts: u64,
}

impl Fact for JournalRead {
    const KIND: &'static str = "audit.read";
    const MEANING: &'static str = "somebody read the journal: who, after which fact, how many facts";
}

/// Every kind of fact this duty tells.
pub(crate) const FACTS: &[Meaning] = &[Meaning::of::<JournalRead>()];
