//! History: a device that was linked is told what was said before it came, by another device of the account.
//!
//! The lines of a room go in pieces, the newest first, each as a file in the room that only the account's devices are in; a note
//! there tells of it (`protocol/devices.md`, *History*). What is believed is the own device, not the server.

use chancery_groups::{Change, Leaf, roster};
use chancery_vault::{Piece, Room, Standing, To, ToldPiece, VaultError};
use chancery_wire::{
    content::{Attachment, Content, FileKey, Note, Written},
    ids::{Digest, FileId, RoomId},
    names::Handle,
    time::{DAY, Instant},
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
/// How long what newcomers are told stays on the server, in seconds.
const KEPT: i64 = 14 * DAY;

/// A piece of history that is to be put on the server.
#[derive(Debug)]
pub struct Telling {
    /// The room to put it into.
    pub place: RoomId,
    /// What it is sealed as.
    pub file: Attachment,
    /// What is told.
    pub piece: Piece,
}

/// A piece of history that lies on the server for this device.
#[derive(Debug)]
pub struct Told {
    /// The room it lies in.
    pub place: RoomId,
    /// The room it is about.
    pub room: RoomId,
    /// The other member who has told it; nobody where it was another device of this account.
    pub told_by: Option<Handle>,
    /// What it is sealed as.
    pub file: Attachment,
}

impl Engine {
    /// Whether history is still to be told or taken in.
    pub fn has_history(&self) -> Result<bool, EngineError> {
        self.look(|step, _| Ok(step.has_history()?))
    }

    /// The next piece of history to be told to another device of this account.
    pub fn next_telling(&mut self, now: Instant) -> Result<Option<Telling>, EngineError> {
        self.turn(now, |turn| {
            let Some(piece) = turn.step.next_piece(LINES)? else { return Ok(None) };
            let place = match (piece.to, turn.step.own_room()?) {
                (To::Newcomers(_), _) => piece.room,
                (To::Device(_), Some(own)) => own.id,
                (To::Device(_), None) => return Ok(None),
            };
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
            Ok(Some(Telling { place, file, piece }))
        })
    }

    /// A piece of history is on the server: those whom it is for hear of it.
    pub fn told(&mut self, telling: &Telling, now: Instant) -> Result<(), EngineError> {
        self.turn(now, |turn| {
            turn.step.piece_told(&telling.piece)?;
            let Piece { to, room, range: (_, upto), .. } = telling.piece;
            let file = telling.file.clone();
            match to {
                To::Device(to) => turn.note(telling.place, Note::History { room, to, upto, file }),
                To::Newcomers(before) => {
                    // Who has not fetched it by then has lost it.
                    turn.step.dispose(room, file.file, now.plus_seconds(KEPT))?;
                    let wish = turn.writing(&Content::History { before, upto, file });
                    turn.step.wish(room, now, &wish.write())?;
                    Ok(())
                }
            }
        })
    }

    /// The next piece of history that can be taken in.
    pub fn next_told(&self) -> Result<Option<Told>, EngineError> {
        self.look(|step, _| {
            let Some(told) = step.next_told()? else { return Ok(None) };
            let content = Content::decode(&told.content).map_err(|_| VaultError::Damaged("history"))?.1;
            let (Content::File(file) | Content::History { file, .. }) = content else {
                return Err(VaultError::Damaged("history").into());
            };
            Ok(Some(Told { place: told.place, room: told.room, told_by: told.told_by, file }))
        })
    }

    /// Takes in a piece of history; or gives it up, when there is nothing of it. Then it can go from the server. What is no
    /// history is [`EngineError::BadFile`], and nothing of it is kept.
    pub fn take_history(
        &mut self,
        told: &Told,
        bytes: Option<&[u8]>,
        now: Instant,
    ) -> Result<(), EngineError> {
        self.turn(now, |turn| {
            if let Some(bytes) = bytes {
                let mut room = turn.room(told.room)?;
                turn.take_in((room.id, told.told_by.as_ref()), room.joined, bytes)?;
                // What was said before it came is no news on this device.
                room.read = room.read.max(room.joined);
                turn.step.keep_room(&room)?;
            }
            turn.step.drop_told(told.file.file)?;
            // What another member told is for others as well.
            match told.told_by {
                None => Ok(turn.step.dispose(told.place, told.file.file, now)?),
                Some(_) => Ok(()),
            }
        })
    }
}

impl Turn<'_> {
    /// Takes in lines as they are told.
    pub(crate) fn take_in(
        &self,
        (room, told_by): (RoomId, Option<&Handle>),
        upto: u64,
        lines: &[u8],
    ) -> Result<(), EngineError> {
        match self.step.take_in((room, told_by), upto, lines) {
            Ok(_) => Ok(()),
            // The vault is sound: what was told is not.
            Err(VaultError::Damaged(_)) => Err(EngineError::BadFile),
            Err(error) => Err(error.into()),
        }
    }

    /// Opens the room of this account's own devices, when there is none and it is for this device to do.
    pub(crate) fn see_to_own_room(&mut self, first: bool) -> Result<(), EngineError> {
        let known = self.step.rooms()?.iter().any(|room| room.own && room.standing != Standing::Left);
        if first && !known { self.open_own_room() } else { Ok(()) }
    }

    /// Those whom this device has added are told what was said in the days before they came, as the room's policy has it.
    pub(crate) fn grant(&self, room: &Room, before: u64, change: &Change) -> Result<(), EngineError> {
        let came =
            |leaf: &Leaf| change.removed.iter().all(|(gone, _)| gone.name.account != leaf.name.account);
        let new = change.added.iter().any(|(leaf, by)| leaf.name.account != by.name.account && came(leaf));
        if new && change.after.history > 0 {
            let since = self.now.plus_seconds(-DAY * i64::from(change.after.history));
            self.step.grant_history(room.id, before, since)?;
        }
        Ok(())
    }

    /// Somebody tells those who came by an entry what was said before. The line that says so is for everybody.
    pub(crate) fn take_grant(
        &self,
        room: &Room,
        by: &Handle,
        (before, upto, file): (u64, u64, Attachment),
    ) -> Result<(), EngineError> {
        if room.joined != before || room.own {
            return Ok(());
        }
        let (id, content) = (file.file, Content::History { before, upto, file }.encode([0; 16]));
        let told = ToldPiece { place: room.id, room: room.id, told_by: Some(by.clone()), content };
        Ok(self.step.keep_told(id, upto, &told)?)
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
                let Some(own) = self.step.own_room()? else { return Ok(()) };
                let (id, content) = (file.file, Content::File(file).encode([0; 16]));
                let told = ToldPiece { place: own.id, room, told_by: None, content };
                Ok(self.step.keep_told(id, upto, &told)?)
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
            Note::Name { device, name } => Ok(self.step.name_device(device, name.reveal())?),
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
