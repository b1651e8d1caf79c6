//! The directory's program: what an identity provider has said to it, and the rooms that are filled from groups of the directory.
//!
//! Who is in a group is what the provider has said here, and not what the server says of it: so the server brings nobody into such a room.

use std::collections::BTreeSet;

use chancery_vault::{FilledRoom, Standing};
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
    /// These are in a group, and nobody else.
    Whole(ResourceId, Vec<ResourceId>),
    /// They are in a group.
    In(ResourceId, Vec<ResourceId>),
    /// They are in a group no more.
    Out(ResourceId, Vec<ResourceId>),
    /// Something was said of who is in a group that was not understood: it is not known until it is said as a whole.
    Unclear(ResourceId),
    /// The same of all groups.
    AllUnclear,
    /// A person or group is gone.
    Gone(ResourceId),
}

/// Something that the server has shown a provider. It is not kept: it has to be what the provider says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// A person, of that account where it can be one.
    Person(ResourceId, Option<Handle>),
    /// A group of that name, in small letters.
    Group(ResourceId, String),
}

/// A room that is filled from a group of the directory, and what is to be done there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filled {
    /// The room.
    pub room: RoomId,
    /// What the group was called when the room began to be filled from it, in small letters.
    pub group: String,
    /// Who is in the group and not in the room.
    pub coming: Vec<Handle>,
    /// Who is in the room as a plain member, and not in the group.
    pub going: Vec<Handle>,
    /// Why not everything can be done there, if it cannot.
    pub stuck: Option<&'static str>,
}

impl Engine {
    /// Whether the server contradicts what the provider has said, before or just now: it shows somebody under another's id, or gives such an id to
    /// somebody new. What it answers is not to be passed on then, for the provider would speak of the one and mean the other.
    pub fn is_contradicted(&self, said: &[Heard], shown: &[Shown]) -> Result<bool, EngineError> {
        self.look(|step, _| {
            for it in said {
                if let Heard::Person { id, made: true, .. } | Heard::Group { id, made: true, .. } = it
                    && (step.person(*id)?.is_some() || step.group(*id)?.is_some())
                {
                    return Ok(true);
                }
            }
            for it in shown {
                let contradicts = match it {
                    Shown::Person(id, handle) => {
                        let now = said.iter().find_map(|it| match it {
                            Heard::Person { id: whose, handle, .. } if whose == id => Some(handle.clone()),
                            _ => None,
                        });
                        let before = step.person(*id)?;
                        step.group(*id)?.is_some() || now.or(before).is_some_and(|known| known != *handle)
                    }
                    Shown::Group(id, name) => {
                        let now = said.iter().find_map(|it| match it {
                            Heard::Group { id: which, name, .. } if which == id => Some(name.clone()),
                            _ => None,
                        });
                        let before = step.group(*id)?.map(|(known, _)| known);
                        step.person(*id)?.is_some() || now.or(before).is_some_and(|known| known != *name)
                    }
                };
                if contradicts {
                    return Ok(true);
                }
            }
            Ok(false)
        })
    }

    /// Keeps what a provider has said.
    pub fn hear(&mut self, all: &[Heard], now: Instant) -> Result<(), EngineError> {
        self.turn(now, |turn| {
            let step = turn.step;
            for it in all {
                match it {
                    Heard::Person { id, handle, .. } => step.keep_person(*id, handle.as_ref())?,
                    Heard::Group { id, name, .. } => step.keep_group(*id, name)?,
                    Heard::Whole(group, all) => {
                        step.empty_group(*group)?;
                        all.iter().try_for_each(|it| step.keep_member(*group, *it, true))?;
                        step.keep_sure(*group, true)?;
                    }
                    Heard::In(group, all) => {
                        all.iter().try_for_each(|it| step.keep_member(*group, *it, true))?;
                    }
                    Heard::Out(group, all) => {
                        all.iter().try_for_each(|it| step.keep_member(*group, *it, false))?;
                    }
                    Heard::Unclear(group) => step.keep_sure(*group, false)?,
                    Heard::AllUnclear => {
                        for filled in step.filled_rooms()? {
                            step.keep_sure(filled.group, false)?;
                        }
                    }
                    Heard::Gone(id) => step.forget_resource(*id)?,
                }
            }
            Ok(())
        })
    }

    /// Fills a room from the group of that name from now on, or from none. Another group that is called so later is another group.
    pub fn fill_room(&mut self, room: RoomId, group: Option<&str>, now: Instant) -> Result<(), EngineError> {
        let name = group.map(str::to_lowercase);
        self.turn(now, |turn| {
            turn.room(room)?;
            let Some(name) = name else { return Ok(turn.step.fill_room(room, None)?) };
            match turn.step.groups_called(&name)?[..] {
                [group] => Ok(turn.step.fill_room(room, Some((group, &name)))?),
                [] => Err(EngineError::NoGroup(name)),
                [..] => Err(EngineError::SeveralGroups(name)),
            }
        })
    }

    /// Whether any room is filled from a group.
    pub fn fills_rooms(&self) -> Result<bool, EngineError> {
        self.look(|step, _| Ok(!step.filled_rooms()?.is_empty()))
    }

    /// The rooms that are filled from a group, and what is to be done in each.
    pub fn filled_rooms(&self) -> Result<Vec<Filled>, EngineError> {
        let me = self.identity()?.ok_or(EngineError::NotEnrolled)?.handle;
        let all = self.look(|step, _| {
            let with = |it: FilledRoom| Ok((step.group(it.group)?, step.in_group(it.group)?, it));
            step.filled_rooms()?.into_iter().map(with).collect::<Result<Vec<_>, EngineError>>()
        })?;
        let mut filled = Vec::new();
        for (known, (people, unknown), kept) in all {
            let mut it = compared(&self.room(kept.room)?, &me, (kept.name, &people));
            let unsure = match known {
                None => {
                    Some("the group is gone, or was made anew: say from which one the room is filled now")
                }
                Some((_, false)) => {
                    Some("who is in the group is not known: have the provider say the whole group again")
                }
                Some((_, true)) if unknown > 0 => Some(
                    "somebody is in the group whom the provider has not named to this program, so nobody is taken out",
                ),
                Some((_, true)) => None,
            };
            // Who is not known to be out is not taken out.
            if unsure.is_some() {
                it.going.clear();
                it.stuck = it.stuck.or(unsure);
            }
            filled.push(it);
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
    let going: BTreeSet<&Handle> = plain.map(|it| &it.handle).filter(|it| !people.contains(it)).collect();
    filled.going = going.into_iter().cloned().collect();
    filled
}
