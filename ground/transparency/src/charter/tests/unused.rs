//! What nobody uses is found, and what somebody uses is never proposed to go.

use super::*;

/// An organisation of so many people, whose charter is made without signatures: who may amend it is another test's affair.
struct Generated {
    charter: Charter,
    used: BTreeMap<Handle, BTreeSet<Permission>>,
    /// Roles that were given beside those that are used, and of which nothing is used.
    planted: BTreeSet<(Handle, RoleName)>,
}

fn generate(people: u64) -> Generated {
    let mut house = House::new();
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut draw = |most: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % most as u64).unwrap()
    };
    let (mut used, mut planted) = (BTreeMap::new(), BTreeSet::new());
    for number in 0..people {
        let who = handle(&format!("p{number}"));
        let roles: Vec<&BuiltIn> = (0..=draw(3)).map(|_| &BuiltIn::ALL[draw(BuiltIn::ALL.len())]).collect();
        let mut all: BTreeSet<Permission> = BTreeSet::new();
        let mine: &mut BTreeSet<Permission> = used.entry(who.clone()).or_default();
        let mut over = Vec::new();
        for it in roles {
            let fits: BTreeSet<Permission> = all.iter().chain(it.permissions).copied().collect();
            if Conflict::within(&fits).is_some() {
                continue;
            }
            all = fits;
            let until = None;
            house.charter.change(&Amendment {
                domain: bank(),
                id: AmendmentId([0; 16]),
                base: house.charter.head(),
                at: AT,
                by: handle("alice"),
                change: Change::Assign { account: who.clone(), role: role(it.name), until },
            });
            // A third of the roles is never used.
            if draw(3) == 0 {
                over.push(it);
            } else {
                let some = it.permissions.iter().filter(|_| draw(3) > 0);
                mine.extend(some);
                mine.insert(it.permissions[0]);
            }
        }
        // What another role of the same person is used for is no over-grant.
        let unused = over.into_iter().filter(|it| it.permissions.iter().all(|it| !mine.contains(it)));
        planted.extend(unused.map(|it| (who.clone(), role(it.name))));
    }
    Generated { charter: house.charter, used, planted }
}

#[test]
fn in_an_organisation_of_a_thousand_people_all_that_is_unused_is_found_and_nothing_that_is_used() {
    let it = generate(1_000);
    let (since, now) = (Instant(AT.0 + 1), Instant(AT.0 + HOUR));
    let (mut found, mut narrowed) = (BTreeSet::new(), 0);
    for (who, used) in &it.used {
        let before = it.charter.permissions(who, Standing::Other, now);
        let (mut left, unused) =
            (it.charter.clone(), it.charter.unused((who, Standing::Other), used, (since, now)));
        for one in unused {
            assert!(one.permissions.iter().all(|it| !used.contains(it)), "{one:?} was used");
            if one.whole {
                left.change(&Amendment {
                    domain: bank(),
                    id: AmendmentId([1; 16]),
                    base: left.head(),
                    at: now,
                    by: handle("alice"),
                    change: Change::Withdraw { account: who.clone(), role: one.role.clone() },
                });
                found.insert((who.clone(), one.role));
            } else {
                narrowed += 1;
            }
        }
        // Everything that was used is still permitted when all of it is carried out.
        let after = left.permissions(who, Standing::Other, now);
        assert!(used.iter().all(|it| after.contains(it)), "{who} would miss something");
        assert!(after.is_subset(&before));
    }
    let recalled = it.planted.iter().filter(|it| found.contains(*it)).count();
    assert!(it.planted.len() > 300, "{} are too few", it.planted.len());
    assert!(recalled * 100 >= it.planted.len() * 95, "{recalled} of {} were found", it.planted.len());
    assert!(narrowed > 100);
}

#[test]
fn what_is_new_runs_out_or_is_needed_is_left_alone() {
    let mut house = House::new();
    house.does("alice", assign("bob", "help-desk", None)).unwrap();
    house.does("alice", assign("carol", "break-glass-holder", None)).unwrap();
    let permissions = vec![Permission::SeeSuspended, Permission::SeeWaiting];
    house.does("alice", Change::Define { role: role("desk"), permissions }).unwrap();
    house.does("alice", assign("carol", "desk", None)).unwrap();
    let whole = |house: &House, who: &str, used: &[Permission], since| -> Vec<(RoleName, bool)> {
        let standing = Standing::of(&house.chains[&handle(who)].devices[0]);
        let (used, now) = (used.iter().copied().collect(), Instant(AT.0 + HOUR));
        let all = house.charter.unused((&handle(who), standing), &used, (since, now));
        all.into_iter().map(|it| (it.role, it.whole)).collect()
    };
    let (before, since) = (Instant(AT.0 - 1), AT);
    assert_eq!(whole(&house, "bob", &[], since), [(role("help-desk"), true)]);
    assert_eq!(whole(&house, "bob", &[], before), [], "it is not long enough that he holds it");
    assert_eq!(whole(&house, "bob", &[Permission::ListSessions], since), [(role("help-desk"), false)]);
    assert_eq!(whole(&house, "bob", &[Permission::ListSessions, Permission::SeeSuspended], since), []);
    // One of two roles that give the same is enough; what an own role became lately is not judged.
    house.does("alice", assign("bob", "soc-analyst", None)).unwrap();
    let used = [Permission::ListSessions, Permission::SeeSuspended];
    assert_eq!(whole(&house, "bob", &used, since), [(role("soc-analyst"), true)]);
    assert_eq!(whole(&house, "carol", &[], before), []);
    // An emergency ends by itself.
    let until = Instant(AT.0 + 2 * HOUR);
    let glass = Change::BreakGlass { role: role("help-desk"), until, reason: "nobody is there".to_owned() };
    house.does("carol", glass).unwrap();
    let roles: Vec<RoleName> = whole(&house, "carol", &[], since).into_iter().map(|(it, _)| it).collect();
    assert_eq!(roles, [role("break-glass-holder"), role("desk")]);
    // Officers hold what they have not given up, and the founder is to be able to begin anew.
    let roles = |who| whole(&house, who, &[], since).into_iter().map(|(it, _)| it).collect::<Vec<_>>();
    assert_eq!(roles("mo"), [role("device-admin"), role("identity-admin"), role("policy-admin")]);
    assert_eq!(roles("alice"), [role("device-admin"), role("identity-admin")]);
}
