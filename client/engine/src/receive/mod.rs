//! Receiving: entries of a room's log are checked, opened and kept, a page in one transaction.
//!
//! The chain is checked before anything else: what does not follow from what was seen before raises an alarm.

mod commit;
mod message;
pub(crate) mod proposal;
mod watch;

use chancery_trail::{digest, room_next};
use chancery_vault::{Message, Room, Said, Standing, Wished};
use chancery_wire::{
    content::Marks,
    frames::{Entry, Kind},
    ids::{DeviceId, RoomId},
    names::Handle,
    time::Instant,
};

use crate::{
    alarm::Alarm,
    cause::Cause,
    charter::Needs,
    engine::{Engine, Turn},
    error::EngineError,
};

/// What came of a page of entries.
#[derive(Debug, Default)]
pub struct Received {
    /// What is needed before the next entry can be taken in; give the page again then.
    pub needs: Needs,
    /// Whether somebody has spoken who knows of later amendments of the charter.
    pub charter: bool,
    /// An entry is missing before the next one: fetch from where the room stands.
    pub behind: bool,
    /// The last entry the room has now, if any of these was new to it.
    pub seq: Option<u64>,
    /// The room was stopped, for this reason.
    pub alarm: Option<Alarm>,
}

/// What came of one entry.
enum Taken {
    /// Nothing to show.
    Silent,
    /// A line of the history.
    Line(Message),
    /// The device's state of the room cannot follow.
    Lost(Option<Message>),
    /// Something is needed first; the entry is not taken in.
    Needs(Needs),
    /// It must not be.
    Alarm(Alarm),
    /// The room asks for a newer program.
    Paused(String),
}

impl Engine {
    /// Takes in entries of a room, in the order of its log.
    pub fn receive(
        &mut self,
        room: RoomId,
        entries: &[Entry],
        now: Instant,
    ) -> Result<Received, EngineError> {
        self.turn(now, |turn| {
            let mut out = Received::default();
            let Some(mut kept) = turn.step.room(room)? else { return Ok(out) };
            for entry in entries {
                let open = !matches!(kept.standing, Standing::Left | Standing::Stopped);
                if entry.room != room || !open {
                    break;
                }
                if turn.receive(&mut kept, entry, &mut out)? {
                    break;
                }
            }
            if out.alarm.is_none() {
                turn.step.keep_room(&kept)?;
            }
            out.charter = turn.hears_of_charter()?;
            Ok(out)
        })
    }
}

impl Turn<'_> {
    /// Takes in one entry; answers whether the page ends here.
    fn receive(&mut self, room: &mut Room, entry: &Entry, out: &mut Received) -> Result<bool, EngineError> {
        if entry.seq <= room.seq {
            let seen = self.step.head(room.id, entry.seq)?;
            if seen.is_some_and(|head| head != entry.head) {
                return self.stop(room, Alarm::RolledBack, out);
            }
            return Ok(false);
        }
        if entry.seq != room.seq.saturating_add(1) {
            out.behind = true;
            return Ok(true);
        }
        if room_next(room.head, entry.seq, entry.kind, entry.digest) != entry.head {
            return self.stop(room, Alarm::Chain, out);
        }
        if entry.body.as_ref().is_some_and(|body| digest(body.as_slice()) != entry.digest) {
            return self.stop(room, Alarm::Body, out);
        }
        if room.standing == Standing::Paused {
            // Perhaps this program is newer than the one that could not read it.
            room.standing = Standing::Joined;
            room.why = None;
        }
        let taken = match self.take(room, entry)? {
            Taken::Lost(line) => {
                self.lose(room)?;
                if let Some(line) = line {
                    self.keep(&line)?;
                }
                match entry.kind {
                    Kind::Commit => self.watch_commit(room, entry)?,
                    Kind::Proposal => self.watch_proposal(room, entry)?,
                    Kind::Message => Taken::Silent,
                }
            }
            taken => taken,
        };
        match taken {
            Taken::Silent | Taken::Lost(_) => {}
            Taken::Line(line) => self.keep(&line)?,
            Taken::Needs(needs) => {
                out.needs = needs;
                return Ok(true);
            }
            Taken::Alarm(alarm) => return self.stop(room, alarm, out),
            Taken::Paused(why) => {
                room.standing = Standing::Paused;
                room.why = Some(why);
                return Ok(true);
            }
        }
        room.seq = entry.seq;
        room.head = entry.head;
        out.seq = Some(room.seq);
        self.step.keep_head(room.id, room.seq, room.head, Some(entry.digest))?;
        if self.promised(room)? {
            return self.stop(room, Alarm::Dropped, out);
        }
        Ok(false)
    }

    fn take(&mut self, room: &mut Room, entry: &Entry) -> Result<Taken, EngineError> {
        let own = self.step.submitted(entry.id)?.filter(|wished| wished.room == room.id);
        if let Some(wished) = &own {
            let sent = wished.sealed.as_ref().map(|sealed| digest(&sealed.body));
            if sent != Some(entry.digest) {
                return Ok(Taken::Alarm(Alarm::Replaced));
            }
        }
        match entry.kind {
            Kind::Message => self.take_message(room, entry, own),
            Kind::Commit => self.take_commit(room, entry, own),
            Kind::Proposal => self.take_proposal(room, entry, own),
        }
    }

    fn stop(&mut self, room: &mut Room, alarm: Alarm, out: &mut Received) -> Result<bool, EngineError> {
        self.alarm(room, &alarm)?;
        out.alarm = Some(alarm);
        Ok(true)
    }

    /// Whether something that was promised a place up to here did not appear there.
    fn promised(&self, room: &Room) -> Result<bool, EngineError> {
        let late = |wished: &Wished| wished.accepted.is_some_and(|seq| seq <= room.seq);
        Ok(self.step.wishes(room.id)?.iter().any(late))
    }

    /// Keeps a line; one whose sender had used its id before is kept as repeated only.
    fn keep(&self, line: &Message) -> Result<(), EngineError> {
        if self.step.keep_message(line)? {
            // It may have been on its way for longer than it is good for.
            if line.marks.expires.is_some() {
                self.step.expire(self.now)?;
            }
            return Ok(());
        }
        let said = Said::Unopened(Cause::Repeated.as_str().to_owned());
        let said = Message {
            from: None,
            said,
            id: None,
            about: None,
            thread: None,
            marks: Marks::default(),
            ..line.clone()
        };
        self.step.keep_message(&said)?;
        Ok(())
    }
}

/// When an entry was taken in, by the server's clock.
fn entry_at(entry: &Entry) -> Instant {
    Instant(i64::try_from(entry.at).unwrap_or(i64::MAX))
}

/// A line for an entry.
fn line(entry: &Entry, from: Option<(Handle, DeviceId)>, said: Said) -> Message {
    let at = entry_at(entry);
    let (room, seq, marks) = (entry.room, entry.seq, Marks::default());
    Message { room, seq, id: None, at, from, said, about: None, thread: None, marks, told_by: None }
}

/// A line for a message that was not opened.
fn unopened(entry: &Entry, cause: Cause) -> Message {
    line(entry, None, Said::Unopened(cause.as_str().to_owned()))
}
