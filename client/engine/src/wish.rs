//! Wishing: what the person wants is checked, kept, and fulfilled as soon as it can be.

use chancery_groups::{Breach, Deed, policy_of, roster};
use chancery_vault::{Message, Room, Said, Standing, TrustedDevice, WishId};
use chancery_wire::{
    content::{Content, Marks, MessageId, Written},
    ids::RoomId,
    names::Handle,
    policy::{Role, RoomPolicy},
    time::Instant,
};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use crate::{
    engine::{Engine, Turn},
    error::EngineError,
    open::once,
};

/// What a person may want of a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Want {
    /// To say something.
    Say(Written),
    /// To say something that everybody is asked to acknowledge, or that is deleted everywhere at some time, or both.
    SayMarked {
        /// What is said.
        text: Written,
        /// Whether everybody is asked to acknowledge it.
        urgent: bool,
        /// When it is deleted from every device.
        expires: Option<Instant>,
    },
    /// To answer a message; in its thread, or beside it.
    Reply {
        /// The message.
        to: MessageId,
        /// What is said.
        text: Written,
        /// Whether it belongs to the thread that the message is in, or begins.
        threaded: bool,
    },
    /// To put another text in the place of an own message's.
    Edit(MessageId, Written),
    /// To take back an own message or reaction.
    Withdraw(MessageId),
    /// To react to a message.
    React(MessageId, Written),
    /// To have taken note of an urgent message.
    Acknowledge(MessageId),
    /// To keep a message in view for everybody, or no more.
    Pin(MessageId, bool),
    /// To set something of the room.
    Set(Setting),
    /// To give the room a name.
    Name(Written),
    /// To give the room a topic.
    Topic(Written),
    /// To add accounts, with a role.
    Add(Vec<Handle>, Role),
    /// To remove an account.
    Remove(Handle),
    /// To give an account another role.
    Role(Handle, Role),
    /// To leave.
    Leave,
}

/// What can be set of a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Setting {
    /// Whether members tell each other which messages they have got and read.
    Receipts(bool),
    /// How many days of what was said before they came new members are told.
    History(u16),
}

impl Setting {
    /// The policy with it.
    pub(crate) fn applied(self, policy: &RoomPolicy) -> RoomPolicy {
        match self {
            Self::Receipts(receipts) => RoomPolicy { receipts, ..policy.clone() },
            Self::History(history) => RoomPolicy { history, ..policy.clone() },
        }
    }
}

/// A wish as it is kept. Stored: changed only by adding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Wish {
    Open {
        group_info: ByteBuf,
        tree: ByteBuf,
    },
    Write {
        content: ByteBuf,
    },
    Add {
        handles: Vec<Handle>,
        role: Role,
        packages: Vec<ByteBuf>,
    },
    Remove {
        handle: Handle,
    },
    Role {
        handle: Handle,
        role: Role,
    },
    /// `packages` are of devices that are to come in; nothing while they were not asked for.
    Mend {
        handle: Handle,
        packages: Option<Vec<ByteBuf>>,
    },
    Renew,
    Settle,
    Leave,
    Return,
    Set(Setting),
}

impl Wish {
    pub(crate) fn write(&self) -> Vec<u8> {
        let mut out = Vec::new();
        // Writing CBOR into memory cannot fail.
        let _ = ciborium::into_writer(self, &mut out);
        out
    }

    /// What is wished, in words; for a message its text.
    pub(crate) fn tell(&self) -> String {
        let names = |handles: &[Handle]| handles.iter().map(Handle::as_str).collect::<Vec<_>>().join(", ");
        match self {
            Self::Open { .. } => "open the room".to_owned(),
            Self::Write { content } => match Content::decode(content) {
                Ok((_, Content::Text { text, .. })) => text.reveal().to_owned(),
                Ok((_, Content::Note(_))) => "tell your other devices something".to_owned(),
                Ok((_, Content::History { .. })) => "tell who came what was said before".to_owned(),
                Ok((_, Content::Report(_))) => "tell what was got and read".to_owned(),
                Ok((_, Content::Acknowledge(_))) => "acknowledge a message".to_owned(),
                Ok((_, Content::Pin { pinned: true, .. })) => "pin a message".to_owned(),
                Ok((_, Content::Pin { pinned: false, .. })) => "unpin a message".to_owned(),
                Ok((_, Content::File(file))) => format!("send the file {}", file.name.reveal()),
                Ok((_, Content::Edit { text, .. })) => format!("change a message to: {}", text.reveal()),
                Ok((_, Content::Withdraw(_))) => "take back a message".to_owned(),
                Ok((_, Content::Reaction { with, .. })) => format!("react with {}", with.reveal()),
                Ok((_, Content::RoomName(name))) => format!("name the room {}", name.reveal()),
                Ok((_, Content::RoomTopic(topic))) => format!("give the room the topic {}", topic.reveal()),
                Err(_) => "say something".to_owned(),
            },
            Self::Add { handles, .. } => format!("add {}", names(handles)),
            Self::Remove { handle } => format!("remove {handle}"),
            Self::Role { handle, .. } => format!("give {handle} another role"),
            Self::Mend { handle, .. } => format!("see to the devices of {handle}"),
            Self::Renew => "renew this device's keys".to_owned(),
            Self::Settle => "take in who asked to leave".to_owned(),
            Self::Leave => "leave the room".to_owned(),
            Self::Return => "come back into the room".to_owned(),
            Self::Set(Setting::Receipts(true)) => "turn receipts on".to_owned(),
            Self::Set(Setting::Receipts(false)) => "turn receipts off".to_owned(),
            Self::Set(Setting::History(_)) => "change what new members may read".to_owned(),
        }
    }

    /// Whether a person wished it, and not the device by itself.
    pub(crate) fn is_the_persons(&self) -> bool {
        if let Self::Write { content } = self {
            return !matches!(
                Content::decode(content),
                Ok((_, Content::Report(_) | Content::History { .. } | Content::Note(_)))
            );
        }
        !matches!(self, Self::Open { .. } | Self::Mend { .. } | Self::Renew | Self::Settle | Self::Return)
    }

    pub(crate) fn read(bytes: &[u8]) -> Result<Self, EngineError> {
        ciborium::from_reader(bytes).map_err(|_| chancery_vault::VaultError::Damaged("outbox").into())
    }
}

impl Engine {
    /// Keeps a wish for a room. It is refused at once when it is already clear that it cannot be fulfilled.
    pub fn want(&mut self, room: RoomId, want: Want, now: Instant) -> Result<WishId, EngineError> {
        self.turn(now, |turn| {
            let kept = turn.room(room)?;
            usable(&kept)?;
            if kept.standing == Standing::Lost {
                // Whether it is allowed is seen when the device is back.
                let wish = turn.wish_for(room, want, &[])?;
                return Ok(turn.step.wish(room, now, &wish.write())?);
            }
            let group = turn.group(room)?;
            let policy = policy_of(group.extensions())?;
            let leaves = roster(group.public_group())?;
            let asked = turn.asked(&kept, &group)?;
            let staying = leaves.iter().map(|leaf| leaf.name.account.clone());
            let staying = staying.filter(|handle| !asked.accounts().contains(handle));
            let staying: Vec<Handle> = staying.chain(policy.away.iter().cloned()).collect();
            let inside = leaves.into_iter().map(|leaf| leaf.name.account);
            let inside: Vec<Handle> = inside.chain(policy.away.iter().cloned()).collect();
            turn.put(room, group);
            let me = turn.me.identity.handle.clone();
            allowed(&want, &me, &policy, (&inside, &staying))?;
            if let Want::Add(handles, _) = &want {
                turn.may_meet(handles, &inside)?;
            }
            let wish = turn.wish_for(room, want, &inside)?;
            Ok(turn.step.wish(room, now, &wish.write())?)
        })
    }

    /// Forgets a wish that was refused, once the person was told.
    pub fn dismiss(&mut self, wish: WishId, now: Instant) -> Result<(), EngineError> {
        self.turn(now, |turn| Ok(turn.step.drop_wish(wish)?))
    }
}

impl Turn<'_> {
    /// Leaves a room nobody else is in: there is nobody who could take it in, so it is done at once.
    pub(crate) fn abandon(&mut self, room: &mut Room) -> Result<(), EngineError> {
        self.part(room, "you have left this room".to_owned(), false)
    }

    /// The device is in a room no more. Its keys go; what was still to be said or done is kept as not done. Where the account is away and
    /// keeps its place, what was to be said waits until it is back.
    pub(crate) fn part(&mut self, room: &mut Room, why: String, away: bool) -> Result<(), EngineError> {
        self.forget(room.id)?;
        self.step.keep_face(room.id, None)?;
        for wished in self.step.wishes(room.id)? {
            match Wish::read(&wished.what)? {
                Wish::Write { .. } if away => self.step.unseal_wish(wished.wish, 0)?,
                Wish::Write { .. }
                | Wish::Add { .. }
                | Wish::Remove { .. }
                | Wish::Role { .. }
                | Wish::Set(_) => {
                    self.step.refuse_wish(wished.wish, "you are not in this room any more")?;
                }
                Wish::Open { .. }
                | Wish::Leave
                | Wish::Settle
                | Wish::Renew
                | Wish::Mend { .. }
                | Wish::Return => self.step.drop_wish(wished.wish)?,
            }
        }
        room.standing = Standing::Left;
        room.settle_at = None;
        room.why = Some(why);
        Ok(())
    }

    /// `inside` are the members, who can be named in a text.
    fn wish_for(&mut self, room: RoomId, want: Want, inside: &[Handle]) -> Result<Wish, EngineError> {
        let marks = |text: &Written, urgent, expires: Option<Instant>| Marks {
            mentions: Marks::mentioned(text.reveal(), inside),
            urgent,
            expires: expires.map(|at| u32::try_from(at.0 / 1000).unwrap_or(u32::MAX)),
        };
        let content = match want {
            Want::Say(text) => {
                let marks = marks(&text, false, None);
                Content::Text { text, reply_to: None, thread: None, marks }
            }
            Want::SayMarked { text, urgent, expires } => {
                let marks = marks(&text, urgent, expires);
                Content::Text { text, reply_to: None, thread: None, marks }
            }
            Want::Reply { to, text, threaded } => {
                let (to, message) = self.spoken_of(room, to)?;
                let thread = threaded.then(|| message.thread.unwrap_or(to));
                let marks = marks(&text, false, None);
                Content::Text { text, reply_to: Some(to), thread, marks }
            }
            Want::Edit(of, text) => Content::Edit { of: self.own_text(room, of)?, text },
            Want::Withdraw(of) => Content::Withdraw(self.own(room, of)?),
            Want::React(to, with) => Content::Reaction { to: self.spoken_of(room, to)?.0, with },
            Want::Acknowledge(of) => Content::Acknowledge(self.to_acknowledge(room, of)?),
            Want::Pin(of, pinned) => Content::Pin { of: self.spoken_of(room, of)?.0, pinned },
            Want::Set(setting) => return Ok(Wish::Set(setting)),
            Want::Name(name) => Content::RoomName(name),
            Want::Topic(topic) => Content::RoomTopic(topic),
            Want::Add(handles, role) => {
                return Ok(Wish::Add { handles: once(&handles), role, packages: vec![] });
            }
            Want::Remove(handle) => return Ok(Wish::Remove { handle }),
            Want::Role(handle, role) => return Ok(Wish::Role { handle, role }),
            Want::Leave => return Ok(Wish::Leave),
        };
        Ok(self.writing(&content))
    }

    /// Brings devices of this account into rooms they are not in, and takes those out that were revoked.
    pub(crate) fn see_to(&mut self, devices: &[TrustedDevice]) -> Result<(), EngineError> {
        if devices.len() < 2 {
            return Ok(());
        }
        let here = devices.iter().find(|device| device.speaks());
        self.see_to_own_room(here.is_some_and(|first| first.device == self.me.identity.device))?;
        for room in self.step.rooms()?.into_iter().filter(|room| room.standing == Standing::Joined) {
            self.mend_own(&room)?;
        }
        Ok(())
    }

    /// The wish to say something.
    pub(crate) fn writing(&mut self, content: &Content) -> Wish {
        Wish::Write { content: ByteBuf::from(content.encode(self.draw())) }
    }

    /// A message that can be answered, in its first version.
    fn spoken_of(&self, room: RoomId, id: MessageId) -> Result<(MessageId, Message), EngineError> {
        let message = self.first_version(room, id, None)?.ok_or(EngineError::NoMessage)?;
        match (&message.said, message.id) {
            (Said::Text(_) | Said::File(_), Some(id)) => Ok((id, message)),
            _ => Err(EngineError::NoMessage),
        }
    }

    /// An urgent message of somebody else.
    fn to_acknowledge(&self, room: RoomId, id: MessageId) -> Result<MessageId, EngineError> {
        let (id, message) = self.spoken_of(room, id)?;
        let own = message.from.as_ref().is_some_and(|(by, _)| *by == self.me.identity.handle);
        if message.marks.urgent && !own { Ok(id) } else { Err(EngineError::NotUrgent) }
    }

    /// A text of this account, in its first version.
    fn own_text(&self, room: RoomId, id: MessageId) -> Result<MessageId, EngineError> {
        let id = self.own(room, id)?;
        let text = self.spoken_of(room, id)?.1.said;
        if matches!(text, Said::Text(_)) { Ok(id) } else { Err(EngineError::NoMessage) }
    }

    /// A message or reaction of this account, in its first version.
    fn own(&self, room: RoomId, id: MessageId) -> Result<MessageId, EngineError> {
        let message = self.first_version(room, id, None)?.ok_or(EngineError::NoMessage)?;
        let (Said::Text(_) | Said::File(_) | Said::Reaction(_), Some((by, _)), Some(id)) =
            (&message.said, &message.from, message.id)
        else {
            return Err(EngineError::NoMessage);
        };
        if *by == self.me.identity.handle { Ok(id) } else { Err(EngineError::SomebodyElses(by.clone())) }
    }

    /// A message by its id, of one account where `by` says so; where that is a later version's, the first one.
    pub(crate) fn first_version(
        &self,
        room: RoomId,
        id: MessageId,
        by: Option<&Handle>,
    ) -> Result<Option<Message>, EngineError> {
        let found = match by {
            Some(by) => self.step.message_of(room, id, by)?,
            None => self.step.message(room, id)?,
        };
        match found {
            Some(Message { said: Said::Edit(_), about: Some(first), from: Some((by, _)), .. }) => {
                Ok(self.step.message_of(room, first, &by)?)
            }
            found => Ok(found),
        }
    }
}

/// Whether anything can be wished for a room as it stands.
pub(crate) fn usable(room: &Room) -> Result<(), EngineError> {
    match room.standing {
        Standing::Opening | Standing::Joined | Standing::Lost => Ok(()),
        Standing::Left => Err(EngineError::Standing("you are not in this room any more".to_owned())),
        Standing::Paused | Standing::Stopped => {
            let why = room.why.clone().unwrap_or_default();
            Err(EngineError::Standing(format!("nothing can be sent here: {why}")))
        }
    }
}

/// The rules, asked early so that the person hears at once; `chancery-groups` judges what becomes of it.
fn allowed(
    want: &Want,
    me: &Handle,
    policy: &RoomPolicy,
    (inside, staying): (&[Handle], &[Handle]),
) -> Result<(), EngineError> {
    let needs = |least: Role, what: Deed| {
        let fits = policy.role(me) >= least;
        if fits { Ok(()) } else { Err(Breach::NotAllowed { who: me.clone(), what }) }
    };
    let member = |handle: &Handle| {
        if inside.contains(handle) { Ok(()) } else { Err(EngineError::Outside(handle.clone())) }
    };
    match want {
        Want::Say(_)
        | Want::SayMarked { .. }
        | Want::Reply { .. }
        | Want::Edit(..)
        | Want::Withdraw(_)
        | Want::Acknowledge(_)
        | Want::React(..) => {}
        Want::Name(_) | Want::Topic(_) => needs(policy.may_add, Deed::Name)?,
        Want::Pin(..) => needs(policy.may_add, Deed::Pin)?,
        Want::Set(_) => needs(policy.may_change, Deed::Change)?,
        Want::Add(handles, role) => {
            needs(policy.may_add, Deed::Add)?;
            if *role > Role::Member {
                needs(policy.may_change, Deed::Change)?;
            }
            if let Some(there) = handles.iter().find(|handle| inside.contains(handle)) {
                return Err(EngineError::Inside(there.clone()));
            }
        }
        Want::Remove(handle) if handle == me => return Err(EngineError::Oneself),
        Want::Remove(handle) => {
            member(handle)?;
            needs(policy.may_remove, Deed::Remove)?;
            if policy.role(handle) >= policy.role(me) && policy.role(me) != Role::Owner {
                return Err(Breach::Protected { whom: handle.clone() }.into());
            }
        }
        Want::Role(handle, role) => {
            member(handle)?;
            needs(policy.may_change, Deed::Change)?;
            if handle == me && *role < Role::Owner && only_owner(me, policy, staying) {
                return Err(EngineError::LastOwner);
            }
        }
        Want::Leave => {
            if staying.iter().any(|other| other != me) && only_owner(me, policy, staying) {
                return Err(EngineError::LastOwner);
            }
        }
    }
    Ok(())
}

/// Whether `me` is the only owner among those inside.
fn only_owner(me: &Handle, policy: &RoomPolicy, inside: &[Handle]) -> bool {
    let owner = |handle: &&Handle| policy.role(handle) == Role::Owner;
    owner(&me) && !inside.iter().filter(owner).any(|other| other != me)
}
