//! Leaving: the one proposal that stands alone, until somebody else commits it. A person leaves with all devices.

use std::collections::BTreeSet;

use chancery_wire::{
    names::Handle,
    policy::{Role, RoomPolicy},
};
use openmls::{framing::Sender, group::QueuedProposal, messages::proposals::Proposal};

use crate::{breach::Breach, leaf::Leaf};

/// Makes sure that a proposal by the leaf at `index` takes out that leaf and does nothing else, and that its account does not leave
/// others behind without an owner. `leaving` are the accounts that have asked to leave already.
pub fn leave(
    before: &[Leaf],
    policy: &RoomPolicy,
    leaving: &BTreeSet<Handle>,
    (proposal, index): (&Proposal, u32),
) -> Result<(), Breach> {
    match proposal {
        Proposal::Remove(remove) if remove.removed().u32() == index => {}
        _ => return Err(Breach::Unknown),
    }
    let who = before.iter().find(|leaf| leaf.index == index).ok_or(Breach::Invalid)?;
    may_leave(before, policy, leaving, &who.name.account)
}

/// Makes sure that an account leaves nobody behind in a room without an owner. `leaving` are the accounts that have asked to leave
/// already.
pub fn may_leave(
    before: &[Leaf],
    policy: &RoomPolicy,
    leaving: &BTreeSet<Handle>,
    who: &Handle,
) -> Result<(), Breach> {
    let stays = |leaf: &&Leaf| leaf.name.account != *who && !leaving.contains(&leaf.name.account);
    owned(policy, before.iter().filter(stays))
}

/// The accounts of which a device has asked to leave.
pub fn leaving<'p>(
    before: &[Leaf],
    proposals: impl IntoIterator<Item = &'p QueuedProposal>,
) -> BTreeSet<Handle> {
    let own = |queued: &QueuedProposal| match (queued.proposal(), queued.sender()) {
        (Proposal::Remove(remove), Sender::Member(by)) if remove.removed() == *by => Some(by.u32()),
        _ => None,
    };
    let places: BTreeSet<u32> = proposals.into_iter().filter_map(own).collect();
    let asked = before.iter().filter(|leaf| places.contains(&leaf.index));
    asked.map(|leaf| leaf.name.account.clone()).collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::leaf::example::leaf;

    #[test]
    fn an_owner_leaves_with_all_devices_and_so_leaves_others_without_one() {
        let handle = |name: &str| name.parse::<Handle>().unwrap();
        let mut policy = RoomPolicy::founded_by(handle("alice"));
        let room = [leaf(0, "alice"), leaf(1, "alice"), leaf(2, "bob")];
        let may = |policy: &RoomPolicy, leaving: &[&str], who: &str| {
            let leaving = leaving.iter().map(|name| handle(name)).collect();
            may_leave(&room, policy, &leaving, &handle(who))
        };
        assert_eq!(may(&policy, &[], "alice"), Err(Breach::NoOwner), "her other device does not stay");
        assert_eq!(may(&policy, &[], "bob"), Ok(()));
        // Where nobody stays, nobody needs an owner; nor where one is away, or another one is here.
        assert_eq!(may(&policy, &["bob"], "alice"), Ok(()));
        policy.away.insert(handle("carol"));
        assert_eq!(may(&policy, &[], "alice"), Err(Breach::NoOwner), "who is away owns nothing");
        policy.roles.insert(handle("carol"), Role::Owner);
        assert_eq!(may(&policy, &[], "alice"), Ok(()));
        policy.away.clear();
        policy.roles.insert(handle("bob"), Role::Owner);
        assert_eq!(may(&policy, &[], "alice"), Ok(()));
        assert_eq!(may(&policy, &["alice"], "bob"), Ok(()));
    }
}
