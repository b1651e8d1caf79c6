//! Frames: what travels over a device's WebSocket, one frame a binary message (`protocol/frames.md`).
//!
//! Written in the TLS presentation language, as RFC 9420 is, so that a stranger can decode them with the tools MLS needs
//! anyway. The server builds the frame of an entry once and shares it between all receivers.

use tls_codec::{Deserialize as _, Serialize as _, TlsDeserialize, TlsSerialize, TlsSize, VLBytes};

use crate::ids::{Digest, RoomId, SubmissionId};

/// The largest sealed message, in bytes.
pub const MESSAGE_LIMIT: usize = 64 * 1024;
/// The largest handshake (commit, proposal, welcome, group info), in bytes.
pub const HANDSHAKE_LIMIT: usize = 8 * 1024 * 1024;
/// The largest frame, in bytes: a commit with its welcome and group info, and their lengths.
pub const FRAME_LIMIT: usize = 3 * HANDSHAKE_LIMIT + 1024;
/// The protocol that a stream speaks, as a page names it that opens one: pages cannot set a WebSocket's headers (`protocol/frames.md`).
pub const STREAM_PROTOCOL: &str = "chancery.v1";
/// With this before it, a page names its session's token as one more protocol.
pub const STREAM_TOKEN: &str = "chancery.token.";
/// With this before it, a page names its proof as one more protocol.
pub const STREAM_PROOF: &str = "chancery.proof.";
/// The most entries one fetch is answered with.
pub const PAGE_LIMIT: u32 = 1024;

/// What kind of thing stands in a room's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, TlsSize, TlsSerialize, TlsDeserialize)]
#[repr(u8)]
pub enum Kind {
    /// A sealed message: an MLS `PrivateMessage`.
    Message = 1,
    /// A commit: an MLS `PublicMessage` that opens the next epoch.
    Commit = 2,
    /// A proposal: an MLS `PublicMessage` for somebody to commit.
    Proposal = 3,
}

impl Kind {
    /// Reads a kind from the number it is stored under.
    #[must_use]
    pub fn from_number(number: i64) -> Option<Self> {
        match number {
            1 => Some(Self::Message),
            2 => Some(Self::Commit),
            3 => Some(Self::Proposal),
            _ => None,
        }
    }

    /// The largest body of this kind, in bytes.
    #[must_use]
    pub fn limit(self) -> usize {
        match self {
            Self::Message => MESSAGE_LIMIT,
            Self::Commit | Self::Proposal => HANDSHAKE_LIMIT,
        }
    }
}

/// A wish to put something into a room's log.
#[derive(Clone, Debug, PartialEq, Eq, TlsSize, TlsSerialize, TlsDeserialize)]
pub struct Submit {
    /// Chosen by the client; the same id again gets the same answer.
    pub id: SubmissionId,
    /// The room.
    pub room: RoomId,
    /// What the body is.
    pub kind: Kind,
    /// The epoch the body was made in. A commit is accepted only for the room's current epoch.
    pub epoch: u64,
    /// The MLS message.
    pub body: VLBytes,
    /// With a commit that adds somebody: the MLS `Welcome`. Empty otherwise.
    pub welcome: VLBytes,
    /// With a commit: the MLS `GroupInfo` of the epoch it opens, without the tree. Empty otherwise.
    pub group_info: VLBytes,
}

/// What a device sends.
#[derive(Clone, Debug, PartialEq, Eq, TlsSize, TlsSerialize, TlsDeserialize)]
#[repr(u8)]
pub enum ClientFrame {
    /// Puts something into a room's log.
    #[tls_codec(discriminant = 1)]
    Submit(Submit),
    /// Asks for a room's entries after `after`, and for live delivery from then on.
    #[tls_codec(discriminant = 2)]
    Fetch(Fetch),
    /// Says that everything up to `seq` is kept safely on the device; bodies nobody needs any more are deleted.
    #[tls_codec(discriminant = 3)]
    Acknowledge(Acknowledge),
}

/// Asks for entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, TlsSize, TlsSerialize, TlsDeserialize)]
pub struct Fetch {
    /// The room.
    pub room: RoomId,
    /// The last entry the device has.
    pub after: u64,
}

/// Acknowledges entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, TlsSize, TlsSerialize, TlsDeserialize)]
pub struct Acknowledge {
    /// The room.
    pub room: RoomId,
    /// The last entry the device keeps.
    pub seq: u64,
}

/// One line of a room's log.
#[derive(Clone, Debug, PartialEq, Eq, TlsSize, TlsSerialize, TlsDeserialize)]
pub struct Entry {
    /// The room.
    pub room: RoomId,
    /// Its place: 1, 2, 3 … without gaps.
    pub seq: u64,
    /// What the body is.
    pub kind: Kind,
    /// When the server accepted it, in milliseconds since 1970 (the server's word, shown as such).
    pub at: u64,
    /// The submission it came from, so that a device knows its own.
    pub id: SubmissionId,
    /// The chain head after this entry.
    pub head: Digest,
    /// SHA-256 of the body, so that the chain can be followed after the body is gone.
    pub digest: Digest,
    /// The MLS message, or nothing once it was deleted.
    pub body: Option<VLBytes>,
}

/// The answer to a submission: it is durable, at this place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, TlsSize, TlsSerialize, TlsDeserialize)]
pub struct Accepted {
    /// The submission.
    pub id: SubmissionId,
    /// The room.
    pub room: RoomId,
    /// Its place in the log.
    pub seq: u64,
    /// When the server accepted it, in milliseconds since 1970.
    pub at: u64,
    /// The chain head after it.
    pub head: Digest,
}

/// The answer to a submission or fetch that was refused: nothing changed.
#[derive(Clone, Debug, PartialEq, Eq, TlsSize, TlsSerialize, TlsDeserialize)]
pub struct Refused {
    /// The submission, or zeros when the refused frame carried none.
    pub id: SubmissionId,
    /// The room the refused frame was about, or zeros when it could not be read.
    pub room: RoomId,
    /// The stable code, ASCII (`protocol/errors.md`).
    pub code: VLBytes,
    /// The same in words, UTF-8, log-safe.
    pub title: VLBytes,
}

/// The end of an answer to a fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, TlsSize, TlsSerialize, TlsDeserialize)]
pub struct UpTo {
    /// The room.
    pub room: RoomId,
    /// The last entry sent.
    pub seq: u64,
    /// The last entry there is; when larger than `seq`, fetch again.
    pub last: u64,
}

/// What the server sends.
#[derive(Clone, Debug, PartialEq, Eq, TlsSize, TlsSerialize, TlsDeserialize)]
#[repr(u8)]
pub enum ServerFrame {
    /// A line of a room's log.
    #[tls_codec(discriminant = 1)]
    Entry(Entry),
    /// A submission is durable.
    #[tls_codec(discriminant = 2)]
    Accepted(Accepted),
    /// A submission or fetch was refused.
    #[tls_codec(discriminant = 3)]
    Refused(Refused),
    /// A fetch was answered up to here.
    #[tls_codec(discriminant = 4)]
    UpTo(UpTo),
    /// The device was added to a room, or fell behind in one: look there.
    #[tls_codec(discriminant = 5)]
    Look(RoomId),
}

/// Bytes that are not one whole frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are not one whole frame")]
pub struct InvalidFrame;

/// Gives a frame type its two directions.
macro_rules! codec {
    ($name:ident) => {
        impl $name {
            /// The frame as bytes.
            #[must_use]
            pub fn encode(&self) -> Vec<u8> {
                // Serialising into memory fails only for bodies beyond 2^30 bytes, which no limit lets through.
                self.tls_serialize_detached().unwrap_or_default()
            }

            /// Reads exactly one frame; anything left over is an error.
            pub fn decode(bytes: &[u8]) -> Result<Self, InvalidFrame> {
                Self::tls_deserialize_exact(bytes).map_err(|_| InvalidFrame)
            }
        }
    };
}
codec!(ClientFrame);
codec!(ServerFrame);

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;

    use super::*;
    use crate::vector;

    const DOCUMENT: &str = include_str!("../../../protocol/frames.md");

    #[test]
    fn the_vectors_of_the_document_are_what_a_device_sends() {
        let (room, id) = (RoomId([2; 16]), SubmissionId([1; 16]));
        let (body, welcome) = (b"body".to_vec().into(), vec![].into());
        let submit =
            Submit { id, room, kind: Kind::Commit, epoch: 3, body, welcome, group_info: vec![6; 64].into() };
        for (name, frame) in [
            ("submit", ClientFrame::Submit(submit)),
            ("fetch", ClientFrame::Fetch(Fetch { room, after: 9 })),
            ("acknowledge", ClientFrame::Acknowledge(Acknowledge { room, seq: 9 })),
        ] {
            let bytes = vector::of(DOCUMENT, name);
            assert_eq!(HEXLOWER.encode(&frame.encode()), HEXLOWER.encode(&bytes), "{name}");
            assert_eq!(ClientFrame::decode(&bytes), Ok(frame));
        }
    }

    #[test]
    fn the_vectors_of_the_document_are_what_a_server_sends() {
        let (room, id, head, digest) =
            (RoomId([2; 16]), SubmissionId([1; 16]), Digest([5; 32]), Digest([7; 32]));
        let entry = |body| Entry { room, seq: 3, kind: Kind::Message, at: 4, id, head, digest, body };
        let (code, title) = (b"server.full".to_vec().into(), b"no".to_vec().into());
        for (name, frame) in [
            ("entry", ServerFrame::Entry(entry(Some(b"body".to_vec().into())))),
            ("entry-without-body", ServerFrame::Entry(entry(None))),
            ("accepted", ServerFrame::Accepted(Accepted { id, room, seq: 3, at: 4, head })),
            ("refused", ServerFrame::Refused(Refused { id, room, code, title })),
            ("up-to", ServerFrame::UpTo(UpTo { room, seq: 3, last: 4 })),
            ("look", ServerFrame::Look(room)),
        ] {
            let bytes = vector::of(DOCUMENT, name);
            assert_eq!(HEXLOWER.encode(&frame.encode()), HEXLOWER.encode(&bytes), "{name}");
            assert_eq!(ServerFrame::decode(&bytes), Ok(frame));
        }
    }

    #[test]
    fn cut_or_lengthened_frames_are_refused() {
        let frame = ClientFrame::Fetch(Fetch { room: RoomId([1; 16]), after: 9 }).encode();
        for cut in 0..frame.len() {
            assert_eq!(ClientFrame::decode(&frame[..cut]), Err(InvalidFrame));
        }
        assert_eq!(ClientFrame::decode(&[&frame[..], &[0]].concat()), Err(InvalidFrame));
        assert_eq!(ClientFrame::decode(&[9, 9, 9]), Err(InvalidFrame));
    }
}
