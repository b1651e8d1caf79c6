//! What a room is called, for those who come in: they cannot read what was said before, so somebody who knows says it again.
//!
//! Whoever brought them does so at once. They may not know it themselves, may not be believed, or may be gone before they have said it:
//! everybody else who is believed waits a while, and says it if nobody has by then. What a device has itself from somebody who may not
//! name the room is said again only to those whom its person brings: its word makes more of it.

use std::collections::BTreeSet;

use chancery_groups::{Change, Leaf, policy_of, roster};
use chancery_vault::{Room, Title};
use chancery_wire::{
    content::{Content, Written},
    names::Handle,
    policy::RoomPolicy,
    time::Instant,
};
use openmls::group::MlsGroup;

use crate::{engine::Turn, error::EngineError};

/// How long anybody waits at most, in seconds.
const PATIENCE: i64 = 300;
/// How many of these seconds are for whoever brought the newcomers.
const GRACE: i64 = 2;
/// Over how many seconds the others spread in a small room, and for each so many leaves of a large one.
const TURN: i64 = 8;
const CROWD: usize = 32;

impl Turn<'_> {
    /// The room has changed: plans when this device says what it is called, if there are newcomers and they would believe it.
    /// `after` are the leaves afterwards, in the new epoch.
    pub(crate) fn plan_names(&mut self, room: &mut Room, change: &Change, (after, epoch): (&[Leaf], u64)) {
        let anybody = leaves_nobody_believed(change, after);
        let (author, me) = (change.author.leaf(), &self.me.identity);
        let is_believed = |handle: &Handle| change.after.role(handle) >= change.after.may_add;
        // Where nobody else could be believed, anybody is.
        let believes_me = |newcomer: &Handle| {
            let mut others = after.iter().map(|leaf| &leaf.name.account).filter(|other| *other != newcomer);
            *newcomer == me.handle || is_believed(&me.handle) || !others.any(is_believed)
        };
        let mut hears = change.newcomers().map(|leaf| &leaf.name.account);
        let (at, of_hearsay) = if author.name.device == me.device && hears.next().is_some() {
            (self.now, true)
        } else if anybody || hears.any(believes_me) {
            (self.in_time(after.len()), false)
        } else {
            return;
        };
        room.names_since = Some(epoch);
        let sooner = |planned: Option<Instant>| Some(planned.map_or(at, |planned| planned.min(at)));
        for title in [&mut room.name, &mut room.topic] {
            if title.text.is_some() && (of_hearsay || !title.hearsay) {
                title.say_at = sooner(title.say_at);
            }
        }
    }

    /// The device has come back to a room: others say what it is called by now. Where nobody else could be believed, this one says it, for
    /// whoever has come in what its image was too old to know.
    pub(crate) fn plan_names_alone(&mut self, room: &mut Room, group: &MlsGroup) -> Result<(), EngineError> {
        let (leaves, policy) = (roster(group.public_group())?, policy_of(group.extensions())?);
        let is_believed = |handle: &Handle| policy.role(handle) >= policy.may_add;
        let others = leaves.iter().filter(|leaf| leaf.name.device != self.me.identity.device);
        let alone = !others.map(|leaf| &leaf.name.account).any(is_believed);
        let at = (alone && is_believed(&self.me.identity.handle)).then(|| self.in_time(leaves.len()));
        for title in [&mut room.name, &mut room.topic] {
            title.say_at = at.filter(|_| title.text.is_some() && !title.hearsay);
        }
        Ok(())
    }

    /// When it is this device's turn in a room of so many: the more there are, the longer, so that a few speak and not all.
    fn in_time(&mut self, leaves: usize) -> Instant {
        let turns = i64::try_from(leaves / CROWD).unwrap_or(i64::MAX).max(1);
        let span = TURN.saturating_mul(turns).min(PATIENCE - GRACE);
        self.spread(span * 1000).plus_seconds(GRACE)
    }

    /// Says what the room is called, once it is time.
    pub(crate) fn tell_names(&mut self, room: &mut Room) -> Result<(), EngineError> {
        let due = |title: &Title| {
            title.say_at.filter(|at| *at <= self.now)?;
            title.text.as_deref().and_then(|text| Written::name(text).ok())
        };
        let (name, topic) =
            (due(&room.name).map(Content::RoomName), due(&room.topic).map(Content::RoomTopic));
        for content in name.into_iter().chain(topic) {
            told_at(room, &content, None);
            let said = self.writing(&content);
            self.step.wish(room.id, self.now, &said.write())?;
        }
        Ok(())
    }
}

/// When it is said that was planned by a clock that may have been fast: later than anybody waits, nobody had planned it by this one, and it
/// may be this device alone that knows.
pub(crate) fn in_reach(at: Instant, now: Instant) -> Instant {
    if at <= now.plus_seconds(PATIENCE) { at } else { now.plus_seconds(GRACE + TURN) }
}

/// Whether a change takes from somebody the last other account that could say what the room is called: from now on anybody could, and
/// what they said before was not believed.
fn leaves_nobody_believed(change: &Change, after: &[Leaf]) -> bool {
    if change.removed.is_empty() && change.before == change.after {
        return false;
    }
    let came = |leaf: &&Leaf| change.added.iter().any(|(added, _)| added.name == leaf.name);
    let stayed = after.iter().filter(|leaf| !came(leaf));
    let before = stayed.chain(change.removed.iter().map(|(leaf, _)| leaf));
    let believed = |policy: &RoomPolicy, leaves: &mut dyn Iterator<Item = &Leaf>| -> BTreeSet<Handle> {
        let may = leaves.filter(|leaf| policy.role(&leaf.name.account) >= policy.may_add);
        may.map(|leaf| leaf.name.account.clone()).collect()
    };
    let (before, after) =
        (believed(&change.before, &mut before.into_iter()), believed(&change.after, &mut after.iter()));
    after.len() <= 1 && after != before
}

/// Somebody who is believed has said what the room is called, in an epoch: sealed since the last newcomers came, it was for them as well.
/// Whether it was somebody who may name the room makes it more than hearsay.
pub(crate) fn heard_names(room: &mut Room, (epoch, may_name): (u64, bool), content: &Content) {
    let is_for_all = room.names_since.is_none_or(|since| epoch >= since);
    if let Some(title) = title_mut(room, content) {
        title.hearsay = !may_name;
        if is_for_all {
            title.say_at = None;
        }
    }
}

/// Plans when this device says a name or topic again, or that it need not.
pub(crate) fn told_at(room: &mut Room, content: &Content, at: Option<Instant>) {
    if let Some(title) = title_mut(room, content) {
        title.say_at = at;
    }
}

/// Whether content says what nobody has said to this device yet. Whoever brought it in says so, or anybody where nobody else may; and who
/// may name the room has the last word.
pub(crate) fn is_first(room: &Room, content: &Content) -> bool {
    said(room, content).is_some_and(|(title, _)| title.text.is_none())
}

/// Whether content gives a room another name or topic than it has. To say again what it is called is open to everybody.
pub(crate) fn names_anew(room: &Room, content: &Content) -> bool {
    said(room, content).is_some_and(|(title, text)| title.text.as_deref() != Some(text))
}

/// What content says a room is called, beside what it is called so far.
fn said<'a>(room: &'a Room, content: &'a Content) -> Option<(&'a Title, &'a str)> {
    match content {
        Content::RoomName(name) => Some((&room.name, name.reveal())),
        Content::RoomTopic(topic) => Some((&room.topic, topic.reveal())),
        _ => None,
    }
}

fn title_mut<'a>(room: &'a mut Room, content: &Content) -> Option<&'a mut Title> {
    match content {
        Content::RoomName(_) => Some(&mut room.name),
        Content::RoomTopic(_) => Some(&mut room.topic),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_fast_clock_has_put_off_is_said_when_it_would_have_been_and_what_waits_its_turn_waits() {
        let now = Instant(1_000_000);
        assert_eq!(in_reach(now.plus_seconds(3_600), now), now.plus_seconds(10));
        assert_eq!(in_reach(now.plus_seconds(298), now), now.plus_seconds(298));
        assert_eq!(in_reach(now.plus_seconds(-5), now), now.plus_seconds(-5));
    }
}
