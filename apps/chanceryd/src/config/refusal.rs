//! A configuration that is refused: one line, with the file, the line, and what to write instead.

use std::{
    fmt,
    ops::Range,
    path::{Path, PathBuf},
};

/// Why a configuration is refused. Displayed as `chancery.toml:12: …`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct RefusedConfig {
    file: PathBuf,
    line: Option<usize>,
    why: String,
}

impl fmt::Display for RefusedConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, "{line}:")?;
        }
        write!(f, " {}", self.why)
    }
}

impl RefusedConfig {
    /// The file itself cannot be read.
    pub(super) fn unreadable(file: &Path, why: &std::io::Error) -> Self {
        let hint = match why.kind() {
            std::io::ErrorKind::NotFound => "; write one with `chanceryd init --domain bank.example`",
            _ => "",
        };
        Self { file: file.to_owned(), line: None, why: format!("cannot be read: {why}{hint}") }
    }

    /// The file holds something else than text.
    pub(super) fn no_text(file: &Path, why: &std::string::FromUtf8Error) -> Self {
        let at = why.utf8_error().valid_up_to();
        let line = 1 + why.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count();
        Self { file: file.to_owned(), line: Some(line), why: "this is not UTF-8 text".to_owned() }
    }

    /// Something at a place of the text.
    pub(super) fn at(file: &Path, text: &str, at: Range<usize>, why: String) -> Self {
        let before = text.as_bytes().iter().take(at.start);
        let line = 1 + before.filter(|byte| **byte == b'\n').count();
        Self { file: file.to_owned(), line: Some(line), why }
    }

    /// The text is no TOML, or not of the form the file must have.
    pub(super) fn of_toml(file: &Path, text: &str, why: &toml::de::Error) -> Self {
        let message = why.message().lines().collect::<Vec<_>>().join("; ");
        let message = unknown_key(&message).unwrap_or(message);
        Self::at(file, text, why.span().unwrap_or_default(), message)
    }
}

/// The place of a key that is known to stand in the text, on a line of its own or in a table on one line.
pub(super) fn find_key(text: &str, key: &str) -> Range<usize> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let is_here = |(at, _)| {
            let (before, rest) = line.split_at_checked(at).unwrap_or((line, ""));
            let before = before.trim_end();
            let rest = rest.strip_prefix(key).map(str::trim_start);
            (before.is_empty() || before.ends_with(['{', ','])) && rest.is_some_and(|it| it.starts_with('='))
        };
        if !line.trim_start().starts_with('#') && line.match_indices(key).any(is_here) {
            break;
        }
        start += line.len();
    }
    start..start
}

/// Says of an unknown key which one was probably meant. `None` when the message is about something else.
fn unknown_key(message: &str) -> Option<String> {
    let (_, rest) = message.split_once("unknown field `")?;
    let (key, rest) = rest.split_once('`')?;
    let known: Vec<&str> = rest.split('`').skip(1).step_by(2).collect();
    let nearest = known.iter().map(|name| (distance(key, name), *name)).min()?;
    Some(match nearest {
        (steps, name) if steps <= 1 + name.len() / 4 => {
            format!("unknown key `{key}`: did you mean `{name}`?")
        }
        _ => format!("unknown key `{key}`: here may stand {}", known.join(", ")),
    })
}

/// How many letters have to be changed, added or taken away to make one word out of the other.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut above = i;
        let mut left = i + 1;
        for (cell, b) in row.iter_mut().skip(1).zip(other.chars()) {
            let changed = above + usize::from(a != b);
            above = *cell;
            left = changed.min(left + 1).min(above + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_on_its_own_line_and_in_a_table() {
        let text = "# url = 1\nurl_file = 2\n  url = 3\ns3 = { a = 1, key= 2 }\n";
        for (key, start) in [("url", 23), ("url_file", 10), ("a", 33), ("key", 33), ("none", text.len())] {
            assert_eq!(find_key(text, key).start, start, "{key}");
        }
    }

    #[test]
    fn words_are_as_far_apart_as_they_look() {
        for (one, other, steps) in [
            ("listen", "listen", 0),
            ("lisen", "listen", 1),
            ("listne", "listen", 2),
            ("", "key", 3),
            ("key", "", 3),
        ] {
            assert_eq!(distance(one, other), steps, "{one} {other}");
        }
    }
}
