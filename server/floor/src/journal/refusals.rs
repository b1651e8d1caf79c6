//! Refusals: what was asked and not done. Counted, and written at most once a second, so that nobody can fill the disk.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use chancery_wire::time::Instant;
use serde::Serialize;

use super::{Fact, append, encode};
use crate::store::{Db, StoreError};

/// How many different refusals are told apart between two writings. Beyond, they count as somebody's.
const LINES: usize = 256;
/// Milliseconds between two writings.
const PAUSE: i64 = 1000;
/// Whom a refusal is counted under when there are too many to tell apart.
const SOMEBODY: &str = "somebody";

/// What is counted together: the code, what was asked, by whom.
type Line = (&'static str, String, String);

/// The count of refusals not yet written.
#[derive(Debug, Default)]
pub struct Refusals {
    waiting: Mutex<Waiting>,
    /// Whose turn it is to write.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Waiting {
    lines: BTreeMap<Line, u64>,
    written: Option<Instant>,
}

/// Somebody asked for something and was refused.
#[derive(Clone, Debug, Serialize)]
pub struct Refused {
    /// The refusals since this was told last: the code, what was asked, who asked, how often.
    pub refusals: Vec<(&'static str, String, String, u64)>,
}

impl Fact for Refused {
    const KIND: &'static str = "journal.refused";
    const MEANING: &'static str =
        "requests were refused: code, what was asked, by whom, how often; at most one such fact a second";
}

impl Refusals {
    /// Counts a refusal. `asked` is an action or a route, never something the asker wrote.
    pub fn note(&self, code: &'static str, asked: &str, actor: &str) {
        let mut waiting = self.waiting();
        let line = (code, asked.to_owned(), actor.to_owned());
        let full = waiting.lines.len() >= LINES && !waiting.lines.contains_key(&line);
        let line = if full { (code, String::new(), SOMEBODY.to_owned()) } else { line };
        *waiting.lines.entry(line).or_default() += 1;
    }

    /// Writes what waits, unless something was written less than a second ago.
    pub async fn settle(&self, db: &Db, now: Instant) -> Result<(), StoreError> {
        let due = |waiting: &Waiting| waiting.written.is_none_or(|at| now.0 >= at.0 + PAUSE || now < at);
        self.write(db, now, due).await
    }

    /// Writes what waits, now.
    pub async fn flush(&self, db: &Db, now: Instant) -> Result<(), StoreError> {
        self.write(db, now, |_| true).await
    }

    async fn write(&self, db: &Db, now: Instant, due: impl Fn(&Waiting) -> bool) -> Result<(), StoreError> {
        // One writes at a time: whoever waits here finds written what was being written.
        let _turn = self.turn.lock().await;
        let lines = {
            let waiting = self.waiting();
            if waiting.lines.is_empty() || !due(&waiting) {
                return Ok(());
            }
            waiting.lines.clone()
        };
        let line =
            |((code, asked, actor), count): (&Line, &u64)| (*code, asked.clone(), actor.clone(), *count);
        let fact = Refused { refusals: lines.iter().map(line).collect() };
        let mut tx = db.begin().await?;
        append(&mut tx, now, vec![(Refused::KIND, encode(now, "house", &fact))]).await?;
        tx.commit().await?;
        // Only now: what was not written, for whatever reason, still waits.
        let mut waiting = self.waiting();
        waiting.written = Some(now);
        for (line, count) in lines {
            if let Some(left) = waiting.lines.get_mut(&line) {
                *left = left.saturating_sub(count);
            }
        }
        waiting.lines.retain(|_, count| *count > 0);
        Ok(())
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
