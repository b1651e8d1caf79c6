//! Reports: in rooms whose policy says so, members tell each other which messages they have got and read, several at once.

use chancery_groups::policy_of;
use chancery_vault::{Message, Room, Said};
use chancery_wire::content::{Content, REPORT_LIMIT, Status};

use crate::{
    engine::{Turn, load},
    error::EngineError,
};

/// How long the report that something is here waits for others to go with it, and perhaps for its being read, in seconds.
pub(crate) const PAUSE: i64 = 2;

impl Turn<'_> {
    /// Whether the members of a room tell each other what they have got and read.
    fn has_receipts(&mut self, room: &Room) -> Result<bool, EngineError> {
        let Some(group) = load(self.step, room.id)? else { return Ok(false) };
        Ok(policy_of(group.extensions())?.receipts)
    }

    /// A line was taken in: its sender hears that it is here.
    pub(crate) fn report_delivered(&self, room: &mut Room, line: &Message) -> Result<(), EngineError> {
        let (Said::Text(_) | Said::File(_), Some(id), Some((by, _))) = (&line.said, line.id, &line.from)
        else {
            return Ok(());
        };
        if *by != self.me.identity.handle {
            self.step.owe_report(room.id, id, Status::Delivered)?;
            room.report_at.get_or_insert_with(|| self.now.plus_seconds(PAUSE));
        }
        Ok(())
    }

    /// The person has read a room from after one entry up to another: the senders hear of it.
    pub(crate) fn report_read(&mut self, room: &mut Room, range: (u64, u64)) -> Result<(), EngineError> {
        if room.own || !self.has_receipts(room)? {
            return Ok(());
        }
        for id in self.step.of_others(room.id, range, &self.me.identity.handle)? {
            self.step.owe_report(room.id, id, Status::Read)?;
            room.report_at = Some(self.now);
        }
        Ok(())
    }

    /// What is owed becomes a wish, once it is time.
    pub(crate) fn report(&mut self, room: &mut Room) -> Result<(), EngineError> {
        if room.report_at.is_none_or(|at| at > self.now) {
            return Ok(());
        }
        room.report_at = None;
        loop {
            let owed = self.step.take_reports(room.id, REPORT_LIMIT)?;
            if owed.is_empty() {
                return Ok(());
            }
            let wish = self.writing(&Content::Report(owed));
            self.step.wish(room.id, self.now, &wish.write())?;
        }
    }
}
