//! The engine, and a turn: one event taken in, in one transaction.

use std::{
    cell::OnceCell,
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use chancery_transparency::Charter;
use chancery_vault::{Identity, Room, Step, Vault, VaultError};
use chancery_wire::{
    ids::{DeviceId, RoomId, SubmissionId},
    names::Handle,
    time::Instant,
};
use openmls::{group::MlsGroup, prelude::GroupId};
use openmls_rust_crypto::RustCrypto;

use crate::{
    drafts,
    entropy::{Entropy, draw},
    error::EngineError,
    mls::{Me, Provider},
    names,
    open::RENEW_AFTER,
    receive::proposal::SETTLE,
    reports,
    trust::Asked,
};

/// What is remembered between turns and can be lost at any time.
#[derive(Default)]
pub(crate) struct Memory {
    /// Groups as the vault has them; stale once another program has changed the vault.
    groups: HashMap<RoomId, MlsGroup>,
    version: i64,
    /// Rooms whose log was followed to its end since the connection was made. Only there anything is sent.
    pub(crate) caught_up: HashSet<RoomId>,
    /// What was sent on this connection and not answered yet.
    pub(crate) in_flight: HashSet<SubmissionId>,
    /// What had been promised a place when the connection was made: whatever is fetched over it includes that place.
    pub(crate) promised: HashMap<RoomId, u64>,
    /// Whose chains the server was asked for on this connection.
    pub(crate) asked: HashMap<Handle, Asked>,
    /// Devices whose account's chain was asked for because somebody took them out of a room.
    pub(crate) questioned: HashSet<DeviceId>,
    /// Whose chains are asked for anew, because the server says that leaves do not fit them.
    pub(crate) reread: HashSet<Handle>,
    /// Whose leaves are to be seen to in which rooms.
    pub(crate) mend: HashMap<RoomId, BTreeSet<Handle>>,
    /// Devices whose account's chain was asked for because of them.
    pub(crate) sought: HashSet<DeviceId>,
    /// Rooms in which another copy of this device has taken its place since the connection was made. It takes it back only
    /// for something to send, or over a new connection: otherwise two copies would never come to rest.
    pub(crate) replaced: HashSet<RoomId>,
    /// The charter as the vault has it.
    pub(crate) charter: OnceCell<Arc<Charter>>,
    /// The number of amendments that a change went by and that was asked for last on this connection.
    pub(crate) charter_sought: u64,
    /// The greatest number that somebody has spoken of, and for which was asked because of that.
    pub(crate) charter_told: u64,
    pub(crate) charter_asked: u64,
    /// When the time of the next guest or program is over.
    pub(crate) over_at: Option<Instant>,
}

impl Memory {
    /// Drops a group that was changed and not put back; it is loaded anew.
    pub(crate) fn forget_group(&mut self, room: RoomId) {
        self.groups.remove(&room);
    }
}

/// A device.
pub struct Engine {
    vault: Vault,
    crypto: RustCrypto,
    entropy: Box<dyn Entropy>,
    memory: Memory,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("vault", &self.vault).finish_non_exhaustive()
    }
}

/// One event being taken in.
pub(crate) struct Turn<'a> {
    pub(crate) step: &'a Step<'a>,
    pub(crate) me: &'a Me,
    pub(crate) now: Instant,
    pub(crate) memory: &'a mut Memory,
    crypto: &'a RustCrypto,
    entropy: &'a mut dyn Entropy,
}

impl Engine {
    /// An engine over a vault.
    #[must_use]
    pub fn new(vault: Vault, entropy: Box<dyn Entropy>) -> Self {
        Self { vault, crypto: RustCrypto::default(), entropy, memory: Memory::default() }
    }

    /// Who the device is, once it knows; `enrolled` in it says whether the server does too.
    pub fn identity(&self) -> Result<Option<Identity>, EngineError> {
        self.vault.look(|step| Ok(step.identity()?))
    }

    /// A new connection: nothing is in flight on it, and no room is followed to its end yet. To be called before anything
    /// is fetched over it. What a clock that was fast has put off for too long is done when it would have been by this one.
    pub fn connected(&mut self, now: Instant) {
        self.memory.caught_up.clear();
        self.memory.replaced.clear();
        self.memory.in_flight.clear();
        self.memory.asked.clear();
        self.memory.sought.clear();
        self.memory.questioned.clear();
        self.memory.reread.clear();
        self.memory.mend.clear();
        self.memory.charter_sought = 0;
        (self.memory.charter_told, self.memory.charter_asked) = (0, 0);
        // Without it one lie is noticed later: when the log has come to the promised place.
        self.memory.promised =
            self.look(|step, _| Ok(step.promises()?.into_iter().collect())).unwrap_or_default();
        // What cannot be written now is looked at over the next connection.
        let _ = self.turn(now, set_alarms);
    }

    /// Makes `change` in one transaction. When it fails, nothing was changed and everything remembered is dropped.
    pub(crate) fn turn<T>(
        &mut self,
        now: Instant,
        change: impl FnOnce(&mut Turn<'_>) -> Result<T, EngineError>,
    ) -> Result<T, EngineError> {
        let Self { vault, crypto, entropy, memory } = self;
        let done = vault.step(|step| {
            let identity = step.identity()?.filter(|it| it.enrolled).ok_or(EngineError::NotEnrolled)?;
            let version = step.others_version()?;
            if version != memory.version {
                memory.groups.clear();
                memory.charter.take();
                memory.version = version;
            }
            let me = Me::new(identity);
            change(&mut Turn { step, me: &me, now, memory, crypto, entropy: entropy.as_mut() })
        });
        if done.is_err() {
            self.memory.charter.take();
            self.memory.groups.clear();
        }
        done
    }

    /// Reads what the vault has, in one consistent view.
    pub(crate) fn look<T>(
        &self,
        look: impl FnOnce(&Step<'_>, &RustCrypto) -> Result<T, EngineError>,
    ) -> Result<T, EngineError> {
        self.vault.look(|step| look(step, &self.crypto))
    }

    /// Whether a room's log was followed to its end on this connection.
    #[must_use]
    pub fn is_caught_up(&self, room: RoomId) -> bool {
        self.memory.caught_up.contains(&room)
    }

    /// The charter as it was read last.
    pub(crate) fn remembered_charter(&self) -> Option<&Arc<Charter>> {
        self.memory.charter.get()
    }

    /// When the time of the next guest or program is over.
    pub(crate) fn over_at(&self) -> Option<Instant> {
        self.memory.over_at
    }

    /// Whether an answer is awaited.
    pub(crate) fn is_waiting(&self) -> bool {
        !self.memory.in_flight.is_empty()
    }

    /// The vault and the randomness, for what happens before there is an identity.
    pub(crate) fn parts(&mut self) -> (&mut Vault, &mut dyn Entropy) {
        (&mut self.vault, self.entropy.as_mut())
    }
}

impl Turn<'_> {
    pub(crate) fn provider(&self) -> Provider<'_> {
        Provider::new(self.crypto, self.step)
    }

    pub(crate) fn crypto(&self) -> &RustCrypto {
        self.crypto
    }

    pub(crate) fn draw<const N: usize>(&mut self) -> [u8; N] {
        draw(self.entropy)
    }

    /// A delay of up to `most` milliseconds, so that many devices do not do the same thing at once.
    pub(crate) fn spread(&mut self, most: i64) -> Instant {
        let drawn = u32::from_be_bytes(self.draw());
        Instant(self.now.0.saturating_add(i64::from(drawn) % most.max(1)))
    }

    pub(crate) fn room(&self, room: RoomId) -> Result<Room, EngineError> {
        self.step.room(room)?.ok_or(EngineError::NoRoom)
    }

    /// Takes a room's group in hand; [`Turn::put`] it back when it was used up to its end.
    pub(crate) fn group(&mut self, room: RoomId) -> Result<MlsGroup, EngineError> {
        if let Some(group) = self.memory.groups.remove(&room) {
            return Ok(group);
        }
        load(self.step, room)?.ok_or(EngineError::Vault(VaultError::Damaged("MLS state")))
    }

    pub(crate) fn put(&mut self, room: RoomId, group: MlsGroup) {
        self.memory.groups.insert(room, group);
    }

    /// Deletes a room's group and all its keys.
    pub(crate) fn forget(&mut self, room: RoomId) -> Result<(), EngineError> {
        self.memory.groups.remove(&room);
        if let Some(mut group) = load(self.step, room)? {
            group.delete(&self.step.mls())?;
        }
        Ok(())
    }
}

/// Nothing that is to happen after a while waits for longer than that.
fn set_alarms(turn: &mut Turn<'_>) -> Result<(), EngineError> {
    let latest = |seconds| turn.now.plus_seconds(seconds);
    for before in turn.step.rooms()? {
        let mut room = before.clone();
        room.renew_at = room.renew_at.min(latest(RENEW_AFTER));
        room.settle_at = room.settle_at.map(|at| at.min(latest(SETTLE / 1000)));
        room.report_at = room.report_at.map(|at| at.min(latest(reports::PAUSE)));
        for title in [&mut room.name, &mut room.topic] {
            title.say_at = title.say_at.map(|at| names::in_reach(at, turn.now));
        }
        room.draft_at = room.draft_at.map(|at| at.min(latest(drafts::PAUSE)));
        if room != before {
            turn.step.keep_room(&room)?;
        }
    }
    Ok(())
}

/// Loads a room's group from the vault.
pub(crate) fn load(step: &Step<'_>, room: RoomId) -> Result<Option<MlsGroup>, EngineError> {
    Ok(MlsGroup::load(&step.mls(), &GroupId::from_slice(room.as_bytes()))?)
}
