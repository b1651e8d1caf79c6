//! Searching: what a person types becomes what the vault is asked.
//!
//! Words that all have to be there, `"phrases in quotes"`, beginnings such as `budg*`, and `from:bob`, `in:"Ward 7"`, `has:file`,
//! `before:2026-11-01`, `after:2026-10-01`. Days are those of UTC.

use chancery_engine::{Line, RoomView};
use chancery_vault::Search;
use chancery_wire::time::{DAY, Instant};

use crate::{client::Client, error::SdkError};

impl Client {
    /// Texts that a person searches for in these words, the newest first.
    pub fn search(&self, asked: &str, limit: u32) -> Result<Vec<Line>, SdkError> {
        let rooms = |text: &str| self.find_room(text);
        Ok(self.engine.search(&parse(asked, rooms)?, limit)?)
    }
}

/// Reads a question; `room` finds the room that is meant.
fn parse(asked: &str, room: impl Fn(&str) -> Result<RoomView, SdkError>) -> Result<Search, SdkError> {
    let mut search = Search::default();
    let mut words = Vec::new();
    for term in terms(asked) {
        let (key, value) = term.split_once(':').unwrap_or(("", &term));
        let value = value.trim_matches('"');
        match key {
            "from" => {
                let wrong = |_| SdkError::Search(format!("'{value}' is no name of a person"));
                search.from = Some(value.parse().map_err(wrong)?);
            }
            "in" => search.room = Some(room(value)?.id),
            "has" if value == "file" => search.files = true,
            "before" => search.before = Some(day(value)?),
            // What was said on that day is not after it.
            "after" => search.since = Some(day(value)?.plus_seconds(DAY)),
            _ => words.extend(word(&term)),
        }
    }
    let asks = !words.is_empty();
    if !asks && search == Search::default() {
        return Err(SdkError::Search("there is no word in it to search for".to_owned()));
    }
    search.words = asks.then(|| words.join(" "));
    Ok(search)
}

/// The parts of a question: separated by blanks, but for blanks in quotes.
fn terms(asked: &str) -> Vec<String> {
    let (mut terms, mut term, mut quoted) = (Vec::new(), String::new(), false);
    for c in asked.chars() {
        if c.is_whitespace() && !quoted {
            terms.push(std::mem::take(&mut term));
            continue;
        }
        quoted ^= c == '"';
        term.push(c);
    }
    terms.push(term);
    terms.retain(|term| !term.is_empty());
    terms
}

/// A word, phrase or beginning as SQLite's FTS5 is asked for it; nothing when there is no letter and no digit in it.
fn word(term: &str) -> Option<String> {
    let (text, star) = term.strip_suffix('*').map_or((term, ""), |text| (text, "*"));
    let text = text.replace('"', "");
    text.chars().any(char::is_alphanumeric).then(|| format!("\"{text}\"{star}"))
}

/// The beginning of a day such as 2026-11-25.
fn day(text: &str) -> Result<Instant, SdkError> {
    let wrong = || SdkError::Search(format!("'{text}' is no day such as 2026-11-25"));
    let parts: Vec<i64> =
        text.split('-').map(|part| part.parse().map_err(|_| wrong())).collect::<Result<_, _>>()?;
    let [year @ 1970..=9999, month @ 1..=12, day @ 1..=31] = parts.as_slice() else { return Err(wrong()) };
    // Days since 1970 from a civil date (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms").
    let shifted = if *month <= 2 { year - 1 } else { *year };
    let (era, of_era) = (shifted.div_euclid(400), shifted.rem_euclid(400));
    let of_year = (153 * (month + if *month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    Ok(Instant(0).plus_seconds(days * DAY))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(text: &str) -> Search {
        parse(text, |_| Err(SdkError::ProfileName)).unwrap()
    }

    #[test]
    fn what_is_typed_is_asked() {
        let words = |text: &str| asked(text).words.unwrap();
        assert_eq!(words("budget report"), r#""budget" "report""#);
        assert_eq!(words(r#"  "quarterly report" budg*"#), r#""quarterly report" "budg"*"#);
        // Nothing typed is taken for an operator of the index.
        assert_eq!(words(r#"NEAR OR ( - said:x ^y !! ""#), r#""NEAR" "OR" "said:x" "^y""#);
        let all = asked("from:bob before:2026-11-25 after:2026-11-01 x");
        assert_eq!(all.from, Some("bob".parse().unwrap()));
        assert_eq!(all.before, Some(Instant(1_795_564_800_000)));
        assert_eq!(all.since, Some(Instant(1_793_577_600_000)));
        assert!(asked("from:bob").words.is_none());
        assert!(asked("has:file x").files && !asked("has:them x").files);
    }

    #[test]
    fn what_cannot_be_asked_is_refused() {
        let refused = |text: &str| parse(text, |_| Err(SdkError::ProfileName)).unwrap_err().to_string();
        assert!(refused(" !! ").contains("no word"));
        assert!(refused("before:yesterday").contains("no day"));
        assert!(refused("before:2026-13-01").contains("no day"));
        assert!(refused("from:B!b").contains("no name"));
    }
}
