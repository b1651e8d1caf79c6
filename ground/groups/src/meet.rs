//! May those who come into a room meet those who are there, and guests be there at all? By the charter, at the number that the room's
//! policy names.
//!
//! Asked beside [`crate::judge`], by the server before it accepts a commit and by every client before it merges one. That the number is
//! in the group context makes the answer the same everywhere, however late a commit is read (`protocol/rooms.md`, *Barriers*).

use std::{cell::OnceCell, collections::BTreeSet};

use chancery_transparency::{Apart, Charter, Guest, Whose};
use chancery_wire::{
    ids::RoomId,
    names::Handle,
    policy::{Role, RoomPolicy},
    time::Instant,
};

use crate::{
    breach::Breach,
    change::{Change, Deed},
    leaf::Leaf,
};

impl From<Apart> for Breach {
    fn from(it: Apart) -> Self {
        let ((one, of_one), (other, of_other)) = (it.one, it.other);
        Self::Apart { one, of_one, other, of_other }
    }
}

/// By what it is judged who may meet whom.
#[derive(Clone, Copy)]
#[expect(missing_debug_implementations, reason = "it holds a question that is asked of the caller")]
pub struct Company<'a> {
    /// The room.
    pub room: RoomId,
    /// When the change is made, by the server's clock; where it is made here, by this device's.
    pub at: Instant,
    /// The charter as far as it is known.
    pub charter: &'a Charter,
    /// The fewest amendments that the change has to go by, where it brings in accounts that were not there.
    pub since: u64,
    /// Who answers for whom.
    pub whose: Whose<'a>,
}

/// Judges whom a change brings together, and what guests do.
pub fn meet(before: &[Leaf], change: &Change, by: Company<'_>) -> Result<(), Breach> {
    let (at, there) = (change.after.charter, u64::try_from(by.charter.number()).unwrap_or(u64::MAX));
    if at > there {
        return Err(Breach::NoCharter { at });
    }
    // Only where somebody comes in, or the policy becomes another one, it matters what the charter was.
    let as_of = OnceCell::new();
    let segments = || as_of.get_or_init(|| by.charter.segments_at(at));
    let guest = |handle: &Handle| segments().attended(handle, by.whose).and_then(|it| it.guest);
    guests(change, &guest)?;
    let here: BTreeSet<&Handle> = before.iter().map(|leaf| &leaf.name.account).collect();
    let come = change.newcomers().map(|leaf| &leaf.name.account).filter(|handle| !here.contains(handle));
    let (back, coming): (BTreeSet<&Handle>, BTreeSet<&Handle>) =
        come.partition(|handle| change.before.away.contains(*handle));
    // Whoever was away comes back, a guest only to where they still may be.
    let back = back.into_iter().filter(|who| guest(who).is_some());
    let judged: BTreeSet<&Handle> = coming.iter().copied().chain(back).collect();
    if judged.is_empty() {
        return Ok(());
    }
    if at < by.since {
        return Err(Breach::OldCharter { at, known: by.since });
    }
    for who in judged {
        if guest(who).is_some_and(|terms| !terms.rooms.contains(&by.room) || terms.until <= by.at) {
            return Err(Breach::GuestElsewhere { who: who.clone() });
        }
        // A role that was given to the name before is none of a guest's.
        if change.after.role(who) > Role::Member && guest(who).is_some() {
            return Err(Breach::NotAllowed { who: who.clone(), what: Deed::Change });
        }
    }
    for (leaf, by) in &change.added {
        let who = &by.name.account;
        if coming.contains(&leaf.name.account) && guest(who).is_some() {
            return Err(Breach::NotAllowed { who: who.clone(), what: Deed::Add });
        }
    }
    if coming.is_empty() {
        return Ok(());
    }
    let goes = |leaf: &Leaf| change.removed.iter().any(|(gone, _)| gone.index == leaf.index);
    let stay = before.iter().filter(|leaf| !goes(leaf)).map(|leaf| &leaf.name.account);
    let after: BTreeSet<&Handle> = stay.chain(&change.after.away).chain(coming.iter().copied()).collect();
    segments().apart(coming, after, by.whose).map_or(Ok(()), |apart| Err(apart.into()))
}

/// A guest says nothing about the room, and stands above nobody.
fn guests(change: &Change, guest: &dyn Fn(&Handle) -> Option<Guest>) -> Result<(), Breach> {
    let (before, after) = (&change.before, &change.after);
    let same = RoomPolicy { away: after.away.clone(), charter: after.charter, ..before.clone() };
    if *after == same {
        return Ok(());
    }
    let refused = |who: &Handle| Breach::NotAllowed { who: who.clone(), what: Deed::Change };
    let by = change.policy_by.as_ref().map(|by| &by.name.account);
    if let Some(who) = by.filter(|who| guest(who).is_some()) {
        return Err(refused(who));
    }
    let raised = |who: &&Handle| after.role(who) > before.role(who) && guest(who).is_some();
    after.roles.keys().find(raised).map_or(Ok(()), |who| Err(refused(who)))
}

/// The first two in a room who may not meet, as the charter stands: a barrier has come between them since. Nothing is said there until
/// one of them has gone.
pub fn bridged(
    leaves: &[Leaf],
    away: &BTreeSet<Handle>,
    charter: &Charter,
    whose: Whose<'_>,
) -> Result<(), Breach> {
    let there: BTreeSet<&Handle> = leaves.iter().map(|leaf| &leaf.name.account).chain(away).collect();
    let apart = charter.segments().bridged(there.iter().copied(), whose);
    apart.map_or(Ok(()), |apart| Err(apart.into()))
}

#[cfg(test)]
mod tests {
    use chancery_transparency::{
        Amendment, Attended, Change as Amend, Root, Secret, Sign, Trusted, found, verify,
    };
    use chancery_wire::{
        ids::{AmendmentId, DeviceId, Digest, InvitationId},
        names::{Domain, RoleName},
    };
    use sha2::{Digest as _, Sha256};

    use super::*;
    use crate::{change::Author, leaf::example::leaf};

    const ROOM: RoomId = RoomId([7; 16]);
    const NAMES: [&str; 8] = ["alice", "ben", "cleo", "dan", "eva", "finn", "gil", "hana"];

    fn handle(name: &str) -> Handle {
        name.parse().unwrap()
    }

    fn segment(name: &str) -> RoleName {
        name.parse().unwrap()
    }

    /// An organisation whose founder says who may meet whom.
    struct House {
        chain: Trusted,
        charter: Charter,
    }

    impl House {
        fn key() -> impl Sign {
            Secret([1; 16]).derive_key(InvitationId([1; 16]))
        }

        fn new() -> Self {
            let domain: Domain = "bank.example".parse().unwrap();
            let (founder, at) = (handle("zoe"), Instant(1));
            let entry = found(domain.clone(), founder.clone(), DeviceId([1; 16]), at, &Self::key());
            let root = Root(Digest(Sha256::digest(&entry).into()));
            let chain = verify(&[entry], &founder, &domain, root, |_| None).unwrap();
            Self { chain, charter: Charter::new(domain, root) }
        }

        /// Whether the amendment is taken in.
        fn amends(&mut self, change: Amend) -> bool {
            let mut id = [0; 16];
            id[..8].copy_from_slice(&(self.charter.number() as u64 + 1).to_be_bytes());
            let own = (&self.chain, DeviceId([1; 16]), &Self::key() as &dyn Sign);
            let agreed =
                Amendment::propose(&self.charter, own, (AmendmentId(id), change), Instant(1)).unwrap();
            let chain = self.chain.clone();
            self.charter.take(&agreed, &mut |_| Some(chain.clone())).is_ok()
        }

        fn moves(&mut self, name: &str, into: &str, comes: bool) -> bool {
            let (mut add, mut remove) = (vec![], vec![]);
            if comes { &mut add } else { &mut remove }.push(handle(name));
            self.amends(Amend::Segment { name: segment(into), add, remove })
        }

        fn barrier(&mut self, stands: bool) -> bool {
            self.amends(Amend::Barrier { between: (segment("research"), segment("trading")), stands })
        }
    }

    fn judged(
        house: &House,
        room: &[Leaf],
        change: &Change,
        since: u64,
        whose: Whose<'_>,
    ) -> Result<(), Breach> {
        let (at, charter) = (Instant(100), &house.charter);
        meet(room, change, Company { room: ROOM, at, charter, since, whose })
    }

    /// A room of accounts with one device each; the first one adds and removes.
    fn change(room: &[Leaf], policy: &RoomPolicy, charter: u64) -> Change {
        let before = policy.clone();
        let after = RoomPolicy { charter, ..before.clone() };
        let (author, added, removed) = (Author::Member(room[0].clone()), vec![], vec![]);
        Change { author, added, removed, renewed: None, before, after, policy_by: None }
    }

    #[test]
    fn no_two_between_whom_a_barrier_stands_come_together_whatever_happens() {
        let mut seed = 0x2545_f491_4f6c_dd1d_u64;
        let mut draw = |most: usize| {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            usize::try_from(seed % most as u64).unwrap()
        };
        let (mut refused, mut came) = (0, 0);
        for _ in 0..40 {
            let mut house = House::new();
            // Hana is a program, and whoever answers for it changes nothing that it may do.
            let whose = |it: &Handle| {
                (*it == handle("hana")).then(|| Attended { owner: handle("ben"), guest: None, until: None })
            };
            let mut room = vec![leaf(0, "alice")];
            let mut policy = RoomPolicy::founded_by(handle("alice"));
            for step in 0..120 {
                let name = NAMES[1 + draw(NAMES.len() - 1)];
                match draw(10) {
                    0 => drop(house.moves(name, ["research", "trading"][draw(2)], draw(2) == 0)),
                    1 => drop(house.barrier(draw(3) > 0)),
                    2 if room.len() > 1 => drop(room.remove(1 + draw(room.len() - 1))),
                    _ if room.iter().all(|it| it.name.account != handle(name)) => {
                        let index = u8::try_from(step + 1).unwrap();
                        let since = house.charter.separated();
                        let mut change = change(&room, &policy, since);
                        change.added.push((leaf(index, name), room[0].clone()));
                        let was = bridged(&room, &[].into(), &house.charter, &whose).is_err();
                        if judged(&house, &room, &change, since, &whose).is_ok() {
                            came += 1;
                            room.push(leaf(index, name));
                            policy = change.after;
                            // Who comes in bridges nothing that was not bridged.
                            let is = bridged(&room, &[].into(), &house.charter, &whose).is_err();
                            assert!(was || !is, "{room:?}");
                        } else {
                            refused += 1;
                        }
                    }
                    _ => {}
                }
            }
        }
        assert!(came > 200 && refused > 50, "{came} came in, {refused} did not");
    }

    #[test]
    fn a_change_is_judged_by_the_charter_it_names_and_by_no_older_one() {
        let mut house = House::new();
        assert!(house.moves("ben", "research", true) && house.moves("cleo", "trading", true));
        let (room, policy) =
            (vec![leaf(0, "alice"), leaf(1, "ben")], RoomPolicy::founded_by(handle("alice")));
        let add = |charter| {
            let mut change = change(&room, &policy, charter);
            change.added.push((leaf(2, "cleo"), room[0].clone()));
            change
        };
        let adds = |house: &House, charter, since| judged(house, &room, &add(charter), since, &|_| None);
        assert_eq!(adds(&house, 2, 2), Ok(()));
        assert!(house.barrier(true));
        // What was done before the barrier is read after it as it was then; what is done after it is not.
        assert_eq!(adds(&house, 2, 2), Ok(()));
        assert_eq!(adds(&house, 2, 3), Err(Breach::OldCharter { at: 2, known: 3 }));
        assert!(matches!(adds(&house, 3, 3), Err(Breach::Apart { .. })));
        assert_eq!(adds(&house, 4, 3), Err(Breach::NoCharter { at: 4 }));
        // Further devices of those who are there come and go as before.
        let mut more = change(&room, &policy, 0);
        more.added.push((leaf(7, "ben"), room[0].clone()));
        assert_eq!(judged(&house, &room, &more, 3, &|_| None), Ok(()));
        // Who is away is there; who goes with the same commit is not.
        let mut away = add(3);
        away.removed.push((room[1].clone(), room[0].clone()));
        assert_eq!(judged(&house, &room, &away, 3, &|_| None), Ok(()));
        away.after.away.insert(handle("ben"));
        assert!(matches!(judged(&house, &room, &away, 3, &|_| None), Err(Breach::Apart { .. })));
        // A program is where whoever answers for it is.
        let mut bot = change(&room, &policy, 3);
        bot.added.push((leaf(5, "bot"), room[0].clone()));
        let of_cleo = |it: &Handle| {
            (*it == handle("bot")).then(|| Attended { owner: handle("cleo"), guest: None, until: None })
        };
        assert!(matches!(judged(&house, &room, &bot, 3, &of_cleo), Err(Breach::Apart { .. })));
        assert_eq!(judged(&house, &room, &bot, 3, &|_| None), Ok(()));
    }

    #[test]
    fn a_guest_comes_into_the_rooms_that_were_named_for_a_while_and_says_nothing_about_them() {
        let house = House::new();
        let room = vec![leaf(0, "alice"), leaf(1, "gina")];
        let policy = RoomPolicy { may_add: Role::Member, ..RoomPolicy::founded_by(handle("alice")) };
        let guest = |rooms: u8, until| {
            let guest =
                Guest { sponsor: handle("alice"), rooms: vec![RoomId([rooms; 16])], until: Instant(until) };
            move |it: &Handle| {
                let attended = Attended {
                    owner: guest.sponsor.clone(),
                    guest: Some(guest.clone()),
                    until: Some(guest.until),
                };
                (it.as_str() == "gina").then_some(attended)
            }
        };
        let mut comes = change(&room[..1], &policy, 0);
        comes.added.push((leaf(1, "gina"), room[0].clone()));
        assert_eq!(judged(&house, &room[..1], &comes, 0, &guest(7, 101)), Ok(()));
        let elsewhere = Err(Breach::GuestElsewhere { who: handle("gina") });
        assert_eq!(judged(&house, &room[..1], &comes, 0, &guest(8, 101)), elsewhere);
        assert_eq!(judged(&house, &room[..1], &comes, 0, &guest(7, 100)), elsewhere);
        // Nor do they come back to where they may not be any more, nor with a role that their name had before.
        let mut back = comes.clone();
        back.before.away.insert(handle("gina"));
        assert_eq!(judged(&house, &room[..1], &back, 0, &guest(7, 101)), Ok(()));
        assert_eq!(judged(&house, &room[..1], &back, 0, &guest(8, 101)), elsewhere);
        let mut owns = comes.clone();
        for policy in [&mut owns.before, &mut owns.after] {
            policy.roles.insert(handle("gina"), Role::Owner);
        }
        let refused = judged(&house, &room[..1], &owns, 0, &guest(7, 101));
        assert_eq!(refused, Err(Breach::NotAllowed { who: handle("gina"), what: Deed::Change }));
        // Once there, a guest brings nobody, also where everybody may, and changes nothing; but for further devices of those who are there.
        let mut brings = change(&room, &policy, 0);
        brings.author = Author::Member(room[1].clone());
        brings.added.push((leaf(2, "ben"), room[1].clone()));
        let refused = judged(&house, &room, &brings, 0, &guest(7, 101));
        assert_eq!(refused, Err(Breach::NotAllowed { who: handle("gina"), what: Deed::Add }));
        brings.added = vec![(leaf(3, "alice"), room[1].clone())];
        assert_eq!(judged(&house, &room, &brings, 0, &guest(7, 101)), Ok(()));
        let mut changes = change(&room, &policy, 0);
        changes.after.receipts = true;
        changes.policy_by = Some(room[1].clone());
        let refused = Err(Breach::NotAllowed { who: handle("gina"), what: Deed::Change });
        assert_eq!(judged(&house, &room, &changes, 0, &guest(7, 101)), refused);
        // Nor is a guest set above others.
        changes.policy_by = Some(room[0].clone());
        assert_eq!(judged(&house, &room, &changes, 0, &guest(7, 101)), Ok(()));
        changes.after.roles.insert(handle("gina"), Role::Moderator);
        assert_eq!(judged(&house, &room, &changes, 0, &guest(7, 101)), refused);
        assert_eq!(judged(&house, &room, &changes, 0, &|_| None), Ok(()));
    }
}
