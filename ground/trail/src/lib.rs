//! Hash chains: the room log's and the journal's.
//!
//! A chain head stands for everything before it. Both sides compute it; neither has to believe the other. The Merkle log
//! over the journal's heads comes with the witnesses and has its place here.

use chancery_wire::{
    frames::Kind,
    ids::{Digest, RoomId},
};
use sha2::{Digest as _, Sha256};

/// SHA-256 of some bytes.
#[must_use]
pub fn digest(bytes: &[u8]) -> Digest {
    Digest(Sha256::digest(bytes).into())
}

/// The head of a room's log before its first entry: it binds the chain to the room.
#[must_use]
pub fn room_start(room: RoomId) -> Digest {
    let mut hash = Sha256::new();
    hash.update(b"chancery room log 1");
    hash.update(room.as_bytes());
    Digest(hash.finalize().into())
}

/// The head of a room's log after the entry `seq`, whose body has the digest `body`.
///
/// `h(n) = SHA-256(h(n-1) || seq || kind || SHA-256(body))`, `seq` as 8 bytes big-endian, `kind` as one byte.
#[must_use]
pub fn room_next(head: Digest, seq: u64, kind: Kind, body: Digest) -> Digest {
    let mut hash = Sha256::new();
    hash.update(head.0);
    hash.update(seq.to_be_bytes());
    hash.update([kind as u8]);
    hash.update(body.0);
    Digest(hash.finalize().into())
}

/// The head of the journal before its first fact.
#[must_use]
pub fn journal_start() -> Digest {
    digest(b"chancery journal 1")
}

/// The head of the journal after the fact `seq`, written as `fact`.
#[must_use]
pub fn journal_next(head: Digest, seq: u64, fact: &[u8]) -> Digest {
    let mut hash = Sha256::new();
    hash.update(head.0);
    hash.update(seq.to_be_bytes());
    hash.update(digest(fact).0);
    Digest(hash.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOMS: &str = include_str!("../../../protocol/rooms.md");
    const JOURNAL: &str = include_str!("../../../protocol/journal.md");

    /// What a document states in the block it marks as ```` ```hex name ````.
    fn stated(document: &str, name: &str) -> String {
        let (_, rest) = document.split_once(&format!("```hex {name}\n")).expect("no such vector");
        rest.split_once("```").unwrap().0.split_whitespace().collect()
    }

    #[test]
    fn a_room_log_is_chained_as_the_document_states() {
        let start = room_start(RoomId([1; 16]));
        let first = room_next(start, 1, Kind::Message, digest(b"one"));
        let second = room_next(first, 2, Kind::Commit, digest(b"two"));
        for (name, head) in [("log-start", start), ("log-1", first), ("log-2", second)] {
            assert_eq!(head.to_string(), stated(ROOMS, name), "{name}");
        }
    }

    #[test]
    fn the_journal_is_chained_as_the_document_states() {
        let fact = |name| {
            let hex = stated(JOURNAL, name);
            let byte = |at: usize| u8::from_str_radix(hex.get(at..at + 2).unwrap(), 16).unwrap();
            (0..hex.len()).step_by(2).map(byte).collect::<Vec<u8>>()
        };
        let first = journal_next(journal_start(), 1, &fact("fact"));
        let second = journal_next(first, 2, &fact("fact-2"));
        for (name, head) in [("journal-start", journal_start()), ("journal-1", first), ("journal-2", second)]
        {
            assert_eq!(head.to_string(), stated(JOURNAL, name), "{name}");
        }
    }

    #[test]
    fn every_part_of_an_entry_changes_the_head() {
        let start = room_start(RoomId([1; 16]));
        let head = room_next(start, 1, Kind::Message, digest(b"one"));
        for other in [
            room_next(room_start(RoomId([2; 16])), 1, Kind::Message, digest(b"one")),
            room_next(start, 2, Kind::Message, digest(b"one")),
            room_next(start, 1, Kind::Commit, digest(b"one")),
            room_next(start, 1, Kind::Message, digest(b"two")),
        ] {
            assert_ne!(head, other);
        }
    }
}
