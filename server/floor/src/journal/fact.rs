//! What a fact is.

use chancery_wire::time::Instant;
use serde::Serialize;

/// Something that happened. It carries ids, never content.
pub trait Fact: Serialize + Send + Sync {
    /// Its kind in past tense, such as `accounts.joined`. Never renamed, never used again for something else.
    const KIND: &'static str;
    /// What it tells, in a sentence.
    const MEANING: &'static str;
}

/// A kind of fact, for `protocol/facts.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// The kind.
    pub kind: &'static str,
    /// What it tells.
    pub meaning: &'static str,
}

impl Meaning {
    /// The kind and meaning of a fact.
    #[must_use]
    pub const fn of<F: Fact>() -> Self {
        Self { kind: F::KIND, meaning: F::MEANING }
    }
}

/// A fact as it is written: CBOR `[at, actor, kind, {…}]`.
pub(crate) fn encode<F: Fact>(at: Instant, actor: &str, fact: &F) -> Vec<u8> {
    let mut out = Vec::new();
    // Writing CBOR into memory cannot fail.
    let _ = ciborium::into_writer(&(at, actor, F::KIND, fact), &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sessions ran out.
    #[derive(Serialize)]
    struct Expired {
        sessions: u64,
    }

    impl Fact for Expired {
        const KIND: &'static str = "signin.expired";
        const MEANING: &'static str = "sessions ran out";
    }

    #[test]
    fn a_fact_is_written_as_the_document_states() {
        let document = include_str!("../../../../protocol/journal.md");
        for (name, at, sessions) in [("fact", 1_700_000_000_000, 3), ("fact-2", 1_700_000_000_001, 1)] {
            let (_, rest) = document.split_once(&format!("```hex {name}\n")).unwrap();
            let stated: String = rest.split_once("```").unwrap().0.split_whitespace().collect();
            let written = encode(Instant(at), "house", &Expired { sessions });
            let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap();
            let hex: String = written.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect();
            assert_eq!(hex, stated, "{name}");
        }
    }
}
