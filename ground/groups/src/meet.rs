//! May those who come into a room meet those who are there? By the charter's barriers, at the number that the room's policy names.
//!
//! Asked beside [`crate::judge`], by the server before it accepts a commit and by every client before it merges one. That the number is
//! in the group context makes the answer the same everywhere, however late a commit is read (`protocol/rooms.md`, *Barriers*).

use std::collections::BTreeSet;

use chancery_transparency::{Apart, Charter, Owner};
use chancery_wire::names::Handle;

use crate::{breach::Breach, change::Change, leaf::Leaf};

impl From<Apart> for Breach {
    fn from(it: Apart) -> Self {
        let ((one, of_one), (other, of_other)) = (it.one, it.other);
        Self::Apart { one, of_one, other, of_other }
    }
}

/// Judges whom a change brings together. `since` is the fewest amendments that it has to go by, where it brings in accounts that were
/// not there.
pub fn meet(
    before: &[Leaf],
    change: &Change,
    (charter, since): (&Charter, u64),
    owner: Owner<'_>,
) -> Result<(), Breach> {
    let (at, there) = (change.after.charter, u64::try_from(charter.number()).unwrap_or(u64::MAX));
    if at > there {
        return Err(Breach::NoCharter { at });
    }
    let were: BTreeSet<&Handle> =
        before.iter().map(|leaf| &leaf.name.account).chain(&change.before.away).collect();
    let come = change.newcomers().map(|leaf| &leaf.name.account);
    let coming: BTreeSet<&Handle> = come.filter(|handle| !were.contains(handle)).collect();
    if coming.is_empty() {
        return Ok(());
    }
    if at < since {
        return Err(Breach::OldCharter { at, known: since });
    }
    let goes = |leaf: &Leaf| change.removed.iter().any(|(gone, _)| gone.index == leaf.index);
    let stay = before.iter().filter(|leaf| !goes(leaf)).map(|leaf| &leaf.name.account);
    let after: BTreeSet<&Handle> = stay.chain(&change.after.away).chain(coming.iter().copied()).collect();
    charter.segments_at(at).apart(coming, after, owner).map_or(Ok(()), |apart| Err(apart.into()))
}

/// The first two in a room who may not meet, as the charter stands: a barrier has come between them since. Nothing is said there until
/// one of them has gone.
pub fn bridged(
    leaves: &[Leaf],
    away: &BTreeSet<Handle>,
    charter: &Charter,
    owner: Owner<'_>,
) -> Result<(), Breach> {
    let there: BTreeSet<&Handle> = leaves.iter().map(|leaf| &leaf.name.account).chain(away).collect();
    let apart = charter.segments().bridged(there.iter().copied(), owner);
    apart.map_or(Ok(()), |apart| Err(apart.into()))
}

#[cfg(test)]
mod tests {
    use chancery_transparency::{Amendment, Change as Amend, Root, Secret, Sign, Trusted, found, verify};
    use chancery_wire::{
        ids::{AmendmentId, DeviceId, Digest, InvitationId},
        names::{Domain, RoleName},
        policy::RoomPolicy,
        time::Instant,
    };
    use sha2::{Digest as _, Sha256};

    use super::*;
    use crate::{change::Author, leaf::example::leaf};

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
            let owner = |it: &Handle| (*it == handle("hana")).then(|| handle("ben"));
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
                        let was = bridged(&room, &[].into(), &house.charter, &owner).is_err();
                        if meet(&room, &change, (&house.charter, since), &owner).is_ok() {
                            came += 1;
                            room.push(leaf(index, name));
                            policy = change.after;
                            // Who comes in bridges nothing that was not bridged.
                            let is = bridged(&room, &[].into(), &house.charter, &owner).is_err();
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
        let judged =
            |house: &House, charter, since| meet(&room, &add(charter), (&house.charter, since), &|_| None);
        assert_eq!(judged(&house, 2, 2), Ok(()));
        assert!(house.barrier(true));
        // What was done before the barrier is read after it as it was then; what is done after it is not.
        assert_eq!(judged(&house, 2, 2), Ok(()));
        assert_eq!(judged(&house, 2, 3), Err(Breach::OldCharter { at: 2, known: 3 }));
        assert!(matches!(judged(&house, 3, 3), Err(Breach::Apart { .. })));
        assert_eq!(judged(&house, 4, 3), Err(Breach::NoCharter { at: 4 }));
        // Further devices of those who are there come and go as before.
        let mut more = change(&room, &policy, 0);
        more.added.push((leaf(7, "ben"), room[0].clone()));
        assert_eq!(meet(&room, &more, (&house.charter, 3), &|_| None), Ok(()));
        // Who is away is there; who goes with the same commit is not.
        let mut away = add(3);
        away.removed.push((room[1].clone(), room[0].clone()));
        assert_eq!(meet(&room, &away, (&house.charter, 3), &|_| None), Ok(()));
        away.after.away.insert(handle("ben"));
        assert!(matches!(meet(&room, &away, (&house.charter, 3), &|_| None), Err(Breach::Apart { .. })));
        // A program is where whoever answers for it is.
        let mut bot = change(&room, &policy, 3);
        bot.added.push((leaf(5, "bot"), room[0].clone()));
        let of_cleo = |it: &Handle| (*it == handle("bot")).then(|| handle("cleo"));
        assert!(matches!(meet(&room, &bot, (&house.charter, 3), &of_cleo), Err(Breach::Apart { .. })));
        assert_eq!(meet(&room, &bot, (&house.charter, 3), &|_| None), Ok(()));
    }
}
