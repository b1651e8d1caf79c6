//! A letter: what is sealed. The sender's view of the room, and what the sender says.

use ciborium::Value;

use super::{
    Content, InvalidContent,
    mimi::{fields, number, octets, sized},
};
use crate::ids::Digest;

/// The sender's view of the room when it sealed the message (`protocol/rooms.md`, *View*).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// The last entry the sender had taken in.
    pub seq: u64,
    /// The chain head after that entry.
    pub head: Digest,
    /// The MLS epoch authenticator of the sender's epoch.
    pub authenticator: Vec<u8>,
    /// The number of the amendment that the sender knew to say last who may meet whom (`protocol/charter.md`).
    pub charter: u64,
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

impl Letter {
    /// The letter as CBOR: `[1, [seq, head, authenticator, charter], mimiContent]`.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let view = Value::Array(vec![
            self.view.seq.into(),
            Value::Bytes(self.view.head.0.to_vec()),
            Value::Bytes(self.view.authenticator.clone()),
            self.view.charter.into(),
        ]);
        let mut out = Vec::new();
        // Writing CBOR into memory cannot fail.
        let _ = ciborium::into_writer(
            &Value::Array(vec![1.into(), view, self.content.value(self.salt)]),
            &mut out,
        );
        out
    }

    /// Reads a letter. Nesting is bounded; anything left over, and any other form than [`Letter::encode`] writes, is an
    /// error.
    pub fn decode(bytes: &[u8]) -> Result<Self, InvalidContent> {
        let mut rest = bytes;
        let value: Value = ciborium::de::from_reader_with_recursion_limit(&mut rest, 8)
            .map_err(|_| InvalidContent::Malformed)?;
        let [version, view, content] = fields(value)?;
        if number(&version)? != 1 {
            return Err(InvalidContent::Unknown);
        }
        let [seq, head, authenticator, charter] = fields(view)?;
        let (seq, head, charter) = (number(&seq)?, Digest(sized(head)?), number(&charter)?);
        let view = View { seq, head, authenticator: octets(authenticator)?, charter };
        let (salt, content) = Content::of_value(content)?;
        let letter = Self { salt, view, content };
        if rest.is_empty() && letter.encode() == bytes { Ok(letter) } else { Err(InvalidContent::Malformed) }
    }
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;

    use super::*;
    use crate::{
        content::{Attachment, FileKey, Marks, MessageId, Note, Status, TEXT_LIMIT, Written},
        ids::{DeviceId, FileId, RoomId},
        vector,
    };

    fn letter(content: Content) -> Letter {
        let view = View { seq: 7, head: Digest([2; 32]), authenticator: vec![3; 4], charter: 5 };
        Letter { salt: [1; 16], view, content }
    }

    fn attachment() -> Attachment {
        Attachment {
            file: FileId([6; 16]),
            size: 1_234_567,
            key: FileKey([7; 32]),
            digest: Digest([8; 32]),
            name: Written::file_name("plan.pdf").unwrap(),
            media: Written::parse("application/pdf", 255).unwrap(),
            about: Some(Written::parse("hello", TEXT_LIMIT).unwrap()),
        }
    }

    #[test]
    fn a_file_is_called_by_a_name_and_shows_no_key() {
        for path in ["../etc/passwd", "a/b", "a\\b", "..", ".ssh", "a\nb"] {
            assert!(Written::file_name(path).is_err(), "{path}");
            let name = Written::parse(&format!("{path} "), 99).unwrap();
            let sent = letter(Content::File(Attachment { name, ..attachment() })).encode();
            assert_eq!(Letter::decode(&sent), Err(InvalidContent::Name), "{path}");
        }
        let shown = format!("{:?}", attachment());
        assert!(!shown.contains('7') || !shown.contains("[7, 7"), "{shown}");
        assert!(!shown.contains("plan"));
    }

    const DOCUMENT: &str = include_str!("../../../../protocol/messages.md");

    #[test]
    fn the_vectors_of_the_document_are_what_is_sealed() {
        let hello = || Written::parse("hello", TEXT_LIMIT).unwrap();
        let id = |byte| MessageId::from_slice(&[&[1], &[byte; 31][..]].concat()).unwrap();
        let contents = [
            ("text", Content::text(hello())),
            (
                "reply",
                Content::Text {
                    text: hello(),
                    reply_to: Some(id(4)),
                    thread: Some(id(5)),
                    marks: Marks::default(),
                },
            ),
            (
                "marked",
                Content::Text {
                    text: hello(),
                    reply_to: None,
                    thread: None,
                    marks: Marks {
                        mentions: vec!["bob".parse().unwrap(), "carol".parse().unwrap()],
                        urgent: true,
                        expires: Some(1_800_000_000),
                    },
                },
            ),
            ("report", Content::Report(vec![(id(4), Status::Read), (id(5), Status::Delivered)])),
            ("acknowledge", Content::Acknowledge(id(4))),
            ("pin", Content::Pin { of: id(4), pinned: true }),
            ("unpin", Content::Pin { of: id(4), pinned: false }),
            ("note-draft", Content::Note(Note::Draft { room: RoomId([9; 16]), text: Some(hello()) })),
            (
                "note-name",
                Content::Note(Note::Name {
                    device: DeviceId([10; 16]),
                    name: Written::name("phone").unwrap(),
                }),
            ),
            ("note-mute", Content::Note(Note::Mute { room: RoomId([9; 16]), muted: true })),
            ("edit", Content::Edit { of: id(4), text: hello() }),
            ("withdraw", Content::Withdraw(id(4))),
            ("reaction", Content::Reaction { to: id(4), with: Written::reaction("\u{2764}").unwrap() }),
            ("file", Content::File(attachment())),
            (
                "history",
                Content::History { before: 78, upto: 77, file: Attachment { about: None, ..attachment() } },
            ),
            (
                "note-history",
                Content::Note(Note::History {
                    room: RoomId([9; 16]),
                    to: DeviceId([10; 16]),
                    upto: 77,
                    file: Attachment { about: None, ..attachment() },
                }),
            ),
            ("note-read", Content::Note(Note::Read { room: RoomId([9; 16]), upto: 77 })),
            ("room-name", Content::RoomName(Written::name("Ward 7").unwrap())),
            ("room-topic", Content::RoomTopic(Written::name("Rounds at 8").unwrap())),
        ];
        for (name, content) in contents {
            let alone = content.encode([1; 16]);
            assert_eq!(Content::decode(&alone), Ok(([1; 16], content.clone())), "{name}");
            let letter = letter(content);
            let bytes = vector::of(DOCUMENT, name);
            assert_eq!(HEXLOWER.encode(&letter.encode()), HEXLOWER.encode(&bytes), "{name}");
            assert_eq!(Letter::decode(&bytes), Ok(letter));
        }
    }

    #[test]
    fn a_room_name_survives_being_written_and_read() {
        let named = letter(Content::RoomName(Written::name("Ward 7 \u{2764}").unwrap()));
        assert_eq!(Letter::decode(&named.encode()), Ok(named));
    }

    #[test]
    fn what_is_not_content_is_refused() {
        let good = letter(Content::text(Written::parse("x", TEXT_LIMIT).unwrap())).encode();
        for cut in 0..good.len() {
            assert!(Letter::decode(&good[..cut]).is_err(), "{cut}");
        }
        assert_eq!(Letter::decode(&[&good[..], &[0]].concat()), Err(InvalidContent::Malformed));
        assert_eq!(Letter::decode(&vec![0x81; 100_000]), Err(InvalidContent::Malformed));
        assert_eq!(Written::parse(&"x".repeat(9), 8), Err(InvalidContent::TooLong { limit: 8 }));
    }

    #[test]
    fn what_could_be_written_shorter_has_another_id_and_is_refused() {
        let good = letter(Content::text(Written::parse("x", TEXT_LIMIT).unwrap())).encode();
        // The length of the text in two bytes instead of none: the same text, in other bytes.
        let (start, end) = good.split_at(good.len() - 2);
        let longer = [start, &[0x58, 1], &end[1..]].concat();
        assert_eq!(Letter::decode(&longer), Err(InvalidContent::Malformed));
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
        let named = letter(Content::RoomName(Written::parse("a\nb", TEXT_LIMIT).unwrap()));
        assert_eq!(Letter::decode(&named.encode()), Err(InvalidContent::Name));
        assert_eq!(Written::reaction(&"x".repeat(65)), Err(InvalidContent::TooLong { limit: 64 }));
    }

    #[test]
    fn what_a_person_wrote_does_not_reach_a_log() {
        let secret = letter(Content::text(Written::parse("attack at dawn", TEXT_LIMIT).unwrap()));
        assert!(!format!("{secret:?}").contains("dawn"));
    }
}
