//! Watching: what is done in a room whose keys the device has lost is read from outside, and judged as before.
//!
//! The device sees what a server sees: who commits what, and nothing that is said. It goes by the room's public face as it
//! stood when the keys were lost. Where a body is missing it stops to watch, and others judge what is done from there on.

use chancery_groups::{Breach, Deed, Face};
use chancery_vault::Room;
use chancery_wire::{frames::Entry, ids::RoomId, policy::InvalidPolicy};

use super::{Taken, entry_at};
use crate::{charter::Needs, engine::Turn, error::EngineError, trust::Verdict};

impl Turn<'_> {
    /// Judges a commit from outside, every newcomer checked, and follows it.
    pub(super) fn watch_commit(&mut self, room: &mut Room, entry: &Entry) -> Result<Taken, EngineError> {
        let (Some(mut face), Some(body)) = (self.face(room.id)?, &entry.body) else {
            self.step.keep_face(room.id, None)?;
            return Ok(Taken::Silent);
        };
        let before = face.leaves()?;
        let silent = self.once_silent(&before, entry_at(entry))?;
        let change = match face.follow(body.as_slice(), &|leaf| silent.contains(leaf)) {
            Ok(change) => change,
            // The room is entered again by a newer program only, and that checks it.
            Err(Breach::Policy(InvalidPolicy::TooNew { .. })) => {
                self.step.keep_face(room.id, None)?;
                return Ok(Taken::Silent);
            }
            Err(
                breach @ (Breach::NotAllowed { what: Deed::Remove, .. }
                | Breach::Protected { .. }
                | Breach::Away { .. }),
            ) => {
                // Perhaps a chain says more by now.
                let needs = self.asked_again(&face.read(body.as_slice())?, entry_at(entry))?;
                return Ok(if needs.is_empty() { Taken::Alarm(breach.into()) } else { Taken::Needs(needs) });
            }
            Err(breach) => return Ok(Taken::Alarm(breach.into())),
        };
        match self.verdict(change.newcomers())? {
            Verdict::Trusted => {}
            Verdict::Needs(handles) => return Ok(Taken::Needs(handles.into())),
            Verdict::Distrusted(distrust) => return Ok(Taken::Alarm(distrust.into())),
        }
        if self.needs_charter(change.after.charter)? {
            return Ok(Taken::Needs(Needs::of_charter()));
        }
        if let Err(breach) = self.meets(room, (&before, entry_at(entry)), &change)? {
            return Ok(Taken::Alarm(breach.into()));
        }
        let after = face.leaves()?;
        if after.iter().any(|leaf| leaf.name.device == self.me.identity.device) {
            self.step.keep_face(room.id, Some(&face.save()?))?;
        } else {
            self.left(room, &change)?;
        }
        self.happened(entry, &change, &after)
    }

    /// Takes in a proposal from outside, for the commit that will name it.
    pub(super) fn watch_proposal(&mut self, room: &Room, entry: &Entry) -> Result<Taken, EngineError> {
        let (Some(mut face), Some(body)) = (self.face(room.id)?, &entry.body) else {
            self.step.keep_face(room.id, None)?;
            return Ok(Taken::Silent);
        };
        if let Err(breach) = face.propose(body.as_slice()) {
            return Ok(Taken::Alarm(breach.into()));
        }
        self.step.keep_face(room.id, Some(&face.save()?))?;
        Ok(Taken::Silent)
    }

    /// The public face of a room whose keys are lost, as far as the device could follow it.
    pub(crate) fn face(&self, room: RoomId) -> Result<Option<Face>, EngineError> {
        Ok(self.step.face(room)?.map(|bytes| Face::load(&bytes)).transpose()?)
    }
}
