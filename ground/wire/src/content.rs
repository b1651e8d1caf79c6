//! Content: what stands inside a sealed message, in the MIMI content format (draft-ietf-mimi-content, CBOR).
//!
//! Only a member's device reads or writes this. What a person wrote has no `Display`, and a `Debug` that shows its
//! length only, so that it cannot slip into a log.

use std::fmt;

use ciborium::Value;

use crate::ids::Digest;

/// The longest text of one message, in bytes of UTF-8.
pub const TEXT_LIMIT: usize = 32 * 1024;
/// The longest room name, in bytes of UTF-8.
pub const NAME_LIMIT: usize = 256;

/// `text/markdown`, the MIMI baseline for what people write.
const MARKDOWN: &str = "text/markdown;variant=GFM-MIMI";
/// Our media type for a room's name.
const ROOM_NAME: &str = "application/vnd.chancery.room-name";
/// MIMI disposition `render`.
const RENDER: u64 = 1;
/// MIMI cardinality of a single part.
const SINGLE: u64 = 1;

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
        let unseen = |c: char| {
            c.is_control()
                || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{feff}')
                || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        };
        if text.trim().is_empty() {
            return Err(InvalidContent::Empty);
        }
        if text.chars().any(unseen) || text.trim() != text {
            return Err(InvalidContent::Name);
        }
        Self::parse(text, NAME_LIMIT)
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

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Text, as Markdown.
    Text(Written),
    /// The room has a new name.
    RoomName(Written),
}

/// The sender's view of the room when it sealed the message (`protocol/rooms.md`, *View*).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// The last entry the sender had taken in.
    pub seq: u64,
    /// The chain head after that entry.
    pub head: Digest,
    /// The MLS epoch authenticator of the sender's epoch.
    pub authenticator: Vec<u8>,
}

/// What is sealed: the sender's view, and the content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// 16 random bytes, so that equal texts have different message ids (MIMI `salt`).
    pub salt: [u8; 16],
    /// What the sender saw.
    pub view: View,
    /// What the sender says.
    pub content: Content,
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

impl Letter {
    /// The letter as CBOR: `[1, [seq, head, authenticator], mimiContent]`.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let (kind, text) = match &self.content {
            Content::Text(text) => (MARKDOWN, text),
            Content::RoomName(name) => (ROOM_NAME, name),
        };
        let part = Value::Array(vec![
            RENDER.into(),
            "".into(),
            SINGLE.into(),
            kind.into(),
            Value::Bytes(text.0.clone().into_bytes()),
        ]);
        // MIMI: [salt, replaces, topicId, expires, inReplyTo, extensions, nestedPart]
        let mimi = Value::Array(vec![
            Value::Bytes(self.salt.to_vec()),
            Value::Null,
            Value::Bytes(vec![]),
            Value::Null,
            Value::Null,
            Value::Map(vec![]),
            part,
        ]);
        let view = Value::Array(vec![
            self.view.seq.into(),
            Value::Bytes(self.view.head.0.to_vec()),
            Value::Bytes(self.view.authenticator.clone()),
        ]);
        let mut out = Vec::new();
        // Writing CBOR into memory cannot fail.
        let _ = ciborium::into_writer(&Value::Array(vec![1.into(), view, mimi]), &mut out);
        out
    }

    /// Reads a letter. Nesting is bounded; anything left over is an error.
    pub fn decode(bytes: &[u8]) -> Result<Self, InvalidContent> {
        let mut rest = bytes;
        let value: Value = ciborium::de::from_reader_with_recursion_limit(&mut rest, 8)
            .map_err(|_| InvalidContent::Malformed)?;
        let [version, view, mimi] = fields(value)?;
        if number(&version)? != 1 {
            return Err(InvalidContent::Unknown);
        }
        if !rest.is_empty() {
            return Err(InvalidContent::Malformed);
        }
        let [seq, head, authenticator] = fields(view)?;
        let view =
            View { seq: number(&seq)?, head: Digest(sized(head)?), authenticator: octets(authenticator)? };
        let [salt, replaces, _topic, expires, reply, extensions, part] = fields(mimi)?;
        let plain = replaces.is_null() && expires.is_null() && reply.is_null();
        if !plain || !extensions.as_map().is_some_and(Vec::is_empty) {
            return Err(InvalidContent::Unknown);
        }
        let [disposition, _language, cardinality, media, body] = fields(part)?;
        if number(&disposition)? != RENDER || number(&cardinality)? != SINGLE {
            return Err(InvalidContent::Unknown);
        }
        let text = String::from_utf8(octets(body)?).map_err(|_| InvalidContent::Malformed)?;
        let content = match media.as_text() {
            Some(MARKDOWN) => Content::Text(Written::parse(&text, TEXT_LIMIT)?),
            Some(ROOM_NAME) => Content::RoomName(Written::name(&text)?),
            _ => return Err(InvalidContent::Unknown),
        };
        Ok(Self { salt: sized(salt)?, view, content })
    }
}

/// The members of an array of exactly `N`.
fn fields<const N: usize>(value: Value) -> Result<[Value; N], InvalidContent> {
    let items = value.into_array().map_err(|_| InvalidContent::Malformed)?;
    items.try_into().map_err(|_| InvalidContent::Malformed)
}

fn number(value: &Value) -> Result<u64, InvalidContent> {
    let integer = value.as_integer().ok_or(InvalidContent::Malformed)?;
    u64::try_from(integer).map_err(|_| InvalidContent::Malformed)
}

fn octets(value: Value) -> Result<Vec<u8>, InvalidContent> {
    value.into_bytes().map_err(|_| InvalidContent::Malformed)
}

fn sized<const N: usize>(value: Value) -> Result<[u8; N], InvalidContent> {
    octets(value)?.try_into().map_err(|_| InvalidContent::Malformed)
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;

    use super::*;
    use crate::vector;

    fn letter(content: Content) -> Letter {
        let view = View { seq: 7, head: Digest([2; 32]), authenticator: vec![3; 4] };
        Letter { salt: [1; 16], view, content }
    }

    const DOCUMENT: &str = include_str!("../../../protocol/messages.md");

    #[test]
    fn the_vectors_of_the_document_are_what_is_sealed() {
        let hello = letter(Content::Text(Written::parse("hello", TEXT_LIMIT).unwrap()));
        let named = letter(Content::RoomName(Written::parse("Ward 7", NAME_LIMIT).unwrap()));
        for (name, letter) in [("text", hello), ("room-name", named)] {
            let bytes = vector::of(DOCUMENT, name);
            assert_eq!(HEXLOWER.encode(&letter.encode()), HEXLOWER.encode(&bytes), "{name}");
            assert_eq!(Letter::decode(&bytes), Ok(letter));
        }
    }

    #[test]
    fn a_room_name_survives_being_written_and_read() {
        let named = letter(Content::RoomName(Written::parse("Ward 7 \u{2764}", NAME_LIMIT).unwrap()));
        assert_eq!(Letter::decode(&named.encode()), Ok(named));
    }

    #[test]
    fn what_is_not_content_is_refused() {
        let good = letter(Content::Text(Written::parse("x", TEXT_LIMIT).unwrap())).encode();
        for cut in 0..good.len() {
            assert!(Letter::decode(&good[..cut]).is_err(), "{cut}");
        }
        assert_eq!(Letter::decode(&[&good[..], &[0]].concat()), Err(InvalidContent::Malformed));
        assert_eq!(Letter::decode(&vec![0x81; 100_000]), Err(InvalidContent::Malformed));
        assert_eq!(Written::parse(&"x".repeat(9), 8), Err(InvalidContent::TooLong { limit: 8 }));
    }

    #[test]
    fn a_name_is_one_line_that_shows_itself() {
        for name in ["Ward 7", "Station für Kinder", "\u{646}\u{627}\u{645}\u{647}\u{200c}\u{647}\u{627}"] {
            assert!(Written::name(name).is_ok(), "{name}");
        }
        for forged in
            ["a\nb", "a\tb", "Ward\u{200b} 7", "\u{202e}7 draW", " Ward 7", "a\u{2028}b", "\u{1b}[2J"]
        {
            assert_eq!(Written::name(forged), Err(InvalidContent::Name), "{forged:?}");
        }
        assert_eq!(Written::name("  "), Err(InvalidContent::Empty));
        let named = letter(Content::RoomName(Written("a\nb".to_owned())));
        assert_eq!(Letter::decode(&named.encode()), Err(InvalidContent::Name));
    }

    #[test]
    fn what_a_person_wrote_does_not_reach_a_log() {
        let secret = letter(Content::Text(Written::parse("attack at dawn", TEXT_LIMIT).unwrap()));
        assert!(!format!("{secret:?}").contains("dawn"));
    }
}
