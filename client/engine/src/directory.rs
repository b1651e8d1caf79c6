//! The directory's program: what an identity provider has said to it, and the rooms that are filled from groups of the directory.
//!
//! Who is in a group is what the provider has said here, and not what the server says of it: so the server brings nobody into such a room.

use chancery_vault::Standing;
use chancery_wire::{
    ids::{ResourceId, RoomId},
    names::Handle,
    policy::Role,
    time::Instant,
};

use crate::{engine::Engine, error::EngineError, show::RoomView};

/// Something that a provider has said, and that the server has taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// A person is called so.
    Person {
        /// The person.
        id: ResourceId,
        /// The account, where that can be one.
        handle: Option<Handle>,
        /// Whether the person is new: then the server has chosen the id, and it must be nobody's yet.
        made: bool,
    },
    /// A group is called so, in small letters.
    Group {
        /// The group.
        id: ResourceId,
        /// What it is called.
        name: String,
        /// Whether it is new.
        made: bool,
    },
    /// Nobody is in a group.
    Emptied(ResourceId),
    /// They are in a group.
    In(ResourceId, Vec<ResourceId>),
    /// They are in a group no more.
    Out(ResourceId, Vec<ResourceId>),
    /// A person or group is gone.
    Gone(ResourceId),
}

/// A room that is filled from a group of the directory, and what is to be done there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filled {
    /// The room.
    pub room: RoomId,
    /// The group's name, in small letters.
    pub group: String,
    /// Who is in the group and not in the room.
    pub coming: Vec<Handle>,
    /// Who is in the room as a plain member, and not in the group.
    pub going: Vec<Handle>,
    /// Why nothing can be done there, if it cannot.
    pub stuck: Option<&'static str>,
}

impl Engine {
    /// Keeps what a provider has said.
    pub fn hear(&mut self, all: &[Heard], now: Instant) -> Result<(), EngineError> {
        self.turn(now, |turn| {
            let step = turn.step;
            for it in all {
                match it {
                    // An id that the server gives to somebody else as well would have one come in for the other.
                    Heard::Person { id, made: true, .. } | Heard::Group { id, made: true, .. }
                        if step.knows_resource(*id)? =>
                    {
                        step.forget_resource(*id)?;
                    }
                    Heard::Person { id, handle, .. } => step.keep_person(*id, handle.as_ref())?,
                    Heard::Group { id, name, .. } => step.keep_group(*id, name)?,
                    Heard::Emptied(group) => step.empty_group(*group)?,
                    Heard::In(group, all) => {
                        all.iter().try_for_each(|it| step.keep_member(*group, *it, true))?;
                    }
                    Heard::Out(group, all) => {
                        all.iter().try_for_each(|it| step.keep_member(*group, *it, false))?;
                    }
                    Heard::Gone(id) => step.forget_resource(*id)?,
                }
            }
            Ok(())
        })
    }

    /// Fills a room from the group of that name from now on, or from none.
    pub fn fill_room(&mut self, room: RoomId, group: Option<&str>, now: Instant) -> Result<(), EngineError> {
        let group = group.map(str::to_lowercase);
        self.turn(now, |turn| {
            turn.room(room)?;
            if let Some(group) = &group
                && !turn.step.knows_group(group)?
            {
                return Err(EngineError::NoGroup(group.clone()));
            }
            Ok(turn.step.fill_room(room, group.as_deref())?)
        })
    }

    /// The rooms that are filled from a group, and what is to be done in each. What was wished for there and refused is forgotten: it is
    /// wished for again, if it is still to be done.
    pub fn filled_rooms(&mut self, now: Instant) -> Result<Vec<Filled>, EngineError> {
        let all = self.look(|step, _| {
            let with = |(room, group): (RoomId, String)| Ok((room, step.in_group(&group)?, group));
            step.filled_rooms()?.into_iter().map(with).collect::<Result<Vec<_>, EngineError>>()
        })?;
        let me = self.identity()?.ok_or(EngineError::NotEnrolled)?.handle;
        let mut filled = Vec::new();
        for (room, people, group) in all {
            let view = self.room(room)?;
            for unsent in &view.unsent {
                self.dismiss(unsent.wish, now)?;
            }
            filled.push(compared(&view, &me, (group, &people)));
        }
        Ok(filled)
    }
}

/// What is to be done in a room so that it holds the people of a group.
fn compared(view: &RoomView, me: &Handle, (group, people): (String, &[Handle])) -> Filled {
    let mut filled = Filled { room: view.id, group, coming: vec![], going: vec![], stuck: None };
    let role = view.members.iter().find(|it| it.handle == *me).map(|it| it.role);
    filled.stuck = match role {
        _ if view.standing != Standing::Joined => Some("this account is not in the room, or waits for it"),
        Some(Role::Member) | None => Some("this account is no moderator of the room"),
        Some(Role::Moderator | Role::Owner) if !view.waiting.is_empty() => {
            Some("something is still under way there")
        }
        Some(Role::Moderator | Role::Owner) => None,
    };
    if filled.stuck.is_some() {
        return filled;
    }
    let inside = |handle: &Handle| {
        view.members.iter().any(|it| it.handle == *handle) || view.away.iter().any(|it| it.handle == *handle)
    };
    filled.coming = people.iter().filter(|it| !inside(it)).cloned().collect();
    // Owners, moderators, guests and programs are in the room for another reason.
    let plain =
        view.members.iter().filter(|it| it.role == Role::Member && it.bot.is_none() && it.guest.is_none());
    filled.going = plain.map(|it| it.handle.clone()).filter(|it| !people.contains(it)).collect();
    filled.going.dedup();
    filled
}
