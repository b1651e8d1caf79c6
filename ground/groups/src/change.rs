//! A change: what a commit would do to a room, read out of MLS into our own words.

use std::fmt;

use chancery_wire::{names::Handle, policy::RoomPolicy};
use openmls::{
    extensions::{Extension, Extensions},
    framing::Sender,
    group::{GroupContext, PublicGroup, QueuedProposal, StagedCommit},
    messages::proposals::Proposal,
};

use crate::{
    breach::Breach,
    leaf::{Leaf, POLICY_EXTENSION, policy_of},
};

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Author {
    /// A leaf that was in the room.
    Member(Leaf),
    /// A device that comes in by itself.
    Returning(Leaf),
}

impl Author {
    /// The leaf that acted.
    #[must_use]
    pub fn leaf(&self) -> &Leaf {
        match self {
            Self::Member(leaf) | Self::Returning(leaf) => leaf,
        }
    }

    /// Whether the device came in by itself.
    #[must_use]
    pub fn is_returning(&self) -> bool {
        matches!(self, Self::Returning(_))
    }
}

/// Something a role may allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Adding members.
    Add,
    /// Removing members.
    Remove,
    /// Changing the policy.
    Change,
    /// Naming the room.
    Name,
    /// Keeping a message in view.
    Pin,
}

impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Add => "add members",
            Self::Remove => "remove members",
            Self::Change => "change the policy",
            Self::Name => "name the room",
            Self::Pin => "pin messages",
        })
    }
}

/// What a commit does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Who committed.
    pub author: Author,
    /// Leaves that come in, each with the leaf that proposed it.
    pub added: Vec<(Leaf, Leaf)>,
    /// Leaves that go, each with the leaf that proposed it.
    pub removed: Vec<(Leaf, Leaf)>,
    /// The author's own leaf afterwards, when it was renewed.
    pub renewed: Option<Leaf>,
    /// The policy before.
    pub before: RoomPolicy,
    /// The policy after.
    pub after: RoomPolicy,
    /// Who proposed a policy, if anybody did.
    pub policy_by: Option<Leaf>,
}

impl Change {
    /// Reads what `commit` by `sender` would do to `group`.
    pub fn read(group: &PublicGroup, sender: &Sender, commit: &StagedCommit) -> Result<Self, Breach> {
        let path = commit.update_path_leaf_node();
        let author = match sender {
            Sender::Member(index) => Author::Member(leaf_at(group, index.u32())?),
            Sender::NewMemberCommit => {
                let index = group.ext_commit_sender_index(commit).map_err(|_| Breach::Invalid)?;
                Author::Returning(Leaf::of(index.u32(), path.ok_or(Breach::Invalid)?)?)
            }
            Sender::External(_) | Sender::NewMemberProposal => return Err(Breach::Unknown),
        };
        let index = author.leaf().index;
        let renewed = path.map(|leaf| Leaf::of(index, leaf)).transpose()?;
        let before = policy_of(group.group_context().extensions())?;
        let after = policy_of(commit.group_context().extensions())?;
        let (added, removed, policy_by) = (Vec::new(), Vec::new(), None);
        let mut change = Self { author, added, removed, renewed, before, after, policy_by };
        for queued in commit.queued_proposals() {
            change.take(group, queued)?;
        }
        same_but_policy(group.group_context().extensions(), commit.group_context().extensions())?;
        Ok(change)
    }

    /// Takes in one proposal; kinds that rooms do not use are refused here.
    fn take(&mut self, group: &PublicGroup, queued: &QueuedProposal) -> Result<(), Breach> {
        let by = match queued.sender() {
            Sender::Member(index) => leaf_at(group, index.u32())?,
            Sender::NewMemberCommit => self.author.leaf().clone(),
            Sender::External(_) | Sender::NewMemberProposal => return Err(Breach::Unknown),
        };
        match queued.proposal() {
            // A leaf that comes in has no place yet; it gets one when the commit is merged.
            Proposal::Add(add) => self.added.push((Leaf::of(0, add.key_package().leaf_node())?, by)),
            Proposal::Remove(remove) => self.removed.push((leaf_at(group, remove.removed().u32())?, by)),
            Proposal::GroupContextExtensions(_) => self.policy_by = Some(by),
            Proposal::ExternalInit(_) if matches!(self.author, Author::Returning(_)) => {}
            _ => return Err(Breach::Unknown),
        }
        Ok(())
    }

    /// Whether an account leaves: one of its devices has asked for that itself.
    #[must_use]
    pub fn leaves(&self, who: &Handle) -> bool {
        let asked = |(leaf, by): &(Leaf, Leaf)| leaf.index == by.index && leaf.name.account == *who;
        !self.author.is_returning() && self.removed.iter().any(asked)
    }

    /// The leaves whose device chains have to be checked before the change is believed.
    pub fn newcomers(&self) -> impl Iterator<Item = &Leaf> {
        let returning = match &self.author {
            Author::Returning(leaf) => Some(leaf),
            Author::Member(_) => None,
        };
        self.added.iter().map(|(leaf, _)| leaf).chain(returning)
    }
}

/// The member at a place of the tree.
pub(crate) fn leaf_at(group: &PublicGroup, index: u32) -> Result<Leaf, Breach> {
    let place = openmls::prelude::LeafNodeIndex::new(index);
    Leaf::of(index, group.leaf(place).ok_or(Breach::Invalid)?)
}

/// Everything in the group context but the policy stays as the room was founded.
fn same_but_policy(
    before: &Extensions<GroupContext>,
    after: &Extensions<GroupContext>,
) -> Result<(), Breach> {
    let policy = |extension: &&Extension| !matches!(extension, Extension::Unknown(POLICY_EXTENSION, _));
    let same = before.iter().filter(policy).eq(after.iter().filter(policy));
    if same { Ok(()) } else { Err(Breach::Unknown) }
}
