//! Leaving: who has asked to leave a room, and what that means for the others and for the person's other devices
//! (`protocol/rooms.md`, rule 11).

use std::collections::BTreeSet;

use chancery_groups::{Leaf, may_leave, policy_of, roster};
use chancery_vault::Room;
use chancery_wire::{names::Handle, policy::Role};
use openmls::{
    framing::Sender,
    group::{MlsGroup, QueuedProposal},
    prelude::{LeafNodeIndex, Proposal},
};

use crate::{engine::Turn, error::EngineError};

/// Who has asked to leave a room, as far as it counts. Nothing of it is read where nobody else has asked.
#[derive(Default)]
pub(crate) struct Asked {
    /// The places of the other devices whose asking counts.
    places: BTreeSet<u32>,
    /// Their accounts.
    accounts: BTreeSet<Handle>,
    /// Whether this device has asked itself, and that stands in the log.
    own: bool,
}

impl Asked {
    /// Whether nobody else has asked.
    pub(crate) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The accounts that leave, but for this device's own asking.
    pub(crate) fn accounts(&self) -> &BTreeSet<Handle> {
        &self.accounts
    }

    /// What a commit takes out for them: their other devices, but for the one at `own`.
    pub(crate) fn left_over(&self, before: &[Leaf], own: LeafNodeIndex) -> Vec<LeafNodeIndex> {
        let goes = |leaf: &&Leaf| {
            let itself = leaf.index == own.u32() || self.places.contains(&leaf.index);
            self.accounts.contains(&leaf.name.account) && !itself
        };
        before.iter().filter(goes).map(|leaf| LeafNodeIndex::new(leaf.index)).collect()
    }

    /// Whether a commit takes a proposal in: everything but an asking that does not count, or is its author's own.
    pub(crate) fn takes_in(&self, queued: &QueuedProposal) -> bool {
        itself(queued).is_none_or(|place| self.places.contains(&place))
    }
}

impl Turn<'_> {
    /// Who has asked to leave. It counts by devices that speak for their accounts, and in such an order that nobody is left without an owner:
    /// another device is taken out, and takes nobody with it.
    pub(crate) fn asked(&self, room: &Room, group: &MlsGroup) -> Result<Asked, EngineError> {
        let own = group.own_leaf_index().u32();
        let places: Vec<u32> = group.pending_proposals().filter_map(itself).collect();
        // A large room is looked through only where somebody else has asked.
        if places.iter().all(|place| *place == own) {
            return Ok(Asked::default());
        }
        let (leaves, policy) = (roster(group.public_group())?, policy_of(group.extensions())?);
        let mut asked = Asked { own: places.contains(&own) && !self.asks_unseen(room)?, ..Asked::default() };
        let mut leaving = BTreeSet::new();
        if asked.own {
            leaving.insert(self.me.identity.handle.clone());
        }
        for place in places.into_iter().filter(|place| *place != own) {
            let Some(by) = leaves.iter().find(|leaf| leaf.index == place) else { continue };
            if !self.is_silent(by)? && may_leave(&leaves, &policy, &leaving, &by.name.account).is_ok() {
                leaving.insert(by.name.account.clone());
                asked.accounts.insert(by.name.account.clone());
                asked.places.insert(place);
            }
        }
        Ok(asked)
    }

    /// Whether the person leaves the room on another device, and somebody is there who stays and takes this one out with it. It commits
    /// nothing then: it would stay behind.
    pub(crate) fn leaves_elsewhere(&self, group: &MlsGroup, asked: &Asked) -> Result<bool, EngineError> {
        if !asked.accounts.contains(&self.me.identity.handle) {
            return Ok(false);
        }
        let leaves = roster(group.public_group())?;
        for leaf in leaves.iter().filter(|leaf| !asked.accounts.contains(&leaf.name.account)) {
            if !self.is_silent(leaf)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether everybody in the room has asked to leave, and this device may not commit that, because it would be left without an
    /// owner. Then there is nothing to wait for, but for what this device has under way itself.
    pub(crate) fn nobody_stays(
        &self,
        room: &Room,
        group: &MlsGroup,
        asked: &Asked,
    ) -> Result<bool, EngineError> {
        if asked.is_empty() || self.step.wishes(room.id)?.iter().any(|wished| wished.sealed.is_some()) {
            return Ok(false);
        }
        let (leaves, policy) = (roster(group.public_group())?, policy_of(group.extensions())?);
        let me = &self.me.identity.handle;
        let owns = policy.away.iter().chain([me]).any(|it| policy.role(it) == Role::Owner);
        let leaves_it = |who: &Handle| asked.accounts.contains(who) || asked.own && who == me;
        Ok(!owns && leaves.iter().all(|leaf| leaves_it(&leaf.name.account)))
    }
}

/// The place of a leaf that asks to be let go itself.
fn itself(queued: &QueuedProposal) -> Option<u32> {
    match (queued.proposal(), queued.sender()) {
        (Proposal::Remove(remove), Sender::Member(by)) if remove.removed() == *by => Some(by.u32()),
        _ => None,
    }
}
