//! Message ids: how one message speaks of another (draft-ietf-mimi-content-08, section 3.3).

use std::fmt;

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use crate::{
    ids::RoomId,
    names::{Domain, Handle},
};

/// The id of SHA-256 in IANA's registry of hash algorithms.
const SHA_256: u8 = 1;

/// A message's id: made of who says what in which room, so that nobody can say something else under the same one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(pub [u8; 32]);

impl MessageId {
    /// The id of the content that an account says in a room.
    #[must_use]
    pub fn of(domain: &Domain, account: &Handle, room: RoomId, content: &[u8], salt: [u8; 16]) -> Self {
        let (sender, room) = (format!("mimi://{domain}/u/{account}"), format!("mimi://{domain}/r/{room}"));
        Self::derive(&sender, &room, content, salt)
    }

    fn derive(sender: &str, room: &str, content: &[u8], salt: [u8; 16]) -> Self {
        let mut hash = Sha256::new();
        for uri in [sender, room] {
            // Names are far shorter than this.
            hash.update(u16::try_from(uri.len()).unwrap_or(u16::MAX).to_be_bytes());
            hash.update(uri);
        }
        hash.update(content);
        hash.update(salt);
        let mut id = [SHA_256; 32];
        id.iter_mut().skip(1).zip(hash.finalize()).for_each(|(to, byte)| *to = byte);
        Self(id)
    }

    /// Reads an id: of 32 bytes, and made with SHA-256.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        let id: [u8; 32] = bytes.try_into().ok()?;
        (id.first() == Some(&SHA_256)).then_some(Self(id))
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MessageId({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vector;

    const DOCUMENT: &str = include_str!("../../../../protocol/messages.md");

    #[test]
    fn the_drafts_own_example_has_the_drafts_own_id() {
        let message = vector::of(DOCUMENT, "mimi-original");
        let salt = message[2..18].try_into().unwrap();
        let (sender, room) = ("mimi://example.com/u/alice-smith", "mimi://example.com/r/engineering_team");
        let id = MessageId::derive(sender, room, &message, salt);
        assert_eq!(id.0.as_slice(), vector::of(DOCUMENT, "mimi-original-id"));
        let other = MessageId::derive("mimi://example.com/u/bob-jones", room, &message, salt);
        assert_ne!(id, other, "another sender's message is another one");
        assert_eq!(MessageId::from_slice(&id.0), Some(id));
        assert_eq!(MessageId::from_slice(&[2; 32]), None);
    }
}
