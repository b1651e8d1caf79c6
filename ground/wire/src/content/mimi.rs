//! The MIMI container: seven fields around a body. Every content has one form, and is read in no other.

use ciborium::Value;

use super::{Attachment, Content, InvalidContent, Marks, MessageId, Note, TEXT_LIMIT, Written, status};

/// `text/markdown`, the MIMI baseline for what people write.
const MARKDOWN: &str = "text/markdown;variant=GFM-MIMI";
/// What reactions are written in.
const PLAIN: &str = "text/plain;charset=utf-8";
/// Our media type for a room's name.
const ROOM_NAME: &str = "application/vnd.chancery.room-name";
/// Our media type for a room's topic.
const ROOM_TOPIC: &str = "application/vnd.chancery.room-topic";
/// Our media type for what the devices of an account tell each other.
const NOTE: &str = "application/vnd.chancery.note";
/// How far messages are with somebody (draft-mahy-mimi-message-status).
const REPORT: &str = "application/mimi-message-status";
/// Our media type for having taken note of an urgent message.
const ACKNOWLEDGEMENT: &str = "application/vnd.chancery.acknowledgement";
/// Our media type for what was said before somebody came.
const HISTORY: &str = "application/vnd.chancery.history";
/// Our media types for keeping a message in view, and for doing so no more.
const PIN: &str = "application/vnd.chancery.pin";
const UNPIN: &str = "application/vnd.chancery.unpin";
/// MIMI dispositions.
const RENDER: u64 = 1;
const REACTION: u64 = 2;
pub(super) const ATTACHMENT: u64 = 6;
/// MIMI cardinalities.
const NOTHING: u64 = 0;
const SINGLE: u64 = 1;
pub(super) const EXTERNAL: u64 = 2;
/// How deep content nests at most.
const DEPTH: usize = 8;

/// What speaks of other messages.
#[derive(Default)]
struct Ties {
    replaces: Option<MessageId>,
    topic: Option<MessageId>,
    reply_to: Option<MessageId>,
}

impl Content {
    /// The content as CBOR.
    #[must_use]
    pub fn encode(&self, salt: [u8; 16]) -> Vec<u8> {
        let mut out = Vec::new();
        // Writing CBOR into memory cannot fail.
        let _ = ciborium::into_writer(&self.value(salt), &mut out);
        out
    }

    /// Reads content and its salt.
    pub fn decode(bytes: &[u8]) -> Result<([u8; 16], Self), InvalidContent> {
        let mut rest = bytes;
        let value = ciborium::de::from_reader_with_recursion_limit(&mut rest, DEPTH)
            .map_err(|_| InvalidContent::Malformed)?;
        let read = Self::of_value(value)?;
        // In another form it would have another id.
        if rest.is_empty() && read.1.encode(read.0) == bytes {
            Ok(read)
        } else {
            Err(InvalidContent::Malformed)
        }
    }

    pub(super) fn value(&self, salt: [u8; 16]) -> Value {
        let empty = |media| single(RENDER, media, vec![]);
        let about = |id: &MessageId| Ties { reply_to: Some(*id), ..Ties::default() };
        let mut marks = &Marks::default();
        let (ties, part) = match self {
            Self::Text { text, reply_to, thread, marks: carried } => {
                marks = carried;
                let ties = Ties { reply_to: *reply_to, topic: *thread, ..Ties::default() };
                (ties, body(RENDER, MARKDOWN, text))
            }
            Self::Edit { of, text } => {
                (Ties { replaces: Some(*of), ..Ties::default() }, body(RENDER, MARKDOWN, text))
            }
            Self::Withdraw(of) => {
                let part = Value::Array(vec![RENDER.into(), "".into(), NOTHING.into()]);
                (Ties { replaces: Some(*of), ..Ties::default() }, part)
            }
            Self::Reaction { to, with } => (about(to), body(REACTION, PLAIN, with)),
            Self::Report(report) => (Ties::default(), single(RENDER, REPORT, status::encode(report))),
            Self::Acknowledge(of) => (about(of), empty(ACKNOWLEDGEMENT)),
            Self::Pin { of, pinned } => (about(of), empty(if *pinned { PIN } else { UNPIN })),
            Self::History { before, upto, file } => {
                let value = Value::Array(vec![(*before).into(), (*upto).into(), file.part()]);
                let mut body = Vec::new();
                // Writing CBOR into memory cannot fail.
                let _ = ciborium::into_writer(&value, &mut body);
                (Ties::default(), single(RENDER, HISTORY, body))
            }
            Self::File(file) => (Ties::default(), file.part()),
            Self::Note(note) => (Ties::default(), single(RENDER, NOTE, note.encode())),
            Self::RoomName(name) => (Ties::default(), body(RENDER, ROOM_NAME, name)),
            Self::RoomTopic(topic) => (Ties::default(), body(RENDER, ROOM_TOPIC, topic)),
        };
        let (expires, extensions) = marks.fields();
        let id = |id: Option<MessageId>| id.map_or(Value::Null, |id| Value::Bytes(id.0.to_vec()));
        // MIMI: [salt, replaces, topicId, expires, inReplyTo, extensions, nestedPart]
        Value::Array(vec![
            Value::Bytes(salt.to_vec()),
            id(ties.replaces),
            Value::Bytes(ties.topic.map(|id| id.0.to_vec()).unwrap_or_default()),
            expires,
            id(ties.reply_to),
            extensions,
            part,
        ])
    }

    pub(super) fn of_value(value: Value) -> Result<([u8; 16], Self), InvalidContent> {
        let [salt, replaces, topic, expires, reply, extensions, part] = fields(value)?;
        let marks = Marks::read(expires, extensions)?;
        let topic = octets(topic)?;
        let topic = if topic.is_empty() { None } else { Some(message(&topic)?) };
        let ties = Ties { replaces: tie(replaces)?, topic, reply_to: tie(reply)? };
        let mut content = read(ties, part)?;
        match &mut content {
            Content::Text { marks: carried, .. } => *carried = marks,
            // Only texts carry any.
            _ if marks != Marks::default() => return Err(InvalidContent::Unknown),
            _ => {}
        }
        Ok((sized(salt)?, content))
    }
}

/// Reads a body with what it speaks of. Any other combination is something a newer program says.
fn read(ties: Ties, part: Value) -> Result<Content, InvalidContent> {
    let mut part = part.into_array().map_err(|_| InvalidContent::Malformed)?.into_iter();
    let mut next = || part.next().ok_or(InvalidContent::Malformed);
    let (disposition, _language, cardinality) = (number(&next()?)?, next()?, number(&next()?)?);
    if cardinality == NOTHING {
        return match ties {
            Ties { replaces: Some(of), topic: None, reply_to: None } => Ok(Content::Withdraw(of)),
            _ => Err(InvalidContent::Unknown),
        };
    }
    if cardinality == EXTERNAL && disposition == ATTACHMENT {
        return match ties {
            Ties { replaces: None, topic: None, reply_to: None } => {
                Attachment::read(part.collect()).map(Content::File)
            }
            _ => Err(InvalidContent::Unknown),
        };
    }
    if cardinality != SINGLE {
        return Err(InvalidContent::Unknown);
    }
    let media = next()?;
    let body = octets(next()?)?;
    match (media.as_text(), disposition, &ties) {
        (Some(NOTE), RENDER, Ties { replaces: None, topic: None, reply_to: None }) => {
            return Note::decode(&body).map(Content::Note);
        }
        (Some(REPORT), RENDER, Ties { replaces: None, topic: None, reply_to: None }) => {
            return status::decode(&body).map(Content::Report);
        }
        (Some(HISTORY), RENDER, Ties { replaces: None, topic: None, reply_to: None }) => {
            let value = ciborium::de::from_reader_with_recursion_limit(&body[..], DEPTH)
                .map_err(|_| InvalidContent::Malformed)?;
            let [before, upto, part] = fields(value)?;
            let (before, upto) = (number(&before)?, number(&upto)?);
            return Ok(Content::History { before, upto, file: Attachment::of_part(part)? });
        }
        _ => {}
    }
    let text = String::from_utf8(body).map_err(|_| InvalidContent::Malformed)?;
    Ok(match (media.as_text(), disposition, ties) {
        (Some(MARKDOWN), RENDER, Ties { replaces: None, topic: thread, reply_to }) => {
            let text = Written::parse(&text, TEXT_LIMIT)?;
            Content::Text { text, reply_to, thread, marks: Marks::default() }
        }
        (Some(MARKDOWN), RENDER, Ties { replaces: Some(of), topic: None, reply_to: None }) => {
            Content::Edit { of, text: Written::parse(&text, TEXT_LIMIT)? }
        }
        (Some(PLAIN), REACTION, Ties { replaces: None, topic: None, reply_to: Some(to) }) => {
            Content::Reaction { to, with: Written::reaction(&text)? }
        }
        (Some(media), RENDER, Ties { replaces: None, topic: None, reply_to: Some(of) })
            if text.is_empty() =>
        {
            match media {
                ACKNOWLEDGEMENT => Content::Acknowledge(of),
                PIN => Content::Pin { of, pinned: true },
                UNPIN => Content::Pin { of, pinned: false },
                _ => return Err(InvalidContent::Unknown),
            }
        }
        (Some(ROOM_NAME), RENDER, Ties { replaces: None, topic: None, reply_to: None }) => {
            Content::RoomName(Written::name(&text)?)
        }
        (Some(ROOM_TOPIC), RENDER, Ties { replaces: None, topic: None, reply_to: None }) => {
            Content::RoomTopic(Written::name(&text)?)
        }
        _ => return Err(InvalidContent::Unknown),
    })
}

/// A body of a single part, which is text.
fn body(disposition: u64, media: &str, text: &Written) -> Value {
    single(disposition, media, text.reveal().as_bytes().to_vec())
}

/// A body of a single part.
fn single(disposition: u64, media: &str, bytes: Vec<u8>) -> Value {
    Value::Array(vec![disposition.into(), "".into(), SINGLE.into(), media.into(), Value::Bytes(bytes)])
}

fn tie(value: Value) -> Result<Option<MessageId>, InvalidContent> {
    if value.is_null() { Ok(None) } else { message(&octets(value)?).map(Some) }
}

/// A message's id; one that was made with a hash this version does not know is something newer.
fn message(bytes: &[u8]) -> Result<MessageId, InvalidContent> {
    MessageId::from_slice(bytes).ok_or(InvalidContent::Unknown)
}

/// The members of an array of exactly `N`.
pub(super) fn fields<const N: usize>(value: Value) -> Result<[Value; N], InvalidContent> {
    let items = value.into_array().map_err(|_| InvalidContent::Malformed)?;
    items.try_into().map_err(|_| InvalidContent::Malformed)
}

pub(super) fn number(value: &Value) -> Result<u64, InvalidContent> {
    let integer = value.as_integer().ok_or(InvalidContent::Malformed)?;
    u64::try_from(integer).map_err(|_| InvalidContent::Malformed)
}

pub(super) fn octets(value: Value) -> Result<Vec<u8>, InvalidContent> {
    value.into_bytes().map_err(|_| InvalidContent::Malformed)
}

pub(super) fn sized<const N: usize>(value: Value) -> Result<[u8; N], InvalidContent> {
    octets(value)?.try_into().map_err(|_| InvalidContent::Malformed)
}
