//! Marks: what a text carries besides its words. Whom it names, how long it is good for, whether it waits for an answer.

use ciborium::Value;

use super::{InvalidContent, mimi::number};
use crate::{names::Handle, time::Instant};

/// The most accounts a text can name.
const MENTIONS_LIMIT: usize = 100;
/// Our MIMI extension with the accounts a text names.
const MENTIONS: &str = "chancery.mentions";
/// Our MIMI extension of a text that is to be acknowledged.
const URGENT: &str = "chancery.urgent";

/// What a text carries besides its words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// The accounts it names, each once, in alphabetical order.
    pub mentions: Vec<Handle>,
    /// Whether everybody is asked to acknowledge it.
    pub urgent: bool,
    /// When it is deleted from every device: seconds since 1970.
    pub expires: Option<u32>,
}

impl Marks {
    /// When the text is deleted from every device.
    #[must_use]
    pub fn expiry(&self) -> Option<Instant> {
        self.expires.map(|seconds| Instant(i64::from(seconds).saturating_mul(1000)))
    }

    /// The accounts among `members` that a text names, as `@bob`.
    #[must_use]
    pub fn mentioned<'h>(text: &str, members: impl IntoIterator<Item = &'h Handle>) -> Vec<Handle> {
        // A name goes on with these: `@bob` is nobody in `@bobby` or `alice@bob.example`.
        let part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
        let names = |handle: &Handle| {
            let wanted = format!("@{handle}");
            text.match_indices(&wanted).any(|(at, _)| {
                let before = text.get(..at).and_then(|before| before.chars().next_back());
                let after = text.get(at + wanted.len()..).unwrap_or_default();
                let mut after = after.chars();
                let goes_on = match after.next() {
                    Some('.') => after.next().is_some_and(part),
                    Some(c) => part(c),
                    None => false,
                };
                !before.is_some_and(part) && !goes_on
            })
        };
        let mut found: Vec<Handle> = members.into_iter().filter(|handle| names(handle)).cloned().collect();
        found.sort_unstable();
        found.dedup();
        found.truncate(MENTIONS_LIMIT);
        found
    }

    /// The MIMI fields `expires` and `extensions`.
    pub(super) fn fields(&self) -> (Value, Value) {
        let expires = match self.expires {
            // Not relative: the same moment for everybody.
            Some(seconds) => Value::Array(vec![Value::Bool(false), seconds.into()]),
            None => Value::Null,
        };
        let mut extensions = Vec::new();
        if !self.mentions.is_empty() {
            let names = self.mentions.iter().map(|handle| handle.as_str().into()).collect();
            extensions.push((MENTIONS.into(), Value::Array(names)));
        }
        if self.urgent {
            extensions.push((URGENT.into(), Value::Bool(true)));
        }
        (expires, Value::Map(extensions))
    }

    /// Reads the two fields.
    pub(super) fn read(expires: Value, extensions: Value) -> Result<Self, InvalidContent> {
        let mut marks = Self::default();
        if !expires.is_null() {
            let fields = expires.into_array().map_err(|_| InvalidContent::Malformed)?;
            marks.expires = match fields.as_slice() {
                [Value::Bool(false), seconds] => {
                    Some(u32::try_from(number(seconds)?).map_err(|_| InvalidContent::Malformed)?)
                }
                [Value::Bool(true), _] => return Err(InvalidContent::Unknown),
                _ => return Err(InvalidContent::Malformed),
            };
        }
        for (key, value) in extensions.into_map().map_err(|_| InvalidContent::Malformed)? {
            match (key.as_text(), value) {
                (Some(URGENT), Value::Bool(true)) => marks.urgent = true,
                (Some(MENTIONS), Value::Array(names)) if names.len() <= MENTIONS_LIMIT => {
                    for name in names {
                        let name = name.into_text().map_err(|_| InvalidContent::Malformed)?;
                        marks.mentions.push(name.parse().map_err(|_| InvalidContent::Malformed)?);
                    }
                }
                _ => return Err(InvalidContent::Unknown),
            }
        }
        let mut sorted = marks.mentions.clone();
        sorted.sort_unstable();
        sorted.dedup();
        if sorted == marks.mentions { Ok(marks) } else { Err(InvalidContent::Malformed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_named_is_named_as_a_word_of_its_own() {
        let members: Vec<Handle> = ["bob", "bobby", "carol"].iter().map(|it| it.parse().unwrap()).collect();
        for (text, named) in [
            ("@bob look", vec!["bob"]),
            ("look, @bob.", vec!["bob"]),
            ("(@bob, @carol)", vec!["bob", "carol"]),
            ("@bobby", vec!["bobby"]),
            ("alice@bob", vec![]),
            ("@bob.example", vec![]),
            ("@dora", vec![]),
        ] {
            let found = Marks::mentioned(text, &members);
            assert_eq!(found.iter().map(Handle::as_str).collect::<Vec<_>>(), named, "{text}");
        }
    }
}
