//! Words that are not written here: promises nobody can keep, things put off, tests that do not run or only wait.
//!
//! This file is the one place where they stand.

use super::Untidy;
use crate::sources::Source;

/// This file, which has to name what it looks for.
const HERE: &str = "xtask/src/tidy/words.rs";
/// What sounds like a promise and is none. A certificate or an audit is named instead, with its date.
const PROMISES: [&str; 5] = ["compliant", "certified", "military-grade", "unbreakable", "bank-grade"];
/// The sentence a person sees about a contact is the protocol's own and is meant literally.
const MEANT: &str = "certified by";
/// What FIDO reports of a model of authenticators (MDS 3.0, section 3.1.4): its word, of somebody else's thing.
const REPORTED: &str = "FIDO_CERTIFIED";
/// What was put off, and what belongs into a debugger.
const LEFT_OVER: [&str; 6] = ["TODO", "FIXME", "todo!(", "unimplemented!(", "dbg!(", "#[ignore"];

pub(super) fn check(sources: &[Source]) -> Vec<Untidy> {
    let mut broken = Vec::new();
    let written = [".rs", ".md", ".toml", ".sql", ".sh", ".cedar", ".ts", ".tsx", ".css"];
    for source in sources.iter().filter(|source| source.is(&written) && source.path != HERE) {
        for (number, line) in source.lines() {
            let low = line.replace(REPORTED, "").to_lowercase().replace(MEANT, "");
            let promise = PROMISES.iter().find(|word| has_word(&low, word));
            broken.extend(
                promise.map(|word| Untidy::at(source, number, format!("`{word}` promises too much"))),
            );
            let left = LEFT_OVER.iter().find(|word| line.contains(**word));
            broken.extend(left.map(|word| Untidy::at(source, number, format!("`{word}` is left over"))));
            let waits = source.is(&[".rs"]) && line.contains("sleep(") && source.is_test(number);
            // What is measured takes the time it takes.
            if waits && !source.path.starts_with("tests/benches/") {
                broken.push(Untidy::at(source, number, "a test waits for what it tests, it does not sleep"));
            }
        }
    }
    broken
}

/// Whether a line has this word, and not only a longer one around it.
fn has_word(line: &str, word: &str) -> bool {
    let is_letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    line.split(word)
        .zip(line.split(word).skip(1))
        .any(|(before, after)| !is_letter(before.chars().next_back()) && !is_letter(after.chars().next()))
}

#[cfg(test)]
mod tests {
    use super::super::{planted, said};

    #[test]
    fn a_promise_is_found_in_any_case() {
        let found = said(
            super::check,
            &[planted(
                "README.md",
                "Fully GDPR-Compliant\ncertified by bank.example\nCertifiedKey\nNOT_FIDO_CERTIFIED_L2",
            )],
        );
        assert_eq!(found, ["README.md:1: `compliant` promises too much"]);
    }

    #[test]
    fn what_was_put_off_is_found() {
        for line in ["// TODO: later", "    todo!()", "dbg!(x);", "#[ignore = \"slow\"]"] {
            assert_eq!(said(super::check, &[planted("a.rs", line)]).len(), 1, "{line}");
        }
    }

    #[test]
    fn a_sleeping_test_is_found_and_a_sleeping_server_is_not() {
        let sleeps = "tokio::time::sleep(second).await;";
        assert_eq!(said(super::check, &[planted("tests/scenarios/tests/a.rs", sleeps)]).len(), 1);
        assert!(said(super::check, &[planted("apps/chanceryd/src/a.rs", sleeps)]).is_empty());
        let inside = format!("//! A.\n#[cfg(test)]\nmod tests {{ {sleeps} }}");
        assert_eq!(said(super::check, &[planted("apps/chanceryd/src/a.rs", &inside)]).len(), 1);
    }
}
