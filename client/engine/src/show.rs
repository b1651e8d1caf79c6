//! Showing: what a person sees of rooms and members, read from the vault as it stands.

use chancery_groups::{bridged, policy_of, roster};
use chancery_transparency::{Charter, Guest};
use chancery_vault::{Room, Standing, TrustedBot, TrustedDevice, TrustedGuest, WishId};
use chancery_wire::{
    ids::{DeviceId, RoomId},
    names::Handle,
    policy::Role,
    time::Instant,
};

use crate::{
    cause::Cause,
    charter::{good_until, with_whose},
    engine::{Engine, load},
    error::EngineError,
    outgoing::tells_at,
    wish::Wish,
};

/// A room, as a person sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomView {
    /// Its id.
    pub id: RoomId,
    /// Its name, once a member has told it.
    pub name: Option<String>,
    /// What it is about, if a member has told it.
    pub topic: Option<String>,
    /// How the device stands to it.
    pub standing: Standing,
    /// Why, when that needs a reason.
    pub why: Option<String>,
    /// The last entry of its log that was taken in.
    pub seq: u64,
    /// Its epoch, while the device takes part.
    pub epoch: Option<u64>,
    /// The last entry the person has read.
    pub read: u64,
    /// What others wrote since the person last read here.
    pub unread: u64,
    /// How much of that names the person.
    pub mentions: u64,
    /// The places of urgent messages that the person has not acknowledged.
    pub urgent: Vec<u64>,
    /// The places of the messages that are kept in view.
    pub pinned: Vec<u64>,
    /// Whether the person wants to be told of nothing here.
    pub muted: bool,
    /// What the person has begun to write.
    pub draft: Option<String>,
    /// Whether members tell each other what they have got and read.
    pub receipts: bool,
    /// How many days of what was said before they came new members are told.
    pub history: u16,
    /// Who is in it.
    pub members: Vec<MemberView>,
    /// That people are in it who may not meet, in words: nothing is said there until some have gone.
    pub apart: Option<String>,
    /// Who is in it without any device, because none speaks for them.
    pub away: Vec<AwayView>,
    /// Messages that could not be opened, by cause.
    pub unopened: Vec<(Cause, u64)>,
    /// What was written here and does not stand in the log yet, oldest first.
    pub waiting: Vec<String>,
    /// What was wished for here and will not be done.
    pub unsent: Vec<Unsent>,
}

/// A member without any device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwayView {
    /// The account.
    pub handle: Handle,
    /// Its role.
    pub role: Role,
    /// Whether it is suspended, and comes back as it was; otherwise all its devices were revoked, and the next one comes back.
    pub suspended: bool,
    /// Until when it may do anything, where it is a guest's or a program's: it may be away because that is over.
    pub until: Option<Instant>,
}

/// A wish that was refused for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsent {
    /// The wish.
    pub wish: WishId,
    /// What was wished, in words; for a message its text.
    pub what: String,
    /// Why it will not be done.
    pub why: String,
}

/// Somebody in a room, as a person sees them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberView {
    /// The account.
    pub handle: Handle,
    /// What the account may do here.
    pub role: Role,
    /// The device.
    pub device: DeviceId,
    /// What it is, where it is a program's.
    pub bot: Option<TrustedBot>,
    /// On what terms it takes part, where it is a guest's.
    pub guest: Option<TrustedGuest>,
    /// Who invited the account into the organisation; nobody for its founder.
    pub invited_by: Option<Handle>,
    /// The identity provider that vouched for the account, if one did.
    pub provider: Option<String>,
    /// When the device was enrolled, by its own clock.
    pub enrolled: Option<Instant>,
}

/// How far a wish is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// It stands in the room's log.
    Done,
    /// The server has promised it a place.
    Accepted,
    /// It waits to be sent or to be answered.
    Waiting,
    /// It will not be fulfilled, for this reason.
    Refused(String),
}

impl Engine {
    /// All rooms.
    pub fn rooms(&self) -> Result<Vec<RoomView>, EngineError> {
        self.look(|step, _| {
            // What the account's devices tell each other is none of the person's.
            let rooms = step.rooms()?.into_iter().filter(|room| !room.own);
            let charter = self.charter_in(step)?;
            rooms.map(|room| view(step, &charter, room)).collect()
        })
    }

    /// Where every room stands that is still followed: its id and the last entry taken in.
    pub fn followed(&self) -> Result<Vec<(RoomId, u64)>, EngineError> {
        self.look(|step, _| {
            let live =
                |room: &Room| matches!(room.standing, Standing::Joined | Standing::Lost | Standing::Paused);
            Ok(step.rooms()?.into_iter().filter(live).map(|room| (room.id, room.seq)).collect())
        })
    }

    /// One room.
    pub fn room(&self, room: RoomId) -> Result<RoomView, EngineError> {
        self.look(|step, _| {
            view(step, &*self.charter_in(step)?, step.room(room)?.ok_or(EngineError::NoRoom)?)
        })
    }

    /// How far a wish is.
    pub fn progress(&self, wish: WishId) -> Result<Progress, EngineError> {
        self.look(|step, _| {
            Ok(match step.wished(wish)? {
                None => Progress::Done,
                Some(wished) => match wished.refused {
                    Some(why) => Progress::Refused(why),
                    None if wished.accepted.is_some() => Progress::Accepted,
                    None => Progress::Waiting,
                },
            })
        })
    }

    /// Why a room was stopped, if it was.
    pub fn stopped(&self, room: RoomId) -> Result<Option<String>, EngineError> {
        self.look(|step, _| {
            let stopped = step.room(room)?.filter(|room| room.standing == Standing::Stopped);
            Ok(stopped.map(|room| room.why.unwrap_or_default()))
        })
    }

    /// Whether everything sent was answered, everything promised was seen, and nothing proposed waits to be committed.
    pub fn is_at_rest(&self) -> Result<bool, EngineError> {
        let answered = !self.is_waiting();
        self.look(|step, _| {
            let settles = |room: &Room| room.standing == Standing::Joined && room.settle_at.is_some();
            Ok(answered && !step.has_promises()? && !step.rooms()?.iter().any(settles))
        })
    }

    /// Whether anything is wished or to be told, here or to the account's other devices.
    pub fn has_to_send(&self) -> Result<bool, EngineError> {
        self.look(|step, _| {
            let tells =
                |room: &Room| room.standing == Standing::Joined && tells_at(room).iter().any(Option::is_some);
            Ok(step.has_wishes()? || step.rooms()?.iter().any(tells))
        })
    }

    /// The devices of this account.
    pub fn devices(&self) -> Result<Vec<TrustedDevice>, EngineError> {
        self.look(|step, _| {
            let identity = step.identity()?.ok_or(EngineError::NotEnrolled)?;
            Ok(step.trusted(&identity.handle)?)
        })
    }

    /// What the next thing waits for: the earliest instant at which [`Engine::outgoing`] may have something new.
    pub fn next_tick(&self) -> Result<Option<Instant>, EngineError> {
        self.look(|step, _| {
            // Elsewhere nothing is sent before the log was followed.
            let live = |room: &Room| room.standing == Standing::Joined && self.is_caught_up(room.id);
            let mut ticks: Vec<Instant> = step.next_expiry()?.into_iter().chain(self.over_at()).collect();
            for room in step.rooms()?.into_iter().filter(live) {
                ticks.extend(tells_at(&room).into_iter().flatten());
                // What is wished already waits for an answer, and not for its time.
                if step.wishes(room.id)?.is_empty() {
                    ticks.push(room.settle_at.map_or(room.renew_at, |at| at.min(room.renew_at)));
                }
            }
            Ok(ticks.into_iter().min())
        })
    }
}

fn view(step: &chancery_vault::Step<'_>, charter: &Charter, room: Room) -> Result<RoomView, EngineError> {
    let own = step.identity()?.ok_or(EngineError::NotEnrolled)?;
    let group = load(step, room.id)?;
    let (mut members, mut away, mut receipts, mut history) = (Vec::new(), Vec::new(), false, 0);
    let mut apart = None;
    if let Some(group) = &group {
        let policy = policy_of(group.extensions())?;
        (receipts, history) = (policy.receipts, policy.history);
        for handle in &policy.away {
            let suspended = step.trusted(handle)?.iter().any(|it| it.suspended.is_some());
            let until = good_until(step, charter, handle)?;
            away.push(AwayView { handle: handle.clone(), role: policy.role(handle), suspended, until });
        }
        let leaves = roster(group.public_group())?;
        let bridged = with_whose(step, |whose| bridged(&leaves, &policy.away, charter, whose))?;
        apart = bridged.err().map(|breach| breach.to_string());
        for leaf in leaves {
            let (handle, device) = (leaf.name.account, leaf.name.device);
            let known = step.trusted(&handle)?.into_iter().find(|known| known.device == device);
            members.push(MemberView {
                role: policy.role(&handle),
                device,
                bot: known.as_ref().and_then(|known| known.bot.clone()),
                guest: known.as_ref().and_then(|known| known.guest.clone()).map(|invited| {
                    let hosted = charter.segments().hosted().get(&handle).cloned();
                    hosted.map_or(invited, |Guest { sponsor, rooms, until }| TrustedGuest {
                        sponsor,
                        rooms,
                        until,
                    })
                }),
                invited_by: known.as_ref().and_then(|known| known.invited_by.clone()),
                provider: known.as_ref().and_then(|known| known.provider.clone()),
                enrolled: known.map(|known| known.at),
                handle,
            });
        }
    }
    let mut unopened = Vec::new();
    for (word, count) in step.unopened(room.id)? {
        unopened.extend(Cause::parse(&word).map(|cause| (cause, count)));
    }
    let mut waiting = Vec::new();
    for wished in step.wishes(room.id)? {
        let wish = Wish::read(&wished.what)?;
        if wish.is_the_persons() {
            waiting.push(wish.tell());
        }
    }
    let mut unsent = Vec::new();
    for wished in step.refused_wishes(room.id)? {
        let what = Wish::read(&wished.what)?.tell();
        unsent.push(Unsent { wish: wished.wish, what, why: wished.refused.unwrap_or_default() });
    }
    Ok(RoomView {
        unread: step.unread(room.id, room.read, &own.handle)?,
        mentions: step.unread_mentions(room.id, room.read, &own.handle)?,
        urgent: step.urgent(room.id, &own.handle)?,
        pinned: step.pinned(room.id)?,
        muted: room.muted,
        draft: room.draft,
        receipts,
        history,
        read: room.read,
        id: room.id,
        name: room.name.text,
        topic: room.topic.text,
        standing: room.standing,
        why: room.why,
        seq: room.seq,
        epoch: group.map(|group| group.epoch().as_u64()),
        members,
        apart,
        away,
        unopened,
        waiting,
        unsent,
    })
}
