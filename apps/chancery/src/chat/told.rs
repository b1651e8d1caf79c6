//! What is told to the screen by those who work beside it.

use chancery_sdk::{News, Nudge};

/// Something that was told.
#[derive(Debug)]
pub(super) enum Told {
    /// This wakes who is online.
    Nudge(Nudge),
    /// Something happened in a room, or to the connection.
    News(News),
    /// Being online has ended for this reason, and is tried again if `again` says so.
    Ended { why: String, again: bool },
    /// A file is so far.
    Carried { number: usize, done: u64, all: u64 },
    /// A file is there, or why it is not.
    Finished { number: usize, outcome: Result<String, String> },
}
