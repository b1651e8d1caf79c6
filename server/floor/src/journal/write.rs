//! Appending facts, and following the chain.

use chancery_trail::{journal_next, journal_start};
use chancery_wire::{ids::Digest, time::Instant};

use crate::{
    store::{Read, Rows, StoreError, Tx, Value},
    values,
};

/// How many facts are read at once.
const PAGE: i64 = 512;

const LAST: &str = "SELECT seq, head FROM journal ORDER BY seq DESC LIMIT 1";
const INSERT: Rows = Rows {
    head: "INSERT INTO journal (seq, at, kind, fact, head) VALUES",
    columns: 5,
    tail: "ON CONFLICT (seq) DO NOTHING",
};
const PAGE_AFTER: &str = "SELECT seq, at, kind, fact, head FROM journal WHERE seq > $1 ORDER BY seq LIMIT $2";

/// Appends facts at the end, in the transaction of what they tell.
pub(crate) async fn append(
    tx: &mut Tx,
    at: Instant,
    facts: Vec<(&'static str, Vec<u8>)>,
) -> Result<(), StoreError> {
    let (mut seq, mut head) = match tx.row(LAST, vec![]).await? {
        Some(row) => (row.count(0)?, Digest(row.fixed(1)?)),
        None => (0, journal_start()),
    };
    let count = facts.len();
    let mut values: Vec<Value> = Vec::with_capacity(count * INSERT.columns);
    for (kind, fact) in facts {
        seq += 1;
        head = journal_next(head, seq, &fact);
        values.extend(values![seq, at.0, kind, fact, head.0]);
    }
    let written = tx.execute_rows(INSERT, values).await?;
    if written == count as u64 { Ok(()) } else { Err(StoreError::Raced) }
}

/// A fact that was read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Its place: 1, 2, 3 … without gaps.
    pub seq: u64,
    /// When it was told.
    pub at: Instant,
    /// Its kind.
    pub kind: String,
    /// The fact as CBOR.
    pub fact: Vec<u8>,
    /// The head of the chain after it.
    pub head: Digest,
}

/// Reads facts after `after`, oldest first, a page at a time.
pub async fn read(from: &mut impl Read, after: u64) -> Result<Vec<Told>, StoreError> {
    let rows = from.rows(PAGE_AFTER, values![after, PAGE]).await?;
    rows.iter()
        .map(|row| {
            let (seq, at, kind) = (row.count(0)?, Instant(row.integer(1)?), row.text(2)?);
            Ok(Told { seq, at, kind, fact: row.bytes(3)?, head: Digest(row.fixed(4)?) })
        })
        .collect()
}

/// What is wrong with a journal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BrokenJournal {
    /// It could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A fact is missing, changed, or in the wrong place.
    #[error("the journal does not hold at {seq}")]
    At {
        /// Where the chain breaks.
        seq: u64,
    },
}

/// Follows the whole chain, and checks that the columns say what the facts say. Returns how many facts there are and
/// the head.
pub async fn verify(from: &mut impl Read) -> Result<(u64, Digest), BrokenJournal> {
    let (mut seq, mut head) = (0, journal_start());
    loop {
        let page = read(from, seq).await?;
        if page.is_empty() {
            return Ok((seq, head));
        }
        for told in page {
            seq += 1;
            head = journal_next(head, seq, &told.fact);
            let inside: Option<(i64, String, String, ciborium::Value)> =
                ciborium::from_reader(told.fact.as_slice()).ok();
            let same = inside.is_some_and(|(at, _, kind, _)| at == told.at.0 && kind == told.kind);
            if told.seq != seq || told.head != head || !same {
                return Err(BrokenJournal::At { seq });
            }
        }
    }
}
