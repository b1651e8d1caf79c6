//! The two languages of the load: the server's frames, and the relay's.
//!
//! Only what is counted is read, at its place, so that the load costs little beside what it measures. Whatever is sent is
//! written once and stamped anew each time; in both languages the stamp stands behind the first byte.

use bytes::Bytes;
use chancery_wire::{
    frames::{Acknowledge, ClientFrame, Fetch, ServerFrame},
    ids::RoomId,
};

use crate::{Outcome, round::Stamp};

/// Where the stamp begins, in what is sent.
const STAMP: usize = 1;
/// Where the place and the submission stand in the server's entry: after its number, room, place, kind and time.
const PLACE: usize = 17;
const SUBMISSION: usize = 34;
/// The server's number for an entry.
const ENTRY: u8 = 1;

/// The relay's numbers for what it is told and what it says.
pub(crate) mod relay {
    /// Says something in a room: stamp, room, body. The same bytes go to everybody else.
    pub(crate) const SAY: u8 = 1;
    /// Answers that it is durable: stamp.
    pub(crate) const DURABLE: u8 = 2;
    /// Enters a room: nothing where a stamp would be, room. Answered with [`DONE`].
    pub(crate) const ENTER: u8 = 3;
    /// Asks for everything ever said in a room: nothing where a stamp would be, room. Answered with that and [`DONE`].
    pub(crate) const RECALL: u8 = 4;
    /// What was asked for is done.
    pub(crate) const DONE: u8 = 5;
}

/// A language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Speech {
    /// The server's.
    House,
    /// The relay's.
    Relay,
}

/// A room, and what is said in it.
#[derive(Clone, Debug)]
#[expect(clippy::struct_field_names, reason = "everything here calls a room's id the room")]
pub(crate) struct Room {
    /// The room.
    pub(crate) room: RoomId,
    /// What is said, with a place for the stamp.
    pub(crate) frame: Vec<u8>,
    /// How long it is, sealed.
    pub(crate) length: usize,
    /// The last entry before the load began.
    pub(crate) after: u64,
}

/// What was heard.
#[derive(Debug)]
pub(crate) enum Heard {
    /// What somebody said, at its place in the room's log.
    Said(Stamp, RoomId, u64),
    /// What one said oneself is durable.
    Durable,
    /// What was asked for was answered, up to here, of so much there is.
    UpTo(u64, u64),
    /// Something was lost: read the room again.
    Behind,
}

impl Speech {
    /// Enters a room from a place on, or reads it from there.
    pub(crate) fn fetch(self, room: RoomId, after: u64) -> Bytes {
        match self {
            Self::House => ClientFrame::Fetch(Fetch { room, after }).encode().into(),
            Self::Relay => ask(relay::ENTER, room),
        }
    }

    /// Reads a room whole, without entering it where that can be had apart.
    pub(crate) fn recall(self, room: RoomId, after: u64) -> Bytes {
        match self {
            Self::House => self.fetch(room, after),
            Self::Relay => ask(relay::RECALL, room),
        }
    }

    /// Says that everything up to a place is kept, as the server's clients do. The relay does not want to know.
    pub(crate) fn acknowledge(self, room: RoomId, seq: u64) -> Option<Bytes> {
        (self == Self::House).then(|| ClientFrame::Acknowledge(Acknowledge { room, seq }).encode().into())
    }

    /// Reads a frame.
    pub(crate) fn hear(self, frame: &[u8]) -> Outcome<Heard> {
        let heard = match (self, frame.first()) {
            (Self::House, Some(&ENTRY)) => said(frame, SUBMISSION),
            (Self::House, _) => return other(frame),
            (Self::Relay, Some(&relay::SAY)) => {
                Stamp::read(frame, STAMP).map(|stamp| Heard::Said(stamp, RoomId([0; 16]), 0))
            }
            (Self::Relay, Some(&relay::DURABLE)) => Some(Heard::Durable),
            (Self::Relay, Some(&relay::DONE)) => Some(Heard::UpTo(0, 0)),
            _ => None,
        };
        heard.ok_or_else(|| "a frame cannot be read".into())
    }
}

impl Room {
    /// What is said, with a stamp.
    pub(crate) fn say(&self, stamp: Stamp) -> Bytes {
        let mut frame = self.frame.clone();
        stamp.write(&mut frame, STAMP);
        frame.into()
    }

    /// The same room on the relay: as much is said, and nothing was said before.
    pub(crate) fn on_relay(&self) -> Self {
        let mut frame = vec![relay::SAY];
        frame.resize(STAMP + 16, 0);
        frame.extend(self.room.0);
        frame.resize(frame.len() + self.length, b'x');
        Self { room: self.room, frame, length: self.length, after: 0 }
    }
}

/// A question to the relay about a room.
fn ask(number: u8, room: RoomId) -> Bytes {
    let mut frame = vec![number];
    frame.resize(STAMP + 16, 0);
    frame.extend(room.0);
    frame.into()
}

fn said(frame: &[u8], at: usize) -> Option<Heard> {
    let room = RoomId::from_slice(frame.get(1..PLACE)?).ok()?;
    let seq = u64::from_be_bytes(frame.get(PLACE..PLACE + 8)?.try_into().ok()?);
    Some(Heard::Said(Stamp::read(frame, at)?, room, seq))
}

fn other(frame: &[u8]) -> Outcome<Heard> {
    match ServerFrame::decode(frame)? {
        ServerFrame::Accepted(_) => Ok(Heard::Durable),
        ServerFrame::UpTo(end) => Ok(Heard::UpTo(end.seq, end.last)),
        ServerFrame::Look(_) => Ok(Heard::Behind),
        ServerFrame::Refused(refused) => {
            Err(format!("the server refused: {}", String::from_utf8_lossy(refused.title.as_slice())).into())
        }
        ServerFrame::Entry(_) => Err("an entry has another number than the load knows".into()),
    }
}

#[cfg(test)]
mod tests {
    use chancery_wire::{
        frames::{Entry, Kind},
        ids::{Digest, SubmissionId},
    };

    use super::*;

    #[test]
    fn an_entry_is_read_where_it_is_written() {
        let stamp = Stamp { sender: 7, number: 8, at: 9 };
        let mut id = [0; 16];
        stamp.write(&mut id, 0);
        let (room, digest, body) = (RoomId([2; 16]), Digest([5; 32]), Some(b"body".to_vec().into()));
        let (kind, id) = (Kind::Message, SubmissionId(id));
        let entry = Entry { room, seq: 3, kind, at: 4, id, head: digest, digest, body };
        let heard = Speech::House.hear(&ServerFrame::Entry(entry).encode()).unwrap();
        assert!(matches!(heard, Heard::Said(it, at, 3) if it == stamp && at == room), "{heard:?}");
    }
}
