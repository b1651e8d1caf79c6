//! What a person wrote, and what is not fit to be that.

use std::fmt;

/// The longest text of one message, in bytes of UTF-8.
pub const TEXT_LIMIT: usize = 32 * 1024;
/// The longest name, in bytes of UTF-8.
pub const NAME_LIMIT: usize = 256;
/// The longest reaction, in bytes of UTF-8: one emoji, however many characters it is made of.
pub const REACTION_LIMIT: usize = 64;

/// Text a person wrote. It can be shown to members and nowhere else.
#[derive(Clone, PartialEq, Eq)]
pub struct Written(String);

impl Written {
    /// Takes text of at most `limit` bytes.
    pub fn parse(text: &str, limit: usize) -> Result<Self, InvalidContent> {
        if text.is_empty() {
            return Err(InvalidContent::Empty);
        }
        if text.len() > limit {
            return Err(InvalidContent::TooLong { limit });
        }
        Ok(Self(text.to_owned()))
    }

    /// Takes a name: one line of at most [`NAME_LIMIT`] bytes, of which every character can be seen and none changes how others
    /// are shown.
    pub fn name(text: &str) -> Result<Self, InvalidContent> {
        Self::one_line(text, NAME_LIMIT)
    }

    /// Takes a reaction: as short as an emoji, and otherwise as a name.
    pub fn reaction(text: &str) -> Result<Self, InvalidContent> {
        Self::one_line(text, REACTION_LIMIT)
    }

    /// Takes a file's name: as a name, and no path.
    pub fn file_name(text: &str) -> Result<Self, InvalidContent> {
        if text.contains(['/', '\\']) || text.starts_with('.') {
            return Err(InvalidContent::Name);
        }
        Self::name(text)
    }

    fn one_line(text: &str, limit: usize) -> Result<Self, InvalidContent> {
        let unseen = |c: char| {
            // Unicode's Default_Ignorable_Code_Point and the blank letters, but for the joiners (U+200C, U+200D) and the
            // variation selectors that scripts and emoji need.
            c.is_control()
                || matches!(
                    c,
                    '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
                )
                || matches!(c, '\u{180b}'..='\u{180f}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}')
                || matches!(c, '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}')
                || matches!(c, '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
        };
        if text.trim().is_empty() {
            return Err(InvalidContent::Empty);
        }
        if text.chars().any(unseen) || text.trim() != text {
            return Err(InvalidContent::Name);
        }
        Self::parse(text, limit)
    }

    /// The text, for a member's eyes.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Written({} bytes)", self.0.len())
    }
}

/// Bytes or text that are not content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidContent {
    /// There is nothing in it.
    #[error("there is no text in it")]
    Empty,
    /// It is too long.
    #[error("the text is longer than {limit} bytes")]
    TooLong {
        /// The longest it may be, in bytes.
        limit: usize,
    },
    /// It cannot be a name.
    #[error("a name is one line, without characters that cannot be seen and without blanks around it")]
    Name,
    /// It is not in the format.
    #[error("not in the MIMI content format")]
    Malformed,
    /// It is in the format, but says something this version does not know.
    #[error("a kind of content this version does not know")]
    Unknown,
}
