//! The charter as a device reads it: what nobody may have signed is not in it, and what was seen stays.

use crate::person::{Person, World, handle};
use chancery_engine::EngineError;
use chancery_transparency::{Change, Charter, InvalidAmendment};

fn assign(account: &str) -> Change {
    Change::Assign { account: handle(account), role: "help-desk".parse().unwrap(), until: None }
}

fn empty(person: &mut Person, world: &World) -> Charter {
    person.engine.charter(&[], world.now).unwrap()
}

#[test]
fn a_charter_only_grows_and_holds_only_what_was_signed_by_those_who_may() {
    let mut world = World::new();
    let [mut alice, mut bob] = world.people(["alice", "bob"]);
    for (who, whom) in [(&mut alice, "bob"), (&mut bob, "alice")] {
        who.asks(&[handle(whom)], world.now);
    }
    let before = empty(&mut alice, &world);
    let one = alice.engine.amend(&before, assign("bob"), world.now).unwrap();
    // Made for the same state of the charter: another server could show it in the place of the first one.
    let revoked = Change::TwoPersons { on: true };
    let other = alice.engine.amend(&before, revoked, world.now).unwrap();
    assert_eq!(bob.engine.charter(std::slice::from_ref(&one), world.now).unwrap().number(), 1);
    for shown in [vec![], vec![other.clone()], vec![other.clone(), one.clone()]] {
        let caught = bob.engine.charter(&shown, world.now).unwrap_err();
        assert!(matches!(caught, EngineError::OtherCharter), "{caught}");
    }
    bob.engine.charter(&[one.clone(), other], world.now).unwrap();
    // What Bob signs is in no charter, whatever the server keeps; and he does not sign it.
    let own = bob.engine.amend(&empty(&mut alice, &world), assign("alice"), world.now).unwrap_err();
    assert!(matches!(own, EngineError::BadAmendment(InvalidAmendment::NoRight(_))), "{own}");
    let mut forged = one.clone();
    let at = forged.windows(9).position(|it| it == b"help-desk").unwrap();
    forged[at..at + 9].copy_from_slice(b"auditor-x");
    let caught = bob.engine.charter(&[one, forged], world.now).unwrap_err();
    assert!(matches!(caught, EngineError::BadAmendment(_)), "{caught}");
}
