//! Leaving: who has asked to leave a room, and what that means for the others and for the person's other devices
//! (`protocol/rooms.md`, rule 11).

use std::collections::BTreeSet;

use chancery_groups::{Leaf, leaving, policy_of, roster};
use chancery_vault::Room;
use chancery_wire::policy::Role;
use openmls::{
    framing::Sender,
    group::{MlsGroup, QueuedProposal},
    prelude::{LeafNodeIndex, Proposal},
};

use crate::{engine::Turn, error::EngineError};

impl Turn<'_> {
    /// What others have proposed and counts: to leave, by devices that were not revoked. A revoked one is taken out, and takes nobody
    /// with it.
    pub(crate) fn others_asked<'g>(
        &self,
        group: &'g MlsGroup,
    ) -> Result<Vec<&'g QueuedProposal>, EngineError> {
        let own = Sender::Member(group.own_leaf_index());
        let asked: Vec<_> = group.pending_proposals().filter(|it| *it.sender() != own).collect();
        // A large room is looked through only where somebody has asked.
        if asked.is_empty() {
            return Ok(asked);
        }
        let revoked = self.revoked_among(&roster(group.public_group())?)?;
        let by_revoked = |it: &&QueuedProposal| revoked.iter().any(|leaf| asks(it, leaf.index));
        Ok(asked.into_iter().filter(|it| !by_revoked(it)).collect())
    }

    /// Whether the person leaves the room on another device, and somebody is there who stays and takes this one out with it. It commits
    /// nothing then: it would stay behind.
    pub(crate) fn leaves_elsewhere(&self, group: &MlsGroup) -> Result<bool, EngineError> {
        let asked = self.others_asked(group)?;
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
    /// owner. Then there is nothing to wait for.
    pub(crate) fn nobody_stays(&self, room: &Room, group: &MlsGroup) -> Result<bool, EngineError> {
        let mut asked = self.others_asked(group)?;
        if asked.is_empty() {
            return Ok(false);
        }
        // What this device itself asks for counts once it stands in the log.
        if !self.asks_unseen(room)? {
            let own = Sender::Member(group.own_leaf_index());
            asked.extend(group.pending_proposals().filter(|it| *it.sender() == own));
        }
        let (leaves, policy) = (roster(group.public_group())?, policy_of(group.extensions())?);
        let leaving = leaving(&leaves, asked);
        let owns =
            policy.away.iter().chain([&self.me.identity.handle]).any(|it| policy.role(it) == Role::Owner);
        Ok(!owns && leaves.iter().all(|leaf| leaving.contains(&leaf.name.account)))
    }

    /// What a commit takes out for those who have asked to leave: their other devices, but for the own one.
    pub(crate) fn left_over(
        &self,
        group: &MlsGroup,
        before: &[Leaf],
    ) -> Result<Vec<LeafNodeIndex>, EngineError> {
        let asked = self.others_asked(group)?;
        let leaving = leaving(before, asked.iter().copied());
        let own = group.own_leaf_index();
        let goes = |leaf: &&Leaf| {
            let itself = asked.iter().any(|it| asks(it, leaf.index));
            leaving.contains(&leaf.name.account) && leaf.index != own.u32() && !itself
        };
        Ok(before.iter().filter(goes).map(|leaf| LeafNodeIndex::new(leaf.index)).collect())
    }
}

/// The places of those whose own asking a commit by this device leaves out: nobody commits that for itself, and nobody for a revoked
/// device.
pub(crate) fn not_taken_in(group: &MlsGroup, revoked: &[Leaf]) -> BTreeSet<u32> {
    revoked.iter().map(|leaf| leaf.index).chain([group.own_leaf_index().u32()]).collect()
}

/// Whether a proposal is that of the leaf at a place, to be let go.
pub(crate) fn asks(queued: &QueuedProposal, place: u32) -> bool {
    let itself = matches!(queued.sender(), Sender::Member(by) if by.u32() == place);
    itself && matches!(queued.proposal(), Proposal::Remove(remove) if remove.removed().u32() == place)
}
