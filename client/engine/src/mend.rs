//! Mending: where the leaves of an account do not fit its device chain any more, a device of the room sees to it: what was revoked goes,
//! and the device as which the account came back, or a further one, comes in.
//!
//! The server says where to look. What is done, and whether it is allowed, goes by the chain alone (`protocol/devices.md`).

use std::collections::BTreeSet;

use chancery_groups::{Leaf, policy_of, roster};
use chancery_vault::{Room, Standing, TrustedDevice};
use chancery_wire::{
    api::PendingRooms,
    ids::{DeviceId, RoomId},
    names::Handle,
    policy::RoomPolicy,
    time::Instant,
};
use openmls::group::MlsGroup;

use crate::{
    engine::{Engine, Turn},
    error::EngineError,
    receive::proposal::SETTLE,
    wish::Wish,
};

/// What is amiss with an account's leaves in a room.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Amiss {
    /// Places of leaves whose device does not speak for the account.
    pub(crate) silent: Vec<u32>,
    /// Devices that are not in the room.
    pub(crate) missing: Vec<DeviceId>,
    /// Whether the account has a device in the room that speaks for it.
    pub(crate) stays: bool,
}

impl Amiss {
    fn is_amiss(&self) -> bool {
        !self.silent.is_empty() || !self.missing.is_empty()
    }
}

impl Engine {
    /// The server says in which rooms leaves do not fit their chains. Answers whose chains are to be asked for anew; then the same is
    /// said once more, and the rooms are seen to, by whoever is first.
    pub fn pending(&mut self, pending: &PendingRooms, now: Instant) -> Result<Vec<Handle>, EngineError> {
        self.turn(now, |turn| {
            let mut needs: Vec<Handle> = Vec::new();
            for it in &pending.pending {
                if !turn.memory.reread.contains(&it.handle) {
                    needs.push(it.handle.clone());
                }
            }
            needs.sort_unstable();
            needs.dedup();
            if !needs.is_empty() {
                turn.memory.reread.extend(needs.iter().cloned());
                return Ok(needs);
            }
            for it in &pending.pending {
                turn.memory.reread.remove(&it.handle);
                let Some(mut room) = turn.step.room(it.room)? else { continue };
                if room.standing != Standing::Joined {
                    continue;
                }
                if it.handle == turn.me.identity.handle {
                    turn.mend_own(&room)?;
                    continue;
                }
                let group = turn.group(room.id)?;
                let amiss = turn.amiss(
                    room.id,
                    (&roster(group.public_group())?, &policy_of(group.extensions())?),
                    &it.handle,
                )?;
                turn.put(room.id, group);
                if amiss.is_amiss() {
                    turn.memory.mend.entry(room.id).or_default().insert(it.handle.clone());
                    let at = turn.spread(SETTLE);
                    room.settle_at = Some(room.settle_at.map_or(at, |earlier| earlier.min(at)));
                    turn.step.keep_room(&room)?;
                }
            }
            Ok(vec![])
        })
    }
}

impl Turn<'_> {
    /// Looks for guests and programs whose time is over: whoever is in a room with them takes them out, also where the server says nothing.
    pub(crate) fn look_for_those_over(&mut self) -> Result<(), EngineError> {
        let mut over = Vec::new();
        self.memory.over_at = None;
        for handle in self.step.attended()? {
            match self.good_until(&handle)? {
                Some(until) if until <= self.now => over.push(handle),
                until => self.memory.over_at = self.memory.over_at.into_iter().chain(until).min(),
            }
        }
        if over.is_empty() {
            return Ok(());
        }
        for mut room in self.step.rooms()?.into_iter().filter(|room| room.standing == Standing::Joined) {
            let group = self.group(room.id)?;
            let leaves = roster(group.public_group())?;
            self.put(room.id, group);
            let here = |handle: &&Handle| leaves.iter().any(|leaf| leaf.name.account == **handle);
            for handle in over.iter().filter(here) {
                self.memory.mend.entry(room.id).or_default().insert(handle.clone());
                room.settle_at = self.mends_at(room.id);
                self.step.keep_room(&room)?;
            }
        }
        Ok(())
    }

    /// What is amiss with an account's leaves in a room, by its chain as it is known here. Who is not in it has nothing amiss.
    pub(crate) fn amiss(
        &self,
        room: RoomId,
        (leaves, policy): (&[Leaf], &RoomPolicy),
        handle: &Handle,
    ) -> Result<Amiss, EngineError> {
        let own: Vec<&Leaf> = leaves.iter().filter(|leaf| leaf.name.account == *handle).collect();
        let mut amiss = Amiss::default();
        if own.is_empty() && !policy.away.contains(handle) {
            return Ok(amiss);
        }
        let over = self.has_run_out(handle)?;
        for device in self.step.trusted(handle)? {
            let leaf = own.iter().find(|leaf| leaf.name.device == device.device && leaf.key == device.key);
            match (leaf, device.speaks() && !over) {
                (Some(leaf), false) => amiss.silent.push(leaf.index),
                (Some(_), true) => amiss.stays = true,
                (None, false) => {}
                (None, true) => amiss.missing.push(device.device),
            }
        }
        // Whoever leaves brings nobody back.
        if *handle == self.me.identity.handle && self.asked_to_leave(room)? {
            amiss.missing.clear();
        }
        Ok(amiss)
    }

    /// Whether a leaf's device does not speak for its account, by the chain as it is known here: it was revoked, or the account is suspended,
    /// or its time is over.
    pub(crate) fn is_silent(&self, leaf: &Leaf) -> Result<bool, EngineError> {
        Ok(self.has_run_out(&leaf.name.account)? || self.is_known(leaf, |known| !known.speaks())?)
    }

    /// Whether a leaf's device does not speak for its account, or did not at some time. What was done in a room then is read later as well,
    /// and judged alike by everybody, whenever they read it: once somebody was suspended, that may be why.
    pub(crate) fn was_silent(&self, leaf: &Leaf, at: Instant) -> Result<bool, EngineError> {
        let over = self.had_run_out(&leaf.name.account, at)?;
        Ok(over || self.is_known(leaf, |known| known.revoked || known.has_been_suspended)?)
    }

    fn is_known(&self, leaf: &Leaf, is: impl Fn(&TrustedDevice) -> bool) -> Result<bool, EngineError> {
        let known = self.step.trusted(&leaf.name.account)?;
        Ok(known.iter().any(|it| it.device == leaf.name.device && it.key == leaf.key && is(it)))
    }

    /// The leaves whose device did not speak for its account at some time, among those given.
    pub(crate) fn once_silent<'l>(
        &self,
        leaves: impl IntoIterator<Item = &'l Leaf>,
        at: Instant,
    ) -> Result<Vec<Leaf>, EngineError> {
        let mut silent = Vec::new();
        for leaf in leaves {
            if self.was_silent(leaf, at)? {
                silent.push(leaf.clone());
            }
        }
        Ok(silent)
    }

    /// The next account to be seen to in a room, if it is still amiss.
    pub(crate) fn next_to_mend(
        &mut self,
        room: &Room,
        group: &MlsGroup,
    ) -> Result<Option<Handle>, EngineError> {
        let waiting: BTreeSet<Handle> = self.memory.mend.get(&room.id).cloned().unwrap_or_default();
        if waiting.is_empty() {
            return Ok(None);
        }
        let (leaves, policy) = (roster(group.public_group())?, policy_of(group.extensions())?);
        for handle in waiting {
            // Once for each time that somebody has said so: whatever comes of it, it is not tried again and again.
            self.mended(room, &handle);
            if self.amiss(room.id, (&leaves, &policy), &handle)?.is_amiss() {
                return Ok(Some(handle));
            }
        }
        Ok(None)
    }

    /// When this device sees to what is still amiss in a room, if nobody has by then; nothing when nothing is.
    pub(crate) fn mends_at(&mut self, room: RoomId) -> Option<Instant> {
        let waits = self.memory.mend.get(&room).is_some_and(|waiting| !waiting.is_empty());
        waits.then(|| self.spread(SETTLE))
    }

    /// An account was seen to in a room, or cannot be now.
    pub(crate) fn mended(&mut self, room: &Room, handle: &Handle) {
        if let Some(waiting) = self.memory.mend.get_mut(&room.id) {
            waiting.remove(handle);
        }
    }

    /// The own devices are brought where they are missing, and taken out where they were revoked, at once.
    pub(crate) fn mend_own(&mut self, room: &Room) -> Result<(), EngineError> {
        let me = self.me.identity.handle.clone();
        let group = self.group(room.id)?;
        let amiss =
            self.amiss(room.id, (&roster(group.public_group())?, &policy_of(group.extensions())?), &me)?;
        self.put(room.id, group);
        let wished = self.step.wishes(room.id)?;
        let wished: Vec<Wish> = wished.iter().map(|it| Wish::read(&it.what)).collect::<Result<_, _>>()?;
        let mending = wished.iter().any(|wish| matches!(wish, Wish::Mend { handle, .. } if *handle == me));
        if amiss.is_amiss() && mending {
            // What is under way may be about other devices: it is looked at again after that.
            self.memory.mend.entry(room.id).or_default().insert(me);
        } else if amiss.is_amiss() {
            self.step.wish(room.id, self.now, &Wish::Mend { handle: me, packages: None }.write())?;
        }
        Ok(())
    }
}
