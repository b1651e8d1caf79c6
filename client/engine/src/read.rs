//! Reading: what was said, each line as it reads now, and what is found among all of it.

use chancery_vault::{Message, Said, Search, Step, WishId};
use chancery_wire::{
    content::{Content, MessageId, Note, Status, Written},
    ids::RoomId,
    names::Handle,
    time::Instant,
};

use crate::{engine::Engine, error::EngineError, wish::Wish};

/// A line of a room's history with what was said of it since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The line as it was said.
    pub message: Message,
    /// The message that it speaks of: its place in the room's log, and who wrote it.
    pub answers: Option<(u64, Handle)>,
    /// Its text as it reads now, where its author has changed it.
    pub edited: Option<Written>,
    /// Reactions to it, in order, with who reacted.
    pub reactions: Vec<(Written, Handle)>,
    /// Who has acknowledged it, in order, where it is urgent.
    pub acknowledged: Vec<Handle>,
    /// How far it is with whom, where the room's members tell each other.
    pub receipts: Vec<(Handle, Status)>,
    /// Whether it is kept in view for everybody.
    pub pinned: bool,
    /// Whether it is a program's.
    pub bot: bool,
    /// Whether it is a guest's.
    pub guest: bool,
}

impl Line {
    /// What stands beside the name of whoever said it: that it was a program, or a guest.
    #[must_use]
    pub fn mark(&self) -> Option<&'static str> {
        match (self.bot, self.guest) {
            (true, _) => Some("bot"),
            (false, true) => Some("guest"),
            (false, false) => None,
        }
    }

    /// Its text as it reads now, if it is one.
    #[must_use]
    pub fn text(&self) -> Option<&Written> {
        match &self.message.said {
            Said::Text(text) => Some(self.edited.as_ref().unwrap_or(text)),
            _ => None,
        }
    }
}

impl Engine {
    /// The last lines of a room, oldest first; or those after an entry. Each as it reads now.
    pub fn lines(&self, room: RoomId, after: Option<u64>, limit: u32) -> Result<Vec<Line>, EngineError> {
        self.look(|step, _| {
            let messages = match after {
                Some(after) => step.messages(room, after, limit)?,
                None => step.last_messages(room, limit)?,
            };
            messages.into_iter().map(|message| as_it_reads(step, message)).collect()
        })
    }

    /// What was said of a line and not taken back: its later versions, and reactions.
    pub fn lines_about(&self, line: &Line) -> Result<Vec<Line>, EngineError> {
        let Some(id) = line.message.id else { return Ok(vec![]) };
        self.look(|step, _| {
            let found = step.messages_about(line.message.room, id)?;
            found.into_iter().map(|message| as_it_reads(step, message)).collect()
        })
    }

    /// A line by its place in a room's log.
    pub fn line(&self, room: RoomId, seq: u64) -> Result<Line, EngineError> {
        self.look(|step, _| as_it_reads(step, step.message_at(room, seq)?.ok_or(EngineError::NoMessage)?))
    }

    /// Texts that are searched for, the newest first.
    pub fn search(&self, search: &Search, limit: u32) -> Result<Vec<Line>, EngineError> {
        self.look(|step, _| {
            let found = step.search(search, limit)?;
            found.into_iter().map(|message| as_it_reads(step, message)).collect()
        })
    }

    /// The person has read a room up to an entry.
    pub fn mark_read(&mut self, room: RoomId, seq: u64, now: Instant) -> Result<(), EngineError> {
        self.turn(now, |turn| {
            let mut kept = turn.room(room)?;
            if seq > kept.read {
                let before = std::mem::replace(&mut kept.read, seq);
                turn.report_read(&mut kept, (before, seq))?;
                turn.step.keep_room(&kept)?;
                turn.tell_own(&Note::Read { room, upto: seq })?;
            }
            Ok(())
        })
    }

    /// The id that the message will have which is wished for, while it is a wish.
    pub fn message_id(&self, wish: WishId) -> Result<Option<MessageId>, EngineError> {
        self.look(|step, _| {
            let identity = step.identity()?.ok_or(EngineError::NotEnrolled)?;
            let Some(wished) = step.wished(wish)? else { return Ok(None) };
            let Wish::Write { content } = Wish::read(&wished.what)? else { return Ok(None) };
            let found = Content::decode(&content).ok().map(|(salt, _)| {
                MessageId::of(&identity.domain, &identity.handle, wished.room, &content, salt)
            });
            Ok(found)
        })
    }
}

/// A message with what was said of it since.
fn as_it_reads(step: &Step<'_>, message: Message) -> Result<Line, EngineError> {
    let mut line = Line {
        answers: None,
        edited: None,
        reactions: vec![],
        acknowledged: vec![],
        receipts: vec![],
        pinned: false,
        guest: match &message.from {
            Some((by, _)) => step.is_guest(by)?,
            None => false,
        },
        bot: match &message.from {
            Some((by, _)) => step.is_bot(by)?,
            None => false,
        },
        message,
    };
    let room = line.message.room;
    if let Some(about) = line.message.about {
        line.answers = step.message(room, about)?.and_then(|of| Some((of.seq, of.from?.0)));
    }
    let (Said::Text(_) | Said::File(_), Some(id)) = (&line.message.said, line.message.id) else {
        return Ok(line);
    };
    line.receipts = step.receipts(room, id)?;
    line.pinned = step.is_pinned(room, id)?;
    for of in step.messages_about(room, id)? {
        match (of.said, of.from) {
            (Said::Edit(text), Some((by, _)))
                if line.message.from.as_ref().is_some_and(|(it, _)| *it == by) =>
            {
                line.edited = Some(text);
            }
            (Said::Reaction(with), Some((by, _))) => line.reactions.push((with, by)),
            (Said::Acknowledgement, Some((by, _))) => line.acknowledged.push(by),
            _ => {}
        }
    }
    Ok(line)
}
