//! Joining: a welcome is opened, everybody in the room is checked, and the device takes part from there.

use chancery_groups::{Breach, Leaf, policy_of, roster, suites};
use chancery_vault::{Room, Standing, Title};
use chancery_wire::{api::Welcome, ids::RoomId, names::Handle, policy::Class, time::Instant};
use openmls::{
    group::{JoinBuilder, MlsGroup, ProcessedWelcome, StagedWelcome, WelcomeError},
    prelude::{MlsMessageBodyIn, MlsMessageIn, RatchetTreeIn},
};
use tls_codec::Deserialize as _;

use crate::{
    alarm::Alarm,
    charter::Needs,
    engine::{Engine, Turn},
    error::EngineError,
    mls::settings,
    trust::Verdict,
};

/// A leaf is renewed for the first time up to this many milliseconds after joining, so that the tree fills up without
/// everybody who was added at once committing at once.
const FIRST_RENEWAL: i64 = 600_000;

/// What came of a welcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Joined {
    /// The device takes part in the room.
    In(RoomId),
    /// It did so before.
    Known(RoomId),
    /// The device takes part in the room already, as far as it has followed its log: if it was removed and added again, the
    /// log says so. Follow it to its end and give the welcome again; do not acknowledge it.
    Later(RoomId),
    /// This is needed first.
    Needs(Needs),
    /// The room is not to be entered, in words.
    Refused(RoomId, String),
}

/// Why a welcome was not followed; everything is undone then.
enum Stop {
    Needs(Needs),
    Refused(Alarm),
    NoKey,
    Engine(EngineError),
}

impl From<EngineError> for Stop {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}

impl From<Breach> for Stop {
    fn from(breach: Breach) -> Self {
        Self::Refused(breach.into())
    }
}

impl Engine {
    /// Takes in a welcome.
    pub fn welcomed(&mut self, welcome: &Welcome, now: Instant) -> Result<Joined, EngineError> {
        let mut stopped = None;
        let joined = self.turn(now, |turn| {
            let before = turn.step.room(welcome.room)?;
            let known = |room: &Room| match room.standing {
                // One entry can remove a device and add it again.
                Standing::Left => room.seq > welcome.seq,
                _ => room.seq >= welcome.seq,
            };
            if before.as_ref().is_some_and(known) {
                return Ok(Joined::Known(welcome.room));
            }
            match &before {
                None | Some(Room { standing: Standing::Left, .. }) => {}
                Some(Room { standing: Standing::Stopped, why, .. }) => {
                    return Ok(Joined::Refused(welcome.room, why.clone().unwrap_or_default()));
                }
                // INVARIANT: a welcome never takes the place of a group that is in use. Whoever is believed can make
                // another group under the same id, with everybody's key packages in it.
                Some(_) => return Ok(Joined::Later(welcome.room)),
            }
            let brought_by = match turn.enter(welcome) {
                Ok(by) => by,
                // The device may have lost the key it was welcomed with: then it is in the room, and comes back by itself.
                Err(Stop::NoKey) => None,
                Err(stop) => {
                    stopped = Some(stop);
                    // Undoes the use of the key package.
                    return Err(EngineError::Mls("the room is not entered"));
                }
            };
            let entered = turn.has_group(welcome.room)?;
            let own = turn.is_own(welcome.room)?;
            let known = |title: fn(&Room) -> &Title| Title {
                text: before.as_ref().and_then(|room| title(room).text.clone()),
                ..Title::default()
            };
            let room = Room {
                id: welcome.room,
                name: known(|room| &room.name),
                topic: known(|room| &room.topic),
                standing: if entered { Standing::Joined } else { Standing::Lost },
                why: None,
                seq: welcome.seq,
                head: welcome.head,
                joined: welcome.seq,
                read: before.as_ref().map_or(0, |room| room.read),
                renew_at: turn.spread(FIRST_RENEWAL),
                sealed: 0,
                settle_at: None,
                own,
                muted: before.as_ref().is_some_and(|room| room.muted),
                draft: before.and_then(|room| room.draft),
                draft_at: None,
                report_at: None,
                names_since: None,
                brought_by,
                charter: 0,
            };
            turn.step.keep_room(&room)?;
            turn.step.keep_head(room.id, room.seq, room.head, None)?;
            let devices = turn.step.trusted(&turn.me.identity.handle)?;
            turn.see_to(&devices)?;
            Ok(Joined::In(welcome.room))
        });
        match stopped {
            None => joined,
            Some(Stop::Needs(needs)) => Ok(Joined::Needs(needs)),
            Some(Stop::Refused(alarm)) => Ok(Joined::Refused(welcome.room, alarm.to_string())),
            Some(Stop::NoKey) => Err(EngineError::Mls("the room is not entered")),
            Some(Stop::Engine(error)) => Err(error),
        }
    }
}

impl Turn<'_> {
    fn has_group(&mut self, room: RoomId) -> Result<bool, EngineError> {
        Ok(crate::engine::load(self.step, room)?.is_some())
    }

    /// Enters a room; answers the account that brought this device in.
    fn enter(&mut self, welcome: &Welcome) -> Result<Option<Handle>, Stop> {
        let staged = self.open_welcome(welcome)?;
        let by = staged.welcome_sender_index().u32();
        if staged.group_context().group_id().as_slice() != welcome.room.as_bytes() {
            return Err(Breach::OtherRoom.into());
        }
        let group =
            staged.into_group(&self.provider()).map_err(|_| EngineError::Mls("a welcome cannot be kept"))?;
        self.check_room(&group)?;
        let last = self.step.last_epoch(welcome.room).map_err(EngineError::from)?;
        if last.is_some_and(|last| group.epoch().as_u64() <= last) {
            return Err(Stop::Refused(Alarm::RolledBack));
        }
        self.step
            .keep_epoch(welcome.room, group.epoch().as_u64(), group.epoch_authenticator().as_slice())
            .map_err(EngineError::from)?;
        let leaves = roster(group.public_group())?;
        self.put(welcome.room, group);
        Ok(leaves.into_iter().find(|leaf| leaf.index == by).map(|leaf| leaf.name.account))
    }

    fn open_welcome(&mut self, welcome: &Welcome) -> Result<StagedWelcome, Stop> {
        let malformed = |_| Stop::from(Breach::Malformed);
        let message = MlsMessageIn::tls_deserialize_exact(&welcome.welcome.0).map_err(malformed)?;
        let MlsMessageBodyIn::Welcome(message) = message.extract() else {
            return Err(Breach::Malformed.into());
        };
        let tree = RatchetTreeIn::tls_deserialize_exact(&welcome.tree.0).map_err(malformed)?;
        // A former group of the same room is replaced: the device had been removed and is back.
        self.forget(welcome.room)?;
        let provider = self.provider();
        let opened = ProcessedWelcome::new_from_welcome(&provider, &settings(), message);
        let opened = opened.map_err(|error| match error {
            WelcomeError::NoMatchingKeyPackage => Stop::NoKey,
            WelcomeError::StorageError(error) => Stop::Engine(error.into()),
            _ => Breach::Invalid.into(),
        })?;
        JoinBuilder::new(&provider, opened)
            .with_ratchet_tree(tree)
            // Leaves that were never renewed stay valid: who is in the room is decided by its commits.
            .skip_lifetime_validation()
            .build()
            .map_err(|error| match error {
                WelcomeError::StorageError(error) => Stop::Engine(error.into()),
                _ => Breach::Invalid.into(),
            })
    }

    /// Whether only this account's devices may be in a room.
    fn is_own(&mut self, room: RoomId) -> Result<bool, EngineError> {
        let Some(group) = crate::engine::load(self.step, room)? else { return Ok(false) };
        Ok(policy_of(group.extensions())?.class == Class::Own)
    }

    /// Checks a room that is entered: its suite, its policy, and everybody in it.
    fn check_room(&mut self, group: &MlsGroup) -> Result<(), Stop> {
        suites::usable(group.ciphersuite()).ok_or(Breach::Suite)?;
        let policy = policy_of(group.extensions())?;
        let leaves: Vec<Leaf> = roster(group.public_group())?;
        if policy.class == Class::Own
            && leaves.iter().any(|leaf| leaf.name.account != self.me.identity.handle)
        {
            return Err(Breach::NotOwn.into());
        }
        match self.verdict(&leaves)? {
            Verdict::Trusted => {}
            Verdict::Needs(handles) => return Err(Stop::Needs(handles.into())),
            Verdict::Distrusted(distrust) => return Err(Stop::Refused(distrust.into())),
        }
        if self.needs_charter(policy.charter)? {
            return Err(Stop::Needs(Needs::of_charter()));
        }
        // Where a barrier has come between those who are there, nothing is said; and who goes is for people to say.
        Ok(())
    }
}
