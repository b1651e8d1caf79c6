//! What a room is called, for those who come in: they cannot read what was said before, so somebody who knows says it again.
//!
//! Whoever brought them does so at once. They may not know it themselves, may not be believed, or may be gone before they have said it:
//! everybody else who is believed waits a while, and says it if nobody has by then.

use chancery_groups::{Change, Leaf};
use chancery_vault::Room;
use chancery_wire::{
    content::{Content, Written},
    names::Handle,
    policy::RoomPolicy,
};

use crate::{engine::Turn, error::EngineError};

/// How long those who did not bring the newcomers wait at most, in seconds; each for as long as it draws, so that not all speak.
pub(crate) const PATIENCE: i64 = 10;
/// How many of these seconds are for whoever brought them.
const GRACE: i64 = 2;

impl Turn<'_> {
    /// The room has changed: plans when this device says what it is called, if there are newcomers and they would believe it.
    /// `after` are the leaves afterwards.
    pub(crate) fn plan_names(&mut self, room: &mut Room, change: &Change, after: &[Leaf]) {
        if room.name.is_none() && room.topic.is_none() || change.newcomers().next().is_none() {
            return;
        }
        let (author, me) = (change.author.leaf(), &self.me.identity);
        let is_believed = |handle: &Handle| change.after.role(handle) >= change.after.may_add;
        // Where nobody else could be believed, anybody is.
        let believes_me = |newcomer: &Handle| {
            let mut others = after.iter().map(|leaf| &leaf.name.account).filter(|other| *other != newcomer);
            *newcomer == me.handle || is_believed(&me.handle) || !others.any(is_believed)
        };
        if author.name.device == me.device {
            room.names_at = Some(self.now);
        } else if change.newcomers().any(|leaf| believes_me(&leaf.name.account)) {
            self.tells_in_time(room);
        }
    }

    /// Somebody has said what the room is called, in an epoch, and this device believes them.
    pub(crate) fn heard_names(
        &mut self,
        room: &mut Room,
        policy: &RoomPolicy,
        (who, epoch): (&Handle, u64),
        content: &Content,
    ) -> Result<(), EngineError> {
        let is_believed = |handle: &Handle| policy.role(handle) >= policy.may_add;
        if is_first(room, content) && !is_believed(who) && is_believed(&self.me.identity.handle) {
            // Others who came in and do not believe them have it from here.
            self.tells_in_time(room);
        } else if self.step.last_epoch(room.id)? == Some(epoch) {
            // Sealed since the last newcomers came, it was for them as well.
            room.names_at = None;
        }
        Ok(())
    }

    fn tells_in_time(&mut self, room: &mut Room) {
        let at = self.spread((PATIENCE - GRACE) * 1000).plus_seconds(GRACE);
        room.names_at = Some(room.names_at.map_or(at, |earlier| earlier.min(at)));
    }

    /// Says what the room is called, once it is time.
    pub(crate) fn tell_names(&mut self, room: &mut Room) -> Result<(), EngineError> {
        if room.names_at.is_none_or(|at| at > self.now) {
            return Ok(());
        }
        room.names_at = None;
        let name = room.name.as_deref().and_then(|name| Written::name(name).ok()).map(Content::RoomName);
        let topic = room.topic.as_deref().and_then(|topic| Written::name(topic).ok()).map(Content::RoomTopic);
        for content in name.into_iter().chain(topic) {
            let said = self.writing(&content);
            self.step.wish(room.id, self.now, &said.write())?;
        }
        Ok(())
    }
}

/// Whether content says what nobody has said to this device yet. Whoever brought it in says so, or anybody where nobody else may; and who
/// may name the room has the last word.
pub(crate) fn is_first(room: &Room, content: &Content) -> bool {
    match content {
        Content::RoomName(_) => room.name.is_none(),
        Content::RoomTopic(_) => room.topic.is_none(),
        _ => false,
    }
}

/// Whether content gives a room another name or topic than it has. To say again what it is called is open to everybody.
pub(crate) fn names_anew(room: &Room, content: &Content) -> bool {
    match content {
        Content::RoomName(name) => room.name.as_deref() != Some(name.reveal()),
        Content::RoomTopic(topic) => room.topic.as_deref() != Some(topic.reveal()),
        _ => false,
    }
}
