//! Segments and barriers: who may say so, what cannot be, and what it was before.

use super::*;

fn segment(name: &str, add: &[&str], remove: &[&str]) -> Change {
    let handles = |names: &[&str]| names.iter().map(|name| handle(name)).collect();
    Change::Segment { name: role(name), add: handles(add), remove: handles(remove) }
}

fn barrier(one: &str, other: &str, stands: bool) -> Change {
    Change::Barrier { between: (role(one), role(other)), stands }
}

fn meets(house: &House, number: u64, one: &str, other: &str) -> bool {
    let (one, other) = (handle(one), handle(other));
    house.charter.segments_at(number).apart([&one], [&other], &|_| None).is_none()
}

#[test]
fn who_belongs_where_and_who_may_not_meet_is_signed_by_whoever_holds_the_permission() {
    let mut house = House::new();
    assert_eq!(
        house.does("bob", segment("trading", &["bob"], &[])),
        Err(InvalidAmendment::NoRight(handle("bob")))
    );
    house.does("alice", segment("research", &["carol"], &[])).unwrap();
    // Somebody belongs to a segment before there is an account.
    house.does("mo", segment("trading", &["bob", "zoe"], &[])).unwrap();
    house.does("alice", barrier("research", "trading", true)).unwrap();
    assert_eq!(house.charter.separated(), 3);
    for (number, may) in [(0, true), (2, true), (3, false), (9, false)] {
        assert_eq!(meets(&house, number, "carol", "bob"), may, "{number}");
        assert_eq!(meets(&house, number, "zoe", "carol"), may, "{number}");
        assert!(meets(&house, number, "zoe", "bob") && meets(&house, number, "alice", "bob"));
    }
    house.does("alice", barrier("research", "trading", false)).unwrap();
    house.does("alice", assign("bob", "help-desk", None)).unwrap();
    assert_eq!(house.charter.separated(), 4, "other amendments say nothing of it");
    assert!(meets(&house, 4, "carol", "bob") && !meets(&house, 3, "carol", "bob"));
}

#[test]
fn what_cannot_be_is_refused() {
    use InvalidAmendment::{Bounds, ForThemselves, Malformed, Nothing};
    let mut house = House::new();
    house.does("alice", segment("research", &["carol"], &[])).unwrap();
    house.does("alice", segment("trading", &["bob", "mo"], &[])).unwrap();
    house.does("alice", segment("legal", &["mo"], &[])).unwrap();
    house.does("alice", barrier("research", "trading", true)).unwrap();
    let torn = Err(Bounds("somebody would belong to two segments that may not meet"));
    assert_eq!(house.does("alice", segment("trading", &["carol"], &[])), torn);
    assert_eq!(house.does("alice", barrier("legal", "trading", true)), torn);
    for change in [
        segment("trading", &["bob"], &[]),
        segment("trading", &[], &["carol"]),
        segment("trading", &[], &[]),
        barrier("research", "trading", true),
        barrier("legal", "research", false),
        barrier("research", "sales", true),
    ] {
        assert!(matches!(house.does("alice", change.clone()), Err(Nothing(_))), "{change:?}");
    }
    for change in [
        segment("sales", &["zoe", "bob"], &[]),
        segment("sales", &["bob", "bob"], &[]),
        barrier("trading", "research", false),
        barrier("trading", "trading", true),
    ] {
        assert_eq!(house.does("alice", change.clone()), Err(Malformed), "{change:?}");
    }
    // Nobody lets themselves out, nor takes down what stands before them.
    assert_eq!(house.does("mo", segment("trading", &[], &["mo"])), Err(ForThemselves));
    assert_eq!(house.does("mo", barrier("research", "trading", false)), Err(ForThemselves));
    // Nor lets anybody those out whom they may not meet themselves.
    assert_eq!(house.does("mo", segment("research", &[], &["carol"])), Err(ForThemselves));
    house.does("mo", segment("legal", &["zoe"], &[])).unwrap();
}

#[test]
fn what_lets_people_meet_takes_two_persons_and_what_keeps_them_apart_one() {
    let mut house = House::new();
    house.does("alice", assign("mo", "policy-admin", None)).unwrap();
    house.does("alice", Change::TwoPersons { on: true }).unwrap();
    house.does("alice", segment("research", &["carol"], &[])).unwrap();
    house.does("alice", segment("trading", &["bob"], &[])).unwrap();
    house.does("alice", barrier("research", "trading", true)).unwrap();
    for change in [segment("trading", &[], &["bob"]), barrier("research", "trading", false)] {
        let proposed = house.propose("alice", change, AT);
        assert_eq!(house.take(&proposed), Err(InvalidAmendment::TakesAnother));
        house.take(&house.agree(&proposed, "mo")).unwrap();
    }
}

#[test]
fn whoever_answers_for_a_program_is_where_it_is() {
    let mut house = House::new();
    house.does("alice", segment("research", &["carol"], &[])).unwrap();
    house.does("alice", segment("trading", &["bob"], &[])).unwrap();
    house.does("alice", barrier("research", "trading", true)).unwrap();
    let (hr, bob, carol) = (handle("hr"), handle("bob"), handle("carol"));
    let whose =
        |it: &Handle| (*it == hr).then(|| Attended { owner: carol.clone(), guest: None, until: None });
    let segments = house.charter.segments();
    let apart = segments.apart([&hr], [&bob], &whose).unwrap();
    assert_eq!((apart.one, apart.other), ((hr.clone(), role("research")), (bob.clone(), role("trading"))));
    assert_eq!(segments.apart([&hr], [&bob], &|_| None), None);
    // However many answer for each other in a row.
    let bot = handle("bot");
    let row = |it: &Handle| {
        let owner = if *it == bot { &hr } else { &carol };
        (*it == bot || *it == hr).then(|| Attended { owner: owner.clone(), guest: None, until: None })
    };
    assert!(segments.apart([&bot], [&bob], &row).is_some());
    let [one, other] = segments.sides([&hr, &bob, &carol], &whose).remove(0);
    assert_eq!(
        (one, other),
        ((role("research"), vec![carol.clone(), hr.clone()]), (role("trading"), vec![bob]))
    );
}

#[test]
fn a_charter_that_was_checked_and_kept_is_the_same_again() {
    let mut house = House::new();
    let mut kept = Vec::new();
    let does = [
        ("alice", segment("research", &["carol"], &[])),
        ("alice", assign("bob", "help-desk", None)),
        ("mo", withdraw("mo", "device-admin")),
        ("alice", segment("research", &[], &["carol"])),
    ];
    for (by, change) in does {
        kept.push(house.propose(by, change, AT));
        house.take(kept.last().unwrap()).unwrap();
    }
    let mut again = Charter::new(bank(), house.root);
    for amendment in &kept {
        again.take_again(amendment, &mut |whose| house.chains.get(whose).cloned()).unwrap();
    }
    assert_eq!(again, house.charter);
}

#[test]
fn a_guest_is_hosted_on_other_terms_by_whoever_may_invite() {
    use InvalidAmendment::{Bounds, ForThemselves, NoRight, Nothing};
    let mut house = House::new();
    let host = |account: &str, sponsor: &str, rooms: &[u8], until: i64| Change::Host {
        account: handle(account),
        terms: guest(sponsor, rooms, Instant(until)),
    };
    assert_eq!(house.does("bob", host("gina", "bob", &[7], 30_000)), Err(NoRight(handle("bob"))));
    assert_eq!(house.does("gina", host("gina", "bob", &[7], 30_000)), Err(NoRight(handle("gina"))));
    for change in [host("gina", "bob", &[7], 15_000), host("carol", "bob", &[7], 30_000)] {
        assert!(matches!(house.does("alice", change.clone()), Err(Nothing(_))), "{change:?}");
    }
    for change in [
        host("gina", "bob", &[], 30_000),
        host("gina", "bob", &[9, 7], 30_000),
        host("gina", "bob", &[7], 10_000),
        host("gina", "hr", &[7], 30_000),
        host("gina", "gina", &[7], 30_000),
    ] {
        assert!(matches!(house.does("alice", change.clone()), Err(Bounds(_))), "{change:?}");
    }
    house.does("alice", host("gina", "carol", &[7, 9], 30_000)).unwrap();
    let whose = |it: &Handle| house.chains[it].devices[0].attended();
    let gina = handle("gina");
    let owner = |number| house.charter.segments_at(number).attended(&gina, &whose).unwrap().owner;
    assert_eq!((owner(0), owner(1)), (handle("bob"), handle("carol")));
    assert_eq!(house.charter.hosted_on(&gina).map(|it| it.until).collect::<Vec<_>>(), [Instant(30_000)]);
    // A guest holds no role and signs nothing.
    assert!(matches!(house.does("alice", assign("gina", "help-desk", None)), Err(Bounds(_))));
    assert_ne!(house.does("gina", withdraw("gina", "help-desk")), Err(ForThemselves));
    assert!(house.does("gina", withdraw("gina", "help-desk")).is_err());
}
