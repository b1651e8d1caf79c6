//! Leaving: the one proposal that stands alone, until somebody else commits it.

use chancery_wire::{
    names::Handle,
    policy::{Role, RoomPolicy},
};
use openmls::{framing::Sender, group::QueuedProposal, messages::proposals::Proposal};

use crate::{breach::Breach, leaf::Leaf};

/// Makes sure that a proposal by the leaf at `index` takes out that leaf and does nothing else, and that it does not leave
/// others behind without an owner. `leaving` are the leaves that have asked to leave already.
pub fn leave(
    before: &[Leaf],
    policy: &RoomPolicy,
    leaving: &[u32],
    (proposal, index): (&Proposal, u32),
) -> Result<(), Breach> {
    match proposal {
        Proposal::Remove(remove) if remove.removed().u32() == index => {}
        _ => return Err(Breach::Unknown),
    }
    let stay = before.iter().filter(|leaf| leaf.index != index && !leaving.contains(&leaf.index));
    owned(policy, stay)
}

/// The places of those who have asked to leave.
pub fn leaving<'p>(proposals: impl IntoIterator<Item = &'p QueuedProposal>) -> Vec<u32> {
    let own = |queued: &QueuedProposal| match (queued.proposal(), queued.sender()) {
        (Proposal::Remove(remove), Sender::Member(by)) if remove.removed() == *by => Some(by.u32()),
        _ => None,
    };
    proposals.into_iter().filter_map(own).collect()
}

/// Makes sure that somebody owns the room, here or away, unless nobody is in it.
pub(crate) fn owned<'l>(
    policy: &RoomPolicy,
    leaves: impl IntoIterator<Item = &'l Leaf>,
) -> Result<(), Breach> {
    let mut leaves = leaves.into_iter().peekable();
    let owns = |handle: &Handle| policy.role(handle) == Role::Owner;
    let owned = leaves.peek().is_none() || policy.away.iter().any(owns);
    if owned || leaves.any(|leaf| owns(&leaf.name.account)) { Ok(()) } else { Err(Breach::NoOwner) }
}
