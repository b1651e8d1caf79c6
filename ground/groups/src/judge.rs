//! Is this commit allowed? The one answer, the same on the server and on every client.
//!
//! Pure: the room's leaves before, and the change. A client calls this between reading a commit and merging it, whatever
//! the server said. `protocol/rooms.md` states the rules in words; `RULES` in `chancery-wire` is their version.

use chancery_wire::{
    names::Handle,
    policy::{Class, Role, RoomPolicy},
};

use crate::{
    breach::Breach,
    change::{Author, Change, Deed},
    leaf::Leaf,
    leave::owned,
};

/// Judges a change against the room's leaves before it. `revoked` says which of them are of devices that their account's chain has
/// revoked.
pub fn judge(before: &[Leaf], change: &Change, revoked: &dyn Fn(&Leaf) -> bool) -> Result<(), Breach> {
    identity(before, change)?;
    additions(before, change)?;
    match &change.author {
        Author::Member(_) => removals(change, revoked)?,
        Author::Returning(leaf) => returning(leaf, change)?,
    }
    leavings(before, change)?;
    policy(change)?;
    away(before, change, revoked)?;
    let stays = |leaf: &&Leaf| !change.removed.iter().any(|(gone, _)| gone.index == leaf.index);
    owned(&change.after, before.iter().filter(stays).chain(change.newcomers()))
}

/// A leaf keeps its name and its key for as long as it is in the room.
fn identity(before: &[Leaf], change: &Change) -> Result<(), Breach> {
    let author = change.author.leaf();
    if let Some(renewed) = &change.renewed
        && (renewed.name != author.name || renewed.key != author.key)
    {
        return Err(Breach::Impostor);
    }
    let domain = before.first().map(|leaf| &leaf.name.domain);
    let foreign = |leaf: &Leaf| domain.is_some_and(|domain| leaf.name.domain != *domain);
    if change.newcomers().any(foreign) { Err(Breach::Foreign) } else { Ok(()) }
}

/// Members are added by those who may, with a role by those who may give it, and nobody is in the room twice.
///
/// A role outlives its bearer's time in the room, because whoever takes in that somebody left may not be allowed to change the
/// policy. So it counts again when the bearer is added again.
fn additions(before: &[Leaf], change: &Change) -> Result<(), Breach> {
    for (leaf, by) in &change.added {
        let who = &by.name.account;
        if change.before.class == Class::Own && leaf.name.account != *who {
            return Err(Breach::NotOwn);
        }
        // Who is in a room are accounts: everybody brings a further device of one that is here, which its chain vouches for.
        let here = before.iter().any(|other| other.name.account == leaf.name.account)
            || change.before.away.contains(&leaf.name.account);
        if !here && change.before.role(who) < change.before.may_add {
            return Err(Breach::NotAllowed { who: who.clone(), what: Deed::Add });
        }
        if !here
            && change.after.role(&leaf.name.account) > Role::Member
            && change.before.role(who) < change.before.may_change
        {
            return Err(Breach::NotAllowed { who: who.clone(), what: Deed::Change });
        }
        let same = |other: &Leaf| other.name.device == leaf.name.device || other.key == leaf.key;
        let stays = |other: &&Leaf| !change.removed.iter().any(|(gone, _)| gone.index == other.index);
        let there = before.iter().filter(stays).filter(|other| same(other)).count();
        let coming = change.added.iter().filter(|(other, _)| same(other)).count();
        if there + coming != 1 {
            return Err(Breach::Twice);
        }
    }
    Ok(())
}

/// Everybody takes out the own devices, those that were revoked, and those of whoever leaves; others only with the right to, and only
/// those whose role is lower.
fn removals(change: &Change, revoked: &dyn Fn(&Leaf) -> bool) -> Result<(), Breach> {
    for (leaf, by) in &change.removed {
        let (whom, who) = (&leaf.name.account, &by.name.account);
        if whom == who || revoked(leaf) || change.leaves(whom) {
            continue;
        }
        may_remove(&change.before, who, whom)?;
    }
    Ok(())
}

/// Who leaves goes with all devices, so that none is left over that brings the others back. Whoever commits cannot go: its device
/// asks next.
fn leavings(before: &[Leaf], change: &Change) -> Result<(), Breach> {
    let author = change.author.leaf();
    let goes = |leaf: &Leaf| change.removed.iter().any(|(gone, _)| gone.index == leaf.index);
    let stays = |leaf: &&Leaf| leaf.index != author.index && !goes(leaf);
    let comes = change.added.iter().map(|(leaf, _)| leaf);
    match before.iter().filter(stays).chain(comes).find(|leaf| change.leaves(&leaf.name.account)) {
        Some(leaf) => Err(Breach::Leaves { who: leaf.name.account.clone() }),
        None => Ok(()),
    }
}

fn may_remove(policy: &RoomPolicy, who: &Handle, whom: &Handle) -> Result<(), Breach> {
    let role = policy.role(who);
    if role < policy.may_remove {
        return Err(Breach::NotAllowed { who: who.clone(), what: Deed::Remove });
    }
    if role <= policy.role(whom) && role != Role::Owner {
        return Err(Breach::Protected { whom: whom.clone() });
    }
    Ok(())
}

/// An account whose last device here was revoked is away: it keeps its place until it comes back, or is removed by somebody who may.
/// Nobody else is away.
fn away(before: &[Leaf], change: &Change, revoked: &dyn Fn(&Leaf) -> bool) -> Result<(), Breach> {
    let gone = |leaf: &Leaf| change.removed.iter().any(|(gone, _)| gone.index == leaf.index);
    let here = |handle: &Handle| {
        let stays = before.iter().any(|leaf| leaf.name.account == *handle && !gone(leaf));
        stays || change.newcomers().any(|leaf| leaf.name.account == *handle)
    };
    let (was, is) = (&change.before.away, &change.after.away);
    for handle in is {
        let mut last = change.removed.iter().filter(|(leaf, _)| leaf.name.account == *handle).peekable();
        let goes = last.peek().is_some() && last.all(|(leaf, _)| revoked(leaf)) && !change.leaves(handle);
        if here(handle) || !was.contains(handle) && !goes {
            return Err(Breach::Away { whom: handle.clone() });
        }
    }
    for handle in was.iter().filter(|handle| !is.contains(*handle) && !here(handle)) {
        let by = change.policy_by.as_ref().ok_or(Breach::PolicyChange)?;
        may_remove(&change.before, &by.name.account, handle)?;
    }
    for (leaf, by) in &change.removed {
        let (whom, who) = (&leaf.name.account, &by.name.account);
        let taken_out = whom != who && revoked(leaf) && !here(whom) && !is.contains(whom);
        if taken_out && !change.leaves(whom) && may_remove(&change.before, who, whom).is_err() {
            return Err(Breach::Away { whom: whom.clone() });
        }
    }
    Ok(())
}

/// A device that comes back replaces its own former leaf and does nothing else.
fn returning(leaf: &Leaf, change: &Change) -> Result<(), Breach> {
    if !change.added.is_empty() || change.policy_by.is_some() {
        return Err(Breach::Uninvited);
    }
    let [(former, _)] = change.removed.as_slice() else {
        return Err(if change.removed.is_empty() { Breach::Uninvited } else { Breach::RemovesAnother });
    };
    if former.name != leaf.name || former.key != leaf.key {
        return Err(Breach::RemovesAnother);
    }
    Ok(())
}

/// The policy is changed by those who may, never loses its class or its owner, and never lowers its floor.
fn policy(change: &Change) -> Result<(), Breach> {
    let (before, after) = (&change.before, &change.after);
    // Whoever commits says which charter it goes by: never an older one.
    if after.charter < before.charter {
        return Err(Breach::PolicyChange);
    }
    // Who is away is judged by what happens to their devices.
    if *after == (RoomPolicy { away: after.away.clone(), charter: after.charter, ..before.clone() }) {
        return Ok(());
    }
    let by = change.policy_by.as_ref().ok_or(Breach::PolicyChange)?;
    if before.role(&by.name.account) < before.may_change {
        return Err(Breach::NotAllowed { who: by.name.account.clone(), what: Deed::Change });
    }
    // Reading a policy has already made sure that it has an owner and a floor this version knows.
    if after.class != before.class || after.floor < before.floor {
        return Err(Breach::PolicyChange);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use chancery_wire::policy::RoomPolicy;

    use super::*;
    use crate::leaf::example::leaf;

    /// Alice owns, Mo moderates, Bob and Carol are members.
    fn room() -> Vec<Leaf> {
        vec![leaf(0, "alice"), leaf(1, "mo"), leaf(2, "bob"), leaf(3, "carol")]
    }

    fn by(author: Leaf) -> Change {
        let mut policy = RoomPolicy::founded_by("alice".parse().unwrap());
        policy.roles.insert("mo".parse().unwrap(), Role::Moderator);
        Change {
            author: Author::Member(author),
            added: vec![],
            removed: vec![],
            renewed: None,
            after: policy.clone(),
            before: policy,
            policy_by: None,
        }
    }

    #[test]
    fn moderators_add_and_members_do_not() {
        for (who, allowed) in [(0, true), (1, true), (2, false)] {
            let author = room()[who].clone();
            let mut change = by(author.clone());
            change.added.push((leaf(9, "dora"), author));
            assert_eq!(judge(&room(), &change, &|_| false).is_ok(), allowed, "{who}");
        }
    }

    #[test]
    fn everybody_takes_out_what_was_revoked_and_nothing_else() {
        // Bob, a member, takes out Alice's revoked device, and brings the one as which she comes back.
        let bob = leaf(2, "bob");
        let mut change = by(bob.clone());
        change.removed.push((leaf(0, "alice"), bob.clone()));
        assert!(judge(&room(), &change, &|_| false).is_err());
        let revoked = |leaf: &Leaf| leaf.index == 0;
        // She keeps her place, and owns the room on.
        assert_eq!(judge(&room(), &change, &revoked), Err(Breach::Away { whom: "alice".parse().unwrap() }));
        change.added.push((leaf(9, "alice"), bob.clone()));
        assert_eq!(judge(&room(), &change, &revoked), Ok(()));
        change.removed.push((leaf(3, "carol"), bob));
        assert!(matches!(judge(&room(), &change, &revoked), Err(Breach::NotAllowed { .. })));
    }

    #[test]
    fn whose_last_device_was_revoked_is_away_and_nobody_else() {
        let (alice, mo, bob) = (leaf(0, "alice"), leaf(1, "mo"), leaf(2, "bob"));
        let handle = |name: &str| name.parse::<Handle>().unwrap();
        let revoked = |leaf: &Leaf| leaf.index == 0;
        // Bob takes out the only device of Alice, who owns the room.
        let mut change = by(bob.clone());
        change.removed.push((alice.clone(), bob.clone()));
        change.policy_by = Some(bob.clone());
        change.after.away.insert(handle("alice"));
        assert_eq!(judge(&room(), &change, &revoked), Ok(()));
        // Nobody is away who is here, was never here, or whose device was not revoked.
        for other in ["bob", "carol", "dora"] {
            let mut more = change.clone();
            more.after.away.insert(handle(other));
            assert_eq!(judge(&room(), &more, &revoked), Err(Breach::Away { whom: handle(other) }));
        }
        let mut mos = by(mo.clone());
        mos.removed.push((bob.clone(), mo.clone()));
        mos.policy_by = Some(mo.clone());
        mos.after.away.insert(handle("bob"));
        assert_eq!(judge(&room(), &mos, &revoked), Err(Breach::Away { whom: handle("bob") }));
        // Nothing else of the policy goes with it.
        change.after.roles.insert(handle("bob"), Role::Owner);
        assert!(matches!(
            judge(&room(), &change, &revoked),
            Err(Breach::NotAllowed { what: Deed::Change, .. })
        ));
    }

    #[test]
    fn who_is_away_is_brought_back_by_anybody_and_removed_by_who_may() {
        let bob = leaf(2, "bob");
        let rest = [leaf(1, "mo"), bob.clone(), leaf(3, "carol")];
        let away = |author: &Leaf| {
            let mut change = by(author.clone());
            change.before.away.insert("alice".parse().unwrap());
            change.after = change.before.clone();
            change
        };
        let mut change = away(&bob);
        assert_eq!(judge(&rest, &change, &|_| false), Ok(()));
        change.added.push((leaf(9, "alice"), bob.clone()));
        assert_eq!(
            judge(&rest, &change, &|_| false),
            Err(Breach::Away { whom: "alice".parse().unwrap() }),
            "who is here is not away"
        );
        change.after.away.clear();
        change.policy_by = Some(bob.clone());
        assert_eq!(judge(&rest, &change, &|_| false), Ok(()));
        assert!(
            judge(&rest, &Change { added: vec![(leaf(9, "dora"), bob.clone())], ..change }, &|_| false)
                .is_err()
        );
        // A member removes nobody, a moderator nobody above.
        for (author, whom, allowed) in
            [(&bob, "carol", false), (&rest[0], "carol", true), (&rest[0], "alice", false)]
        {
            let mut change = by(author.clone());
            change.before.away.insert(whom.parse().unwrap());
            change.before.roles.insert("carl".parse().unwrap(), Role::Owner);
            change.after = RoomPolicy { away: [].into(), ..change.before.clone() };
            change.policy_by = Some(author.clone());
            let leaves = [leaf(1, "mo"), bob.clone(), leaf(8, "carl")];
            assert_eq!(judge(&leaves, &change, &|_| false).is_ok(), allowed, "{whom}");
        }
    }

    #[test]
    fn everybody_brings_devices_of_those_who_are_here_and_nobody_else() {
        let bob = leaf(2, "bob");
        let mut change = by(bob.clone());
        change.added.push((leaf(9, "bob"), bob.clone()));
        assert_eq!(judge(&room(), &change, &|_| false), Ok(()));
        change.added = vec![(leaf(9, "carol"), bob.clone())];
        assert_eq!(judge(&room(), &change, &|_| false), Ok(()));
        change.added = vec![(leaf(9, "dora"), bob)];
        assert!(matches!(
            judge(&room(), &change, &|_| false),
            Err(Breach::NotAllowed { what: Deed::Add, .. })
        ));
        // An owner's second device is one of an account that is here already, whoever adds it; so it comes with its role.
        let mut change = by(leaf(1, "mo"));
        change.added.push((leaf(9, "alice"), leaf(1, "mo")));
        assert_eq!(judge(&room(), &change, &|_| false), Ok(()));
    }

    #[test]
    fn nobody_else_comes_into_the_room_of_ones_own_devices() {
        let alice = leaf(0, "alice");
        let mut change = by(alice.clone());
        change.before.class = Class::Own;
        change.after.class = Class::Own;
        change.added.push((leaf(9, "alice"), alice.clone()));
        assert_eq!(judge(std::slice::from_ref(&alice), &change, &|_| false), Ok(()));
        change.added = vec![(leaf(9, "bob"), alice.clone())];
        assert_eq!(judge(&[alice], &change, &|_| false), Err(Breach::NotOwn));
    }

    #[test]
    fn a_role_from_an_earlier_time_in_the_room_is_given_again_by_an_owner_only() {
        for (who, allowed) in [(0, true), (1, false)] {
            let author = room()[who].clone();
            let mut change = by(author.clone());
            change.after.roles.insert("dora".parse().unwrap(), Role::Owner);
            change.before = change.after.clone();
            change.added.push((leaf(9, "dora"), author));
            assert_eq!(judge(&room(), &change, &|_| false).is_ok(), allowed, "{who}");
        }
    }

    #[test]
    fn who_commits_does_not_matter_but_who_proposed() {
        let mut change = by(leaf(0, "alice"));
        change.added.push((leaf(9, "dora"), leaf(2, "bob")));
        let bob = "bob".parse().unwrap();
        assert_eq!(
            judge(&room(), &change, &|_| false),
            Err(Breach::NotAllowed { who: bob, what: Deed::Add })
        );
    }

    #[test]
    fn nobody_is_in_a_room_twice() {
        let mut change = by(leaf(0, "alice"));
        change.added.push((leaf(2, "bob"), leaf(0, "alice")));
        assert_eq!(judge(&room(), &change, &|_| false), Err(Breach::Twice));
        let mut change = by(leaf(0, "alice"));
        change.added = vec![(leaf(9, "dora"), leaf(0, "alice")), (leaf(9, "eve"), leaf(0, "alice"))];
        assert_eq!(judge(&room(), &change, &|_| false), Err(Breach::Twice));
    }

    #[test]
    fn one_is_removed_by_oneself_or_from_above() {
        for (who, whom, allowed) in
            [(0, 1, true), (0, 2, true), (1, 2, true), (1, 0, false), (2, 3, false), (2, 2, true)]
        {
            let mut change = by(leaf(0, "alice"));
            change.removed.push((room()[whom].clone(), room()[who].clone()));
            assert_eq!(judge(&room(), &change, &|_| false).is_ok(), allowed, "{who} removes {whom}");
        }
    }

    #[test]
    fn who_leaves_goes_with_all_devices_and_is_not_away() {
        let (alice, bob) = (leaf(0, "alice"), leaf(2, "bob"));
        let (second, third) = (leaf(4, "bob"), leaf(5, "bob"));
        let mut before = room();
        before.extend([second.clone(), third.clone()]);
        // Bob asks on one device; Alice, who commits it, takes out the others with it, or nobody follows her.
        let mut change = by(alice.clone());
        change.removed.push((bob.clone(), bob.clone()));
        let torn = Err(Breach::Leaves { who: "bob".parse().unwrap() });
        assert_eq!(judge(&before, &change, &|_| false), torn);
        change.removed.push((second.clone(), alice.clone()));
        assert_eq!(judge(&before, &change, &|_| false), torn);
        change.removed.push((third.clone(), alice.clone()));
        assert_eq!(judge(&before, &change, &|_| false), Ok(()));
        // Also where some of them were revoked, whenever that is heard of; and he is not away.
        for revoked in [&[4][..], &[4, 5], &[2, 4, 5]] {
            let revoked = |leaf: &Leaf| revoked.contains(&leaf.index);
            assert_eq!(judge(&before, &change, &revoked), Ok(()));
            let mut away = change.clone();
            away.after.away.insert("bob".parse().unwrap());
            away.policy_by = Some(alice.clone());
            assert_eq!(judge(&before, &away, &revoked), Err(Breach::Away { whom: "bob".parse().unwrap() }));
        }
        // He does not come back in with the same breath, and nobody else goes with him.
        let mut back = change.clone();
        back.added.push((leaf(9, "bob"), bob.clone()));
        assert_eq!(judge(&before, &back, &|_| false), torn);
        let mut mos = Change { author: Author::Member(third.clone()), ..change.clone() };
        mos.removed = vec![(bob.clone(), bob.clone()), (second.clone(), third.clone())];
        assert_eq!(judge(&before, &mos, &|_| false), Ok(()), "its own device cannot take itself out");
        let carol = leaf(3, "carol");
        let mut carols = Change { author: Author::Member(carol.clone()), ..change };
        carols.removed.push((leaf(1, "mo"), carol));
        assert!(matches!(judge(&before, &carols, &|_| false), Err(Breach::NotAllowed { .. })));
        // A device that comes back in place of its own leaf has not asked to leave.
        let mut returns = by(bob.clone());
        returns.author = Author::Returning(bob.clone());
        returns.removed = vec![(bob.clone(), bob)];
        assert_eq!(judge(&before, &returns, &|_| false), Ok(()));
    }

    #[test]
    fn a_returning_device_replaces_its_own_leaf_only() {
        let bob = leaf(2, "bob");
        let mut change = by(bob.clone());
        change.author = Author::Returning(bob.clone());
        assert_eq!(judge(&room(), &change, &|_| false), Err(Breach::Uninvited));
        change.removed = vec![(leaf(3, "carol"), bob.clone())];
        assert_eq!(judge(&room(), &change, &|_| false), Err(Breach::RemovesAnother));
        change.removed = vec![(bob.clone(), bob.clone()), (leaf(3, "carol"), bob.clone())];
        assert_eq!(judge(&room(), &change, &|_| false), Err(Breach::RemovesAnother));
        change.removed = vec![(bob.clone(), bob.clone())];
        assert_eq!(judge(&room(), &change, &|_| false), Ok(()));
        // The same name with another key is somebody else.
        change.author = Author::Returning(Leaf { key: [66; 32], ..bob });
        assert_eq!(judge(&room(), &change, &|_| false), Err(Breach::RemovesAnother));
    }

    #[test]
    fn the_policy_is_changed_by_its_owner_within_bounds() {
        let mut change = by(leaf(0, "alice"));
        change.after.roles.insert("bob".parse().unwrap(), Role::Moderator);
        assert_eq!(judge(&room(), &change, &|_| false), Err(Breach::PolicyChange));
        change.policy_by = Some(leaf(1, "mo"));
        assert!(matches!(
            judge(&room(), &change, &|_| false),
            Err(Breach::NotAllowed { what: Deed::Change, .. })
        ));
        change.policy_by = Some(leaf(0, "alice"));
        assert_eq!(judge(&room(), &change, &|_| false), Ok(()));
        change.after.floor = 0;
        assert_eq!(judge(&room(), &change, &|_| false), Err(Breach::PolicyChange));
    }

    #[test]
    fn a_room_that_is_not_empty_has_somebody_who_owns_it() {
        let alice = leaf(0, "alice");
        let mut change = by(leaf(2, "bob"));
        change.removed.push((alice.clone(), alice.clone()));
        assert_eq!(judge(&room(), &change, &|_| false), Err(Breach::NoOwner));
        // Somebody who has gone owns nothing.
        change.author = Author::Member(alice.clone());
        change.removed.clear();
        change.policy_by = Some(alice.clone());
        change.after.roles.remove(&alice.name.account);
        change.after.roles.insert("dora".parse().unwrap(), Role::Owner);
        assert_eq!(judge(&room(), &change, &|_| false), Err(Breach::NoOwner));
        change.after.roles.insert("bob".parse().unwrap(), Role::Owner);
        assert_eq!(judge(&room(), &change, &|_| false), Ok(()));
    }

    #[test]
    fn a_leaf_keeps_its_name_and_key() {
        let mut change = by(leaf(2, "bob"));
        change.renewed = Some(leaf(2, "bob"));
        assert_eq!(judge(&room(), &change, &|_| false), Ok(()));
        change.renewed = Some(leaf(2, "alice"));
        assert_eq!(judge(&room(), &change, &|_| false), Err(Breach::Impostor));
    }

    #[test]
    fn leaves_of_another_organisation_stay_out() {
        let mut change = by(leaf(0, "alice"));
        let mut dora = leaf(9, "dora");
        dora.name.domain = "clinic.example".parse().unwrap();
        change.added.push((dora, leaf(0, "alice")));
        assert_eq!(judge(&room(), &change, &|_| false), Err(Breach::Foreign));
    }
}
