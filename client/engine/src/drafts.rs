//! What a person keeps about rooms and only the account's own devices know: what was begun to be written, and which rooms are to
//! be quiet.

use chancery_vault::Room;
use chancery_wire::{
    content::{Content, Note, TEXT_LIMIT, Written},
    ids::RoomId,
    time::Instant,
};

use crate::{
    engine::{Engine, Turn},
    error::EngineError,
    wish::Wish,
};

/// How long a draft is worked on before the other devices are told of it, in seconds.
const PAUSE: i64 = 5;

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
        if about(note) == own.id || self.is_alone(own.id)? {
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

fn about(note: &Note) -> RoomId {
    match note {
        Note::History { room, .. }
        | Note::Read { room, .. }
        | Note::Draft { room, .. }
        | Note::Mute { room, .. } => *room,
    }
}

/// Whether a note says all that an earlier one said.
fn replaces(note: &Note, earlier: &Note) -> bool {
    let history = matches!(note, Note::History { .. });
    !history
        && std::mem::discriminant(note) == std::mem::discriminant(earlier)
        && about(note) == about(earlier)
}
