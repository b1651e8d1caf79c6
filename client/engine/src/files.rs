//! Files: sealed in chunks with a key of their own, and opened again (`protocol/files.md`).
//!
//! Every chunk is sealed with a fresh nonce, which stands before it; what it is bound to is the file, its place and whether it is
//! the last. So a file that changes while it is sent costs no secret, and chunks cannot be swapped, left out or added.

use aes_gcm::{
    Aes256Gcm, Key, KeyInit as _, Nonce,
    aead::{Aead as _, Payload},
};
use chancery_vault::{Said, Upload, WishId};
use chancery_wire::{
    content::{Attachment, Content, FileKey, Written},
    files::{CHUNK, SEAL, chunks},
    ids::{Digest, FileId, RoomId},
    time::Instant,
};
use serde_bytes::ByteBuf;

use crate::{
    engine::{Engine, Turn},
    entropy::draw,
    error::EngineError,
    wish::{Wish, usable},
};

/// How many bytes a nonce has.
const NONCE: usize = 12;

/// A file as it lies on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileHere {
    /// Where it lies.
    pub path: Written,
    /// How many bytes it has.
    pub size: u64,
    /// The SHA-256 of all of it.
    pub digest: Digest,
    /// What it is to be called.
    pub name: Written,
    /// Its media type.
    pub media: Written,
    /// What is said about it.
    pub about: Option<Written>,
}

impl FileHere {
    /// Whether an earlier try was about the same.
    fn is(&self, it: &Attachment) -> bool {
        let same = (self.size, self.digest) == (it.size, it.digest);
        same && self.name == it.name && self.media == it.media && self.about == it.about
    }
}

impl Engine {
    /// Begins to send a file, or goes on with an earlier try of the same file.
    pub fn begin_file(
        &mut self,
        room: RoomId,
        file: FileHere,
        now: Instant,
    ) -> Result<Attachment, EngineError> {
        self.turn(now, |turn| {
            usable(&turn.room(room)?)?;
            if let Some(begun) = turn.step.upload_from(room, &file.path)?
                && let Ok((_, Content::File(attachment))) = Content::decode(&begun.content)
                && file.is(&attachment)
            {
                return Ok(attachment);
            }
            let FileHere { path, size, digest, name, media, about } = file;
            let (id, key) = (FileId(turn.draw()), FileKey(turn.draw()));
            let attachment = Attachment { file: id, size, key, digest, name, media, about };
            let content = Content::File(attachment.clone()).encode(turn.draw());
            turn.step.keep_upload(&Upload { file: id, room, path, content })?;
            Ok(attachment)
        })
    }

    /// A file is with the server: its message is wished for.
    pub fn file_sent(&mut self, file: FileId, now: Instant) -> Result<WishId, EngineError> {
        self.turn(now, |turn| {
            let upload = turn.step.upload(file)?.ok_or(EngineError::NoFile)?;
            usable(&turn.room(upload.room)?)?;
            turn.step.drop_upload(file)?;
            let wish = Wish::Write { content: ByteBuf::from(upload.content) };
            Ok(turn.step.wish(upload.room, now, &wish.write())?)
        })
    }

    /// Seals a chunk of a file: all of its bytes but for the padding of the last ones, which is added.
    pub fn seal_chunk(&mut self, of: &Attachment, number: u64, bytes: &[u8]) -> Result<Vec<u8>, EngineError> {
        let nonce: [u8; NONCE] = draw(self.parts().1);
        let payload = Payload { msg: bytes, aad: &bound_to(of, number) };
        let sealed = cipher(&of.key).encrypt(Nonce::from_slice(&nonce), payload);
        // AES-GCM refuses only what is longer than 64 GiB.
        let sealed = sealed.map_err(|_| EngineError::BadFile)?;
        Ok([&nonce[..], &sealed].concat())
    }

    /// A file that was taken back is gone from the server.
    pub fn disposed(&mut self, file: FileId, now: Instant) -> Result<(), EngineError> {
        self.turn(now, |turn| Ok(turn.step.disposed(file)?))
    }
}

impl Turn<'_> {
    /// When an own file was taken back, the server is told to delete it.
    pub(crate) fn dispose_of(&self, room: RoomId, taken_back: &Said) -> Result<(), EngineError> {
        if let Said::File(file) = taken_back {
            self.step.dispose(room, file.file, self.now)?;
        }
        Ok(())
    }
}

/// Opens a chunk of a file. An error means that the file is not what its message speaks of.
pub fn open_chunk(of: &Attachment, number: u64, sealed: &[u8]) -> Result<Vec<u8>, EngineError> {
    let (nonce, sealed) = sealed.split_at_checked(NONCE).ok_or(EngineError::BadFile)?;
    if sealed.len() > CHUNK + SEAL - NONCE {
        return Err(EngineError::BadFile);
    }
    let payload = Payload { msg: sealed, aad: &bound_to(of, number) };
    cipher(&of.key).decrypt(Nonce::from_slice(nonce), payload).map_err(|_| EngineError::BadFile)
}

fn cipher(key: &FileKey) -> Aes256Gcm {
    Aes256Gcm::new(Key::<Aes256Gcm>::from_slice(&key.0))
}

/// What a chunk is bound to: the file, its place, and whether it is the last.
fn bound_to(of: &Attachment, number: u64) -> Vec<u8> {
    let last = number + 1 == chunks(of.size);
    [b"chancery file 1".as_slice(), of.file.as_bytes(), &number.to_be_bytes(), &[u8::from(last)]].concat()
}

#[cfg(test)]
mod tests {
    use chancery_vault::Vault;

    use super::*;
    use crate::Entropy;

    struct Count(u8);

    impl Entropy for Count {
        fn fill(&mut self, bytes: &mut [u8]) {
            self.0 = self.0.wrapping_add(1);
            bytes.fill(self.0);
        }
    }

    fn file(size: u64) -> Attachment {
        let written = |text| Written::parse(text, 99).unwrap();
        Attachment {
            file: FileId([6; 16]),
            size,
            key: FileKey([7; 32]),
            digest: Digest([8; 32]),
            name: written("plan.pdf"),
            media: written("application/pdf"),
            about: None,
        }
    }

    #[test]
    fn chunks_open_in_their_own_place_of_their_own_file_only() {
        let mut engine = Engine::new(Vault::in_memory().unwrap(), Box::new(Count(0)));
        let nines = vec![9; CHUNK];
        let three = file(3 * CHUNK as u64);
        let sealed: Vec<Vec<u8>> =
            (0..3).map(|number| engine.seal_chunk(&three, number, &nines).unwrap()).collect();
        assert!(sealed.iter().all(|chunk| chunk.len() == CHUNK + SEAL));
        for (number, chunk) in (0..).zip(&sealed) {
            assert_eq!(open_chunk(&three, number, chunk).unwrap(), nines);
            assert!(open_chunk(&three, number + 1, chunk).is_err(), "swapped");
            assert!(
                open_chunk(&Attachment { file: FileId([1; 16]), ..three.clone() }, number, chunk).is_err()
            );
            assert!(
                open_chunk(&Attachment { key: FileKey([1; 32]), ..three.clone() }, number, chunk).is_err()
            );
            assert!(open_chunk(&three, number, &chunk[..chunk.len() - 1]).is_err(), "cut");
            assert!(open_chunk(&three, number, &[]).is_err());
            for at in [0, 11, 12, 4096, chunk.len() - 1] {
                let mut bad = chunk.clone();
                bad[at] ^= 1;
                assert!(open_chunk(&three, number, &bad).is_err(), "byte {at}");
            }
        }
        // A shorter file does not end where this one goes on.
        assert!(open_chunk(&file(2 * CHUNK as u64 - 9000), 1, &sealed[1]).is_err(), "the end left out");
    }
}
