//! What the charter takes in, and every way in which it does not.

use chancery_wire::ids::{AmendmentId, DeviceId, RoomId};
use ed25519_dalek::SigningKey;

use super::{amendment::parts, *};
use crate::{
    Invitation, Secret, Trusted,
    chain::{cbor, verify},
    found,
    invitation::{Bot, Guest},
    join,
    signed::Sign,
};

mod segments;
mod unused;

const AT: Instant = Instant(10_000);
const HOUR: i64 = 3_600_000;

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn bank() -> Domain {
    "bank.example".parse().unwrap()
}

fn handle(name: &str) -> Handle {
    name.parse().unwrap()
}

fn role(name: &str) -> RoleName {
    name.parse().unwrap()
}

/// An organisation: Alice and Mo are officers, Bob and Carol are not, and hr is a program.
struct House {
    root: Root,
    chains: BTreeMap<Handle, Trusted>,
    charter: Charter,
    next: u8,
}

impl House {
    fn new() -> Self {
        let entry = found(bank(), handle("alice"), DeviceId([1; 16]), AT, &key(1));
        let root = Root(Digest(Sha256::digest(&entry).into()));
        let alice = verify(&[entry], &handle("alice"), &bank(), root, |_| None).unwrap();
        let charter = Charter::new(bank(), root);
        let mut house = Self { root, chains: BTreeMap::from([(handle("alice"), alice)]), charter, next: 1 };
        for (name, seed) in [("mo", 2), ("bob", 3), ("carol", 4), ("hr", 5), ("gina", 6)] {
            house.joins(name, seed);
        }
        house
    }

    fn joins(&mut self, name: &str, seed: u8) {
        let (id, secret) = (chancery_wire::ids::InvitationId([seed; 16]), Secret([seed; 16]));
        let bot = Bot {
            owner: handle("alice"),
            purpose: "says who works here".to_owned(),
            scope: None,
            until: None,
        };
        let invitation = Invitation {
            id,
            domain: bank(),
            handle: handle(name),
            officer: name == "mo",
            until: Instant(20_000),
            key: secret.derive_key(id).public(),
            by: handle("alice"),
            device: DeviceId([1; 16]),
            chain: self.root.0,
            bot: (name == "hr").then_some(bot),
            guest: (name == "gina").then(|| guest("bob", &[7], Instant(15_000))),
        };
        let entry = join(&invitation.sign(&key(1)), &secret, DeviceId([seed; 16]), AT, &key(seed)).unwrap();
        let alice = self.chains[&handle("alice")].clone();
        let chain = verify(&[entry], &handle(name), &bank(), self.root, |_| Some(alice.clone())).unwrap();
        self.chains.insert(handle(name), chain);
    }

    fn seed(name: &str) -> u8 {
        ["alice", "mo", "bob", "carol", "hr", "gina"].iter().zip(1..).find(|(it, _)| **it == name).unwrap().1
    }

    fn propose(&mut self, by: &str, change: Change, at: Instant) -> Vec<u8> {
        self.next += 1;
        let (seed, id) = (Self::seed(by), AmendmentId([self.next; 16]));
        let own = &self.chains[&handle(by)];
        Amendment::propose(&self.charter, (own, DeviceId([seed; 16]), &key(seed)), (id, change), at).unwrap()
    }

    fn agree(&self, agreed: &[u8], by: &str) -> Vec<u8> {
        let seed = Self::seed(by);
        Amendment::agree(agreed, (&self.chains[&handle(by)], DeviceId([seed; 16]), &key(seed))).unwrap()
    }

    fn take(&mut self, agreed: &[u8]) -> Result<(), InvalidAmendment> {
        let chains = self.chains.clone();
        self.charter.take(agreed, &mut |whose| chains.get(whose).cloned()).map(drop)
    }

    fn does(&mut self, by: &str, change: Change) -> Result<(), InvalidAmendment> {
        let agreed = self.propose(by, change, AT);
        self.take(&agreed)
    }

    fn may(&self, name: &str, at: Instant) -> BTreeSet<Permission> {
        let standing = Standing::of(&self.chains[&handle(name)].devices[0]);
        self.charter.permissions(&handle(name), standing, at)
    }
}

fn guest(sponsor: &str, rooms: &[u8], until: Instant) -> Guest {
    let rooms = rooms.iter().map(|room| RoomId([*room; 16])).collect();
    Guest { sponsor: handle(sponsor), rooms, until }
}

fn assign(account: &str, of: &str, until: Option<Instant>) -> Change {
    Change::Assign { account: handle(account), role: role(of), until }
}

fn withdraw(account: &str, of: &str) -> Change {
    Change::Withdraw { account: handle(account), role: role(of) }
}

fn define(name: &str, permissions: &[Permission]) -> Change {
    Change::Define { role: role(name), permissions: permissions.to_vec() }
}

#[test]
fn officers_hold_what_they_have_not_given_up_and_others_what_was_assigned() {
    let mut house = House::new();
    assert!(house.may("mo", AT).contains(&Permission::Amend));
    assert_eq!(house.may("bob", AT), BTreeSet::new());
    house.does("mo", assign("bob", "help-desk", Some(Instant(AT.0 + HOUR)))).unwrap();
    assert!(house.may("bob", AT).contains(&Permission::ListSessions));
    assert!(!house.may("bob", Instant(AT.0 + HOUR)).contains(&Permission::ListSessions), "its time is over");
    house.does("mo", withdraw("mo", "policy-admin")).unwrap();
    assert!(!house.may("mo", AT).contains(&Permission::Amend));
    let again = house.does("mo", assign("carol", "help-desk", None));
    assert_eq!(again, Err(InvalidAmendment::NoRight(handle("mo"))));
    // What was given up comes back only for as long as it is assigned.
    house.does("alice", assign("mo", "policy-admin", Some(Instant(AT.0 + HOUR)))).unwrap();
    assert!(house.may("mo", AT).contains(&Permission::Amend));
    assert!(!house.may("mo", Instant(AT.0 + HOUR)).contains(&Permission::Amend));
}

#[test]
fn a_role_of_ones_own_permits_what_it_says_and_goes_with_all_who_hold_it() {
    let mut house = House::new();
    house.does("alice", define("night-shift", &[Permission::SeeSuspended, Permission::EndSessions])).unwrap();
    house.does("alice", assign("bob", "night-shift", None)).unwrap();
    assert_eq!(house.may("bob", AT), BTreeSet::from([Permission::SeeSuspended, Permission::EndSessions]));
    house.does("alice", define("night-shift", &[])).unwrap();
    assert_eq!(house.may("bob", AT), BTreeSet::new());
    let built_in = house.does("alice", define("auditor", &[Permission::Amend]));
    assert!(matches!(built_in, Err(InvalidAmendment::Bounds(_))), "{built_in:?}");
    let unsorted = house.does("alice", define("x", &[Permission::EndSessions, Permission::SeeSuspended]));
    assert_eq!(unsorted, Err(InvalidAmendment::Malformed));
}

#[test]
fn nobody_without_the_right_amends_and_nobody_for_themselves() {
    let mut house = House::new();
    let by_bob = house.does("bob", assign("carol", "help-desk", None));
    assert_eq!(by_bob, Err(InvalidAmendment::NoRight(handle("bob"))));
    assert_eq!(
        house.does("hr", assign("bob", "help-desk", None)),
        Err(InvalidAmendment::NoRight(handle("hr")))
    );
    assert_eq!(house.does("mo", assign("mo", "security-admin", None)), Err(InvalidAmendment::ForThemselves));
    assert!(matches!(house.does("mo", assign("hr", "help-desk", None)), Err(InvalidAmendment::Bounds(_))));
    // Nor by making a role larger that one holds.
    house.does("alice", define("own", &[Permission::SeeSuspended])).unwrap();
    house.does("alice", assign("mo", "own", None)).unwrap();
    let larger = define("own", &[Permission::SeeSuspended, Permission::ListSessions]);
    assert_eq!(house.does("mo", larger.clone()), Err(InvalidAmendment::ForThemselves));
    house.does("alice", larger).unwrap();
}

#[test]
fn what_must_not_meet_in_one_person_does_not() {
    let mut house = House::new();
    let conflict = |it: Result<(), InvalidAmendment>| matches!(it, Err(InvalidAmendment::Conflict(_)));
    assert!(conflict(house.does("alice", assign("mo", "auditor", None))), "an officer administers");
    house.does("alice", assign("bob", "auditor", None)).unwrap();
    assert!(conflict(house.does("alice", assign("bob", "security-admin", None))));
    assert!(conflict(house.does("alice", assign("bob", "break-glass-holder", None))));
    // Nor by way of a role that is made so, or is made larger afterwards.
    assert!(conflict(house.does("alice", define("both", &[Permission::ReadJournal, Permission::Amend]))));
    house.does("alice", define("later", &[Permission::SeeSuspended])).unwrap();
    house.does("alice", assign("bob", "later", None)).unwrap();
    let larger = define("later", &[Permission::SeeSuspended, Permission::EndSessions]);
    assert!(conflict(house.does("alice", larger)));
    // Whoever has given up what officers hold may become an auditor.
    for given_up in ["identity-admin", "device-admin", "policy-admin"] {
        house.does("mo", withdraw("mo", given_up)).unwrap();
    }
    house.does("alice", assign("mo", "auditor", None)).unwrap();
}

#[test]
fn where_two_persons_are_wanted_one_gives_nothing() {
    let mut house = House::new();
    house.does("alice", Change::TwoPersons { on: true }).unwrap();
    // One who invites an officer has made no second person.
    let alone = house.propose("alice", assign("bob", "help-desk", None), AT);
    let by_mo = house.agree(&alone, "mo");
    assert_eq!(house.take(&by_mo), Err(InvalidAmendment::NoRight(handle("mo"))));
    let mut house = House::new();
    house.does("alice", assign("mo", "policy-admin", None)).unwrap();
    house.does("alice", Change::TwoPersons { on: true }).unwrap();
    let alone = house.propose("alice", assign("bob", "help-desk", None), AT);
    assert_eq!(house.take(&alone), Err(InvalidAmendment::TakesAnother));
    let twice = house.agree(&alone, "alice");
    assert_eq!(house.take(&twice), Err(InvalidAmendment::Signature), "the same person again is no other");
    let by_bob = house.agree(&alone, "bob");
    assert_eq!(house.take(&by_bob), Err(InvalidAmendment::NoRight(handle("bob"))));
    for change in [Change::TwoPersons { on: false }, define("x", &[Permission::Review])] {
        assert_eq!(house.does("mo", change), Err(InvalidAmendment::TakesAnother));
    }
    let both = house.agree(&alone, "mo");
    house.take(&both).unwrap();
    assert!(house.may("bob", AT).contains(&Permission::ListSessions));
    assert_eq!(house.take(&both), Err(InvalidAmendment::Twice));
    // Whom it is about is not the other one: nobody approves what they get.
    let for_mo = house.propose("alice", assign("mo", "security-admin", None), AT);
    let for_mo = house.agree(&for_mo, "mo");
    assert_eq!(house.take(&for_mo), Err(InvalidAmendment::ForThemselves));
    // What takes away is done at once.
    house.does("mo", withdraw("bob", "help-desk")).unwrap();
}

#[test]
fn what_was_approved_is_what_is_done() {
    let mut house = House::new();
    house.does("alice", assign("mo", "policy-admin", None)).unwrap();
    house.does("alice", Change::TwoPersons { on: true }).unwrap();
    let a = house.propose("alice", assign("bob", "help-desk", None), AT);
    let b = house.propose("alice", assign("bob", "security-admin", None), AT);
    let (mut approved, other) = (parts(&house.agree(&a, "mo")).unwrap(), parts(&b).unwrap());
    approved.body = other.body;
    assert_eq!(house.take(&cbor(&approved)), Err(InvalidAmendment::Signature));
    // Nor in another organisation, or upon another charter.
    let mut elsewhere = House::new();
    elsewhere.charter = Charter::new(bank(), Root(Digest([7; 32])));
    assert_eq!(elsewhere.take(&a), Err(InvalidAmendment::OtherBase));
    elsewhere.charter = Charter::new("other.example".parse().unwrap(), house.root);
    assert_eq!(elsewhere.take(&a), Err(InvalidAmendment::SomebodyElse));
}

#[test]
fn a_proposal_waits_while_others_are_made_and_not_for_ever() {
    let mut house = House::new();
    let waits = house.propose("alice", assign("bob", "help-desk", None), AT);
    for n in 0..=255_u8 {
        let rule = format!("forbid (principal is Account, action, resource) when {{ {n} == 0 }};");
        let change = Change::Rule { name: role("changes"), cedar: Some(rule) };
        let id = AmendmentId(std::array::from_fn(|at| if at == 0 { 0xff } else { n }));
        let own = house.chains[&handle("alice")].clone();
        let agreed = Amendment::propose(&house.charter, (&own, DeviceId([1; 16]), &key(1)), (id, change), AT);
        house.take(&agreed.unwrap()).unwrap();
    }
    let mut later = house.charter.clone();
    later.take(&waits, &mut |whose| house.chains.get(whose).cloned()).unwrap();
    house.does("alice", Change::TwoPersons { on: true }).unwrap();
    assert_eq!(house.take(&waits), Err(InvalidAmendment::OtherBase));
}

#[test]
fn an_emergency_is_short_and_is_reviewed_by_somebody_else() {
    let mut house = House::new();
    let breaks = |lasts: i64| Change::BreakGlass {
        role: role("security-admin"),
        until: Instant(AT.0 + lasts),
        reason: "nobody else is awake".to_owned(),
    };
    assert_eq!(house.does("bob", breaks(HOUR)), Err(InvalidAmendment::NoRight(handle("bob"))));
    house.does("alice", assign("bob", "break-glass-holder", None)).unwrap();
    house.does("alice", assign("carol", "privacy-officer", None)).unwrap();
    house.does("alice", Change::TwoPersons { on: true }).unwrap();
    for lasts in [0, 4 * HOUR + 1, i64::MAX - AT.0] {
        assert!(matches!(house.does("bob", breaks(lasts)), Err(InvalidAmendment::Bounds(_))));
    }
    house.does("bob", breaks(HOUR)).unwrap();
    assert!(house.may("bob", AT).contains(&Permission::EndSessions));
    assert!(!house.may("bob", Instant(AT.0 + HOUR)).contains(&Permission::EndSessions));
    let of = house.charter.emergencies()[0].id;
    let review = Change::Review { of, finding: "it was so".to_owned() };
    assert!(
        matches!(house.does("bob", breaks(HOUR)), Err(InvalidAmendment::Bounds(_))),
        "not before a review"
    );
    assert_eq!(house.does("bob", review.clone()), Err(InvalidAmendment::NoRight(handle("bob"))));
    house.does("carol", review.clone()).unwrap();
    assert!(matches!(house.does("carol", review), Err(InvalidAmendment::Nothing(_))));
    house.does("bob", breaks(HOUR)).unwrap();
    // It ends at once when somebody takes it away.
    house.does("alice", withdraw("bob", "security-admin")).unwrap();
    assert!(!house.may("bob", AT).contains(&Permission::EndSessions));
}

#[test]
fn an_emergency_is_no_way_around_what_must_not_meet_and_makes_nothing_lasting() {
    let mut house = House::new();
    let breaks = |name: &str, at: Instant| Change::BreakGlass {
        role: role(name),
        until: Instant(at.0 + HOUR),
        reason: "nobody else is awake".to_owned(),
    };
    house.does("alice", assign("bob", "break-glass-holder", None)).unwrap();
    house.does("alice", define("tiny", &[Permission::ListSessions])).unwrap();
    for lasting in ["policy-admin", "privacy-officer", "break-glass-holder"] {
        let refused = house.does("bob", breaks(lasting, AT));
        assert!(matches!(refused, Err(InvalidAmendment::Bounds(_))), "{lasting}: {refused:?}");
    }
    house.does("bob", breaks("tiny", AT)).unwrap();
    // The role is not made larger into a conflict while somebody holds it so, nor by whoever does.
    let refused = house.does("alice", define("tiny", &[Permission::ReadJournal, Permission::ListSessions]));
    assert!(matches!(refused, Err(InvalidAmendment::Conflict(_))), "{refused:?}");
    house.does("alice", assign("bob", "policy-admin", None)).unwrap();
    let larger = define("tiny", &[Permission::ResetPasskeys, Permission::ListSessions]);
    assert_eq!(house.does("bob", larger), Err(InvalidAmendment::ForThemselves));
    house.does("alice", define("tiny", &[])).unwrap();
    house.does("alice", define("tiny", &[Permission::EndSessions])).unwrap();
    assert!(
        !house.may("bob", AT).contains(&Permission::EndSessions),
        "another role of the same name is another one"
    );
    // What was proposed before an emergency began, or is dated so, meets it all the same.
    let mut house = House::new();
    house.does("alice", assign("carol", "break-glass-holder", None)).unwrap();
    let earlier = house.propose("alice", assign("carol", "auditor", None), AT);
    let later = Instant(AT.0 + 60_000);
    let agreed = house.propose("carol", breaks("security-admin", later), later);
    house.take(&agreed).unwrap();
    house.does("alice", withdraw("carol", "break-glass-holder")).unwrap();
    assert!(!house.may("carol", later).contains(&Permission::EndSessions), "it ends with the right to it");
    house.take(&earlier).unwrap();
    let mut house = House::new();
    house.does("alice", assign("carol", "break-glass-holder", None)).unwrap();
    house.does("alice", define("glass", &[Permission::BreakGlass])).unwrap();
    let agreed = house.propose("carol", breaks("security-admin", later), later);
    house.take(&agreed).unwrap();
    let earlier = house.propose("alice", assign("carol", "auditor", None), AT);
    assert!(matches!(house.take(&earlier), Err(InvalidAmendment::Conflict(_))));
}

#[test]
fn a_rule_is_one_line_and_nowhere_deep() {
    let mut house = House::new();
    let deep = format!(
        "forbid (principal is Account, action, resource) when {{ {}true{} }};",
        "(".repeat(20),
        ")".repeat(20)
    );
    let long =
        format!("forbid (principal is Account, action, resource) when {{ true{} }};", " || true".repeat(70));
    let hidden = "forbid (principal is Account, action, resource) // always\nwhen { false };".to_owned();
    for bad in [deep, long, hidden, "x".repeat(4_097)] {
        let refused = house.does("alice", Change::Rule { name: role("bad"), cedar: Some(bad) });
        assert!(matches!(refused, Err(InvalidAmendment::Bounds(_))), "{refused:?}");
    }
}

#[test]
fn only_one_form_is_read_and_only_of_devices_that_are_there() {
    let mut house = House::new();
    let good = house.propose("alice", assign("bob", "help-desk", None), AT);
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1;
        assert!(house.clone().take(&bad).is_err(), "byte {at}");
    }
    let mut forged = parts(&good).unwrap();
    forged.signatures[0].device = DeviceId([9; 16]);
    assert_eq!(house.take(&cbor(&forged)), Err(InvalidAmendment::Signature));
    assert_eq!(house.charter.take(&good, &mut |_| None), Err(InvalidAmendment::Missing(handle("alice"))));
    house.take(&good).unwrap();
}

impl Clone for House {
    fn clone(&self) -> Self {
        let (chains, charter) = (self.chains.clone(), self.charter.clone());
        Self { root: self.root, chains, charter, next: self.next }
    }
}

#[test]
fn amendments_are_written_as_the_document_states() {
    let document = include_str!("../../../../protocol/charter.md");
    let stated = |name: &str| -> String {
        let (_, rest) = document.split_once(&format!("```hex {name}\n")).unwrap();
        rest.split_once("```").unwrap().0.split_whitespace().collect()
    };
    let hex = |bytes: &[u8]| data_encoding::HEXLOWER.encode(bytes);
    let mut house = House::new();
    assert_eq!(hex(&house.charter.head().0), stated("start"));
    let agreed = house.propose("alice", assign("bob", "help-desk", Some(Instant(20_000))), AT);
    let agreed = house.agree(&agreed, "mo");
    assert_eq!(hex(&agreed), stated("amendment"));
    house.take(&agreed).unwrap();
    assert_eq!(hex(&house.charter.head().0), stated("head"));
}

#[test]
fn what_the_document_says_of_roles_and_conflicts_is_so() {
    let document = include_str!("../../../../protocol/charter.md");
    let names =
        |of: &[Permission]| of.iter().map(|it| format!("`{}`", it.as_str())).collect::<Vec<_>>().join(", ");
    for it in BuiltIn::ALL {
        let row = format!("| `{}` | {} | {} |", it.name, it.what, names(it.permissions));
        assert!(document.contains(&row), "{row}");
        assert!(Conflict::within(&it.permissions.iter().copied().collect()).is_none(), "{}", it.name);
    }
    for it in Permission::ALL {
        let row = format!("| `{}` | {} |", it.as_str(), it.what());
        assert!(document.contains(&row), "{row}");
        assert!(BuiltIn::ALL.iter().any(|role| role.permissions.contains(it)), "{}", it.as_str());
    }
    for it in Conflict::ALL {
        let row = format!("| {} | {} | {} |", it.why, names(it.one), names(it.other));
        assert!(document.contains(&row), "{row}");
    }
    assert!(Permission::ALL.is_sorted_by(|one, next| one.as_str() < next.as_str()));
}

#[test]
fn whoever_is_in_a_group_holds_what_it_gives_and_nothing_by_which_something_is_signed() {
    use InvalidAmendment::{Bounds, NoRight, Nothing};
    let mut house = House::new();
    let map = |group: &str, of: &str, holds| Change::Map { group: group.to_owned(), role: role(of), holds };
    assert_eq!(house.does("bob", map("desk", "help-desk", true)), Err(NoRight(handle("bob"))));
    assert!(matches!(house.does("alice", map("desk", "no-role", true)), Err(Nothing(_))));
    assert!(matches!(house.does("alice", map("desk", "help-desk", false)), Err(Nothing(_))));
    for bad in ["", "Desk", "a\nb"] {
        assert!(matches!(house.does("alice", map(bad, "help-desk", true)), Err(Bounds(_))), "{bad}");
    }
    for signs in ["policy-admin", "identity-admin", "auditor", "break-glass-holder"] {
        assert!(matches!(house.does("alice", map("desk", signs, true)), Err(Bounds(_))), "{signs}");
    }
    house.does("alice", map("desk", "help-desk", true)).unwrap();
    let reads = Change::Define { role: role("reads"), permissions: vec![Permission::ReadJournal] };
    house.does("alice", reads).unwrap();
    house.does("alice", map("revision", "reads", true)).unwrap();
    let by = |house: &House, held: &[&str], groups: &[&str]| -> Vec<String> {
        let held: Vec<RoleName> = held.iter().map(|it| role(it)).collect();
        let roles = house.charter.by_groups(&held, groups.iter().copied());
        roles.iter().map(ToString::to_string).collect()
    };
    assert_eq!(by(&house, &[], &["desk", "revision", "other"]), ["help-desk", "reads"]);
    assert_eq!(by(&house, &["help-desk"], &["desk"]), [""; 0]);
    assert_eq!(
        by(&house, &["device-admin"], &["desk", "revision"]),
        ["help-desk"],
        "what must not meet does not"
    );
    // A role that groups give does not become larger behind their backs, and is gone with them.
    let permissions = vec![Permission::SeeSuspended, Permission::ReadJournal];
    let permissions = {
        let mut all = permissions;
        all.sort();
        all
    };
    let larger = Change::Define { role: role("reads"), permissions };
    assert!(matches!(house.does("alice", larger), Err(Bounds(_))));
    house.does("alice", map("revision", "reads", false)).unwrap();
    assert_eq!(by(&house, &[], &["revision"]), [""; 0]);
    house.does("mo", Change::TwoPersons { on: true }).unwrap();
    let more = house.propose("alice", map("desk", "soc-analyst", true), AT);
    assert_eq!(house.take(&more), Err(InvalidAmendment::TakesAnother));
}
