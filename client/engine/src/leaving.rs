//! Leaving: who has asked to leave a room, and what that means for the others and for the person's other devices
//! (`protocol/rooms.md`, rule 11).

use std::collections::BTreeSet;

use chancery_groups::{Leaf, leaving, may_leave, policy_of, roster};
use chancery_vault::Room;
use chancery_wire::policy::Role;
use openmls::{
    framing::Sender,
    group::{MlsGroup, QueuedProposal},
    prelude::{LeafNodeIndex, Proposal},
};

use crate::{engine::Turn, error::EngineError};

impl Turn<'_> {
    /// What others have proposed and counts: to leave, by devices that were not revoked, and in such an order that nobody is left without
    /// an owner. A revoked device is taken out, and takes nobody with it.
    pub(crate) fn others_asked<'g>(
        &self,
        room: &Room,
        group: &'g MlsGroup,
    ) -> Result<Vec<&'g QueuedProposal>, EngineError> {
        let own = Sender::Member(group.own_leaf_index());
        let asked: Vec<_> = group.pending_proposals().filter(|it| *it.sender() != own).collect();
        // A large room is looked through only where somebody has asked.
        if asked.is_empty() {
            return Ok(asked);
        }
        let (leaves, policy) = (roster(group.public_group())?, policy_of(group.extensions())?);
        let revoked = self.revoked_among(&leaves)?;
        let (mut leaving, mut count) = (BTreeSet::new(), Vec::new());
        if self.has_asked(room, group)? {
            leaving.insert(self.me.identity.handle.clone());
        }
        for it in asked {
            let by = leaves.iter().find(|leaf| asks(it, leaf.index));
            let Some(by) = by.filter(|by| !revoked.contains(by)) else { continue };
            if may_leave(&leaves, &policy, &leaving, &by.name.account).is_ok() {
                leaving.insert(by.name.account.clone());
                count.push(it);
            }
        }
        Ok(count)
    }

    /// Whether this device has asked to leave, and that stands in the log.
    fn has_asked(&self, room: &Room, group: &MlsGroup) -> Result<bool, EngineError> {
        let own = Sender::Member(group.own_leaf_index());
        Ok(group.pending_proposals().any(|it| *it.sender() == own) && !self.asks_unseen(room)?)
    }

    /// Whether the person leaves the room on another device, and somebody is there who stays and takes this one out with it. It commits
    /// nothing then: it would stay behind.
    pub(crate) fn leaves_elsewhere(&self, room: &Room, group: &MlsGroup) -> Result<bool, EngineError> {
        let asked = self.others_asked(room, group)?;
        if asked.is_empty() {
            return Ok(false);
        }
        let leaves = roster(group.public_group())?;
        let leaving = leaving(&leaves, asked);
        if !leaving.contains(&self.me.identity.handle) {
            return Ok(false);
        }
        for leaf in leaves.iter().filter(|leaf| !leaving.contains(&leaf.name.account)) {
            if !self.is_revoked(leaf)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether everybody in the room has asked to leave, and this device may not commit that, because it would be left without an
    /// owner. Then there is nothing to wait for, but for what this device has under way itself.
    pub(crate) fn nobody_stays(&self, room: &Room, group: &MlsGroup) -> Result<bool, EngineError> {
        let asked = self.others_asked(room, group)?;
        if asked.is_empty() || self.step.wishes(room.id)?.iter().any(|wished| wished.sealed.is_some()) {
            return Ok(false);
        }
        let (leaves, policy) = (roster(group.public_group())?, policy_of(group.extensions())?);
        let mut leaving = leaving(&leaves, asked);
        if self.has_asked(room, group)? {
            leaving.insert(self.me.identity.handle.clone());
        }
        let owns =
            policy.away.iter().chain([&self.me.identity.handle]).any(|it| policy.role(it) == Role::Owner);
        Ok(!owns && leaves.iter().all(|leaf| leaving.contains(&leaf.name.account)))
    }

    /// What a commit takes out for those who have asked to leave: their other devices, but for the own one.
    pub(crate) fn left_over(
        &self,
        room: &Room,
        group: &MlsGroup,
        before: &[Leaf],
    ) -> Result<Vec<LeafNodeIndex>, EngineError> {
        let asked = self.others_asked(room, group)?;
        let leaving = leaving(before, asked.iter().copied());
        let own = group.own_leaf_index();
        let goes = |leaf: &&Leaf| {
            let itself = asked.iter().any(|it| asks(it, leaf.index));
            leaving.contains(&leaf.name.account) && leaf.index != own.u32() && !itself
        };
        Ok(before.iter().filter(goes).map(|leaf| LeafNodeIndex::new(leaf.index)).collect())
    }

    /// The places of those whose own asking a commit by this device leaves out: nobody commits that for itself, nor what does not count.
    pub(crate) fn not_taken_in(&self, room: &Room, group: &MlsGroup) -> Result<BTreeSet<u32>, EngineError> {
        let place = |it: &QueuedProposal| match it.sender() {
            Sender::Member(by) => Some(by.u32()),
            _ => None,
        };
        let mut places: BTreeSet<u32> = group.pending_proposals().filter_map(place).collect();
        for it in self.others_asked(room, group)? {
            if let Some(place) = place(it) {
                places.remove(&place);
            }
        }
        places.insert(group.own_leaf_index().u32());
        Ok(places)
    }
}

/// Whether a proposal is that of the leaf at a place, to be let go.
pub(crate) fn asks(queued: &QueuedProposal, place: u32) -> bool {
    let itself = matches!(queued.sender(), Sender::Member(by) if by.u32() == place);
    itself && matches!(queued.proposal(), Proposal::Remove(remove) if remove.removed().u32() == place)
}
