//! What only the account's own devices know: what was begun to be written, which rooms are to be quiet, what the devices are called.

use chancery_vault::Room;
use chancery_wire::{
    content::{Content, Note, TEXT_LIMIT, Written},
    ids::{DeviceId, RoomId},
    time::Instant,
};

use crate::{
    engine::{Engine, Turn},
    error::EngineError,
    wish::Wish,
};

/// How long a draft is worked on before the other devices are told of it, in seconds.
pub(crate) const PAUSE: i64 = 2;

impl Engine {
    /// Keeps what the person has begun to write in a room; nothing when `text` is blank.
    pub fn keep_draft(&mut self, room: RoomId, text: &str, now: Instant) -> Result<(), EngineError> {
        self.turn(now, |turn| {
            let mut kept = turn.room(room)?;
            let draft = Some(text.to_owned()).filter(|text| !text.trim().is_empty());
            if kept.draft != draft {
                kept.draft = draft;
                kept.draft_at.get_or_insert_with(|| now.plus_seconds(PAUSE));
                turn.step.keep_room(&kept)?;
            }
            Ok(())
        })
    }

    /// The person wants to be told of what is new in a room, or not.
    pub fn mute(&mut self, room: RoomId, muted: bool, now: Instant) -> Result<(), EngineError> {
        self.turn(now, |turn| {
            let mut kept = turn.room(room)?;
            if kept.muted != muted {
                kept.muted = muted;
                turn.step.keep_room(&kept)?;
                turn.tell_own(&Note::Mute { room, muted })?;
            }
            Ok(())
        })
    }
}

impl Engine {
    /// The person calls one of the account's devices so; the other ones hear of it, and nobody else.
    pub fn name_device(&mut self, device: DeviceId, name: &Written, now: Instant) -> Result<(), EngineError> {
        self.turn(now, |turn| {
            let own = turn.step.trusted(&turn.me.identity.handle)?;
            if own.iter().all(|it| it.device != device) {
                return Err(EngineError::NoDevice);
            }
            turn.step.name_device(device, name.reveal())?;
            turn.tell_own(&Note::Name { device, name: name.clone() })
        })
    }

    /// What the person calls a device, if it has a name.
    pub fn device_name(&self, device: DeviceId) -> Result<Option<String>, EngineError> {
        self.look(|step, _| Ok(step.device_name(device)?))
    }
}

impl Turn<'_> {
    /// The other devices hear of a draft, once it is time.
    pub(crate) fn tell_draft(&mut self, room: &mut Room) -> Result<(), EngineError> {
        if room.draft_at.is_none_or(|at| at > self.now) {
            return Ok(());
        }
        room.draft_at = None;
        // What is too long to be said is too long to be told; it stays here.
        let text = room.draft.as_deref().map(|text| Written::parse(text, TEXT_LIMIT));
        match text.transpose() {
            Ok(text) => self.tell_own(&Note::Draft { room: room.id, text }),
            Err(_) => Ok(()),
        }
    }

    /// Tells the other devices of this account something about a room, if there are any. An earlier word of the same kind about
    /// the same room that is not sent yet goes.
    pub(crate) fn tell_own(&mut self, note: &Note) -> Result<(), EngineError> {
        let Some(own) = self.step.own_room()? else { return Ok(()) };
        if about(note) == Some(own.id) || self.is_alone(own.id)? {
            return Ok(());
        }
        for wished in self.step.wishes(own.id)? {
            if let (None, Wish::Write { content }) = (&wished.sealed, Wish::read(&wished.what)?)
                && matches!(Content::decode(&content), Ok((_, Content::Note(it))) if replaces(note, &it))
            {
                self.step.drop_wish(wished.wish)?;
            }
        }
        self.note(own.id, note.clone())
    }
}

fn about(note: &Note) -> Option<RoomId> {
    match note {
        Note::Name { .. } => None,
        Note::History { room, .. }
        | Note::Read { room, .. }
        | Note::Draft { room, .. }
        | Note::Mute { room, .. } => Some(*room),
    }
}

/// Whether a note says all that an earlier one said.
fn replaces(note: &Note, earlier: &Note) -> bool {
    match (note, earlier) {
        (Note::History { .. }, _) => false,
        (Note::Name { device, .. }, Note::Name { device: earlier, .. }) => device == earlier,
        _ => std::mem::discriminant(note) == std::mem::discriminant(earlier) && about(note) == about(earlier),
    }
}
