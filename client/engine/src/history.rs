//! History: a device that was linked is told what was said before it came, by another device of the account.
//!
//! The lines of a room go in pieces, the newest first, each as a file in the room that only the account's devices are in; a note
//! there tells of it (`protocol/devices.md`, *History*). What is believed is the own device, not the server.

use chancery_groups::{Change, roster};
use chancery_vault::{Piece, Room, Standing, VaultError};
use chancery_wire::{
    content::{Attachment, Content, FileKey, Note, Written},
    ids::{Digest, FileId, RoomId},
    time::Instant,
};
use serde_bytes::ByteBuf;
use sha2::{Digest as _, Sha256};

use crate::{
    engine::{Engine, Turn},
    error::EngineError,
    wish::Wish,
};

/// How many lines are in a piece, at most.
const LINES: u32 = 500;

/// A piece of history that is to be put on the server.
#[derive(Debug)]
pub struct Telling {
    /// The room to put it into.
    pub own: RoomId,
    /// What it is sealed as.
    pub file: Attachment,
    /// What is told.
    pub piece: Piece,
}

/// A piece of history that lies on the server for this device.
#[derive(Debug)]
pub struct Told {
    /// The room it lies in.
    pub own: RoomId,
    /// The room it is about.
    pub room: RoomId,
    /// What it is sealed as.
    pub file: Attachment,
}

impl Engine {
    /// Whether history is still to be told or taken in.
    pub fn has_history(&self) -> Result<bool, EngineError> {
        self.look(|step, _| Ok(step.own_room()?.is_some() && step.has_history()?))
    }

    /// The next piece of history to be told to another device of this account.
    pub fn next_telling(&mut self, now: Instant) -> Result<Option<Telling>, EngineError> {
        self.turn(now, |turn| {
            let Some(own) = turn.step.own_room()? else { return Ok(None) };
            let Some(piece) = turn.step.next_piece(LINES)? else { return Ok(None) };
            let wrong = |_| EngineError::BadFile;
            let file = Attachment {
                file: FileId(turn.draw()),
                size: piece.bytes.len() as u64,
                key: FileKey(turn.draw()),
                digest: Digest(Sha256::digest(&piece.bytes).into()),
                name: Written::file_name("history").map_err(wrong)?,
                media: Written::parse("application/cbor", 99).map_err(wrong)?,
                about: None,
            };
            Ok(Some(Telling { own: own.id, file, piece }))
        })
    }

    /// A piece of history is on the server: the other device hears of it.
    pub fn told(&mut self, telling: &Telling, now: Instant) -> Result<(), EngineError> {
        self.turn(now, |turn| {
            turn.step.piece_told(&telling.piece)?;
            let Piece { to, room, range: (_, upto), .. } = telling.piece;
            turn.note(telling.own, Note::History { room, to, upto, file: telling.file.clone() })
        })
    }

    /// The next piece of history that can be taken in.
    pub fn next_told(&self) -> Result<Option<Told>, EngineError> {
        self.look(|step, _| {
            let Some(own) = step.own_room()? else { return Ok(None) };
            let Some((room, content)) = step.next_told()? else { return Ok(None) };
            let Ok((_, Content::File(file))) = Content::decode(&content) else {
                return Err(VaultError::Damaged("history").into());
            };
            Ok(Some(Told { own: own.id, room, file }))
        })
    }

    /// Takes in a piece of history; or gives it up, when there is nothing of it. Then it can go from the server.
    pub fn take_history(
        &mut self,
        told: &Told,
        bytes: Option<&[u8]>,
        now: Instant,
    ) -> Result<(), EngineError> {
        self.turn(now, |turn| {
            if let Some(bytes) = bytes {
                let mut room = turn.room(told.room)?;
                turn.step.take_in(room.id, room.joined, bytes)?;
                // What was said before it came is no news on this device.
                room.read = room.read.max(room.joined);
                turn.step.keep_room(&room)?;
            }
            turn.step.drop_told(told.file.file)?;
            Ok(turn.step.dispose(told.own, told.file.file)?)
        })
    }
}

impl Turn<'_> {
    /// Opens the room of this account's own devices, when there is none and it is for this device to do.
    pub(crate) fn see_to_own_room(&mut self, first: bool) -> Result<(), EngineError> {
        let known = self.step.rooms()?.iter().any(|room| room.own && room.standing != Standing::Left);
        if first && !known { self.open_own_room() } else { Ok(()) }
    }

    /// Devices that this one has brought into the own room are told what was said before.
    pub(crate) fn owe(&self, room: &Room, change: &Change) -> Result<(), EngineError> {
        if room.own {
            for (leaf, _) in &change.added {
                self.step.owe_history(leaf.name.device)?;
            }
        }
        Ok(())
    }

    /// Whether this device is alone in a room.
    pub(crate) fn is_alone(&mut self, room: RoomId) -> Result<bool, EngineError> {
        let group = self.group(room)?;
        let alone = roster(group.public_group())?.len() < 2;
        self.put(room, group);
        Ok(alone)
    }

    /// Tells the other devices of this account something.
    pub(crate) fn note(&mut self, own: RoomId, note: Note) -> Result<(), EngineError> {
        let content = Content::Note(note).encode(self.draw());
        let wish = Wish::Write { content: ByteBuf::from(content) };
        self.step.wish(own, self.now, &wish.write())?;
        Ok(())
    }

    /// Takes in what another device of this account has told.
    pub(crate) fn take_note(&self, note: Note) -> Result<(), EngineError> {
        match note {
            Note::History { room, to, upto, file } if to == self.me.identity.device => {
                let id = file.file;
                let content = Content::File(file).encode([0; 16]);
                Ok(self.step.keep_told(room, upto, (id, &content))?)
            }
            Note::History { .. } => Ok(()),
            Note::Draft { room, text } => {
                // What is being written here is not overwritten.
                if let Some(mut kept) = self.step.room(room)?
                    && kept.draft_at.is_none()
                {
                    kept.draft = text.map(|text| text.reveal().to_owned());
                    self.step.keep_room(&kept)?;
                }
                Ok(())
            }
            Note::Mute { room, muted } => {
                if let Some(mut kept) = self.step.room(room)? {
                    kept.muted = muted;
                    self.step.keep_room(&kept)?;
                }
                Ok(())
            }
            Note::Read { room, upto } => {
                if let Some(mut kept) = self.step.room(room)?
                    && kept.read < upto
                {
                    kept.read = upto.min(kept.seq.max(kept.read));
                    self.step.keep_room(&kept)?;
                }
                Ok(())
            }
        }
    }
}
