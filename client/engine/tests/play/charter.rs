//! The charter as a device reads it: what nobody may have signed is not in it, and what was seen stays.

use crate::person::{Person, World, handle};
use chancery_engine::EngineError;
use chancery_transparency::{Change, InvalidAmendment};

fn assign(account: &str) -> Change {
    Change::Assign { account: handle(account), role: "help-desk".parse().unwrap(), until: None }
}

/// What came of showing somebody the charter as these amendments, after the first so many.
fn shows(
    person: &mut Person,
    world: &World,
    after: u64,
    amendments: &[&Vec<u8>],
) -> Result<usize, EngineError> {
    let there = after + amendments.len() as u64;
    let amendments: Vec<Vec<u8>> = amendments.iter().map(|it| (*it).clone()).collect();
    assert_eq!(person.engine.amended((after, there), &amendments, world.now)?, []);
    Ok(person.engine.charter(world.now)?.number())
}

#[test]
fn a_charter_only_grows_and_holds_only_what_was_signed_by_those_who_may() {
    let mut world = World::new();
    let [mut alice, mut bob] = world.people(["alice", "bob"]);
    for (who, whom) in [(&mut alice, "bob"), (&mut bob, "alice")] {
        who.asks(&[handle(whom)], world.now);
    }
    let one = alice.engine.amend(assign("bob"), world.now).unwrap();
    // Made for the same state of the charter: another server could show it in the place of the first one.
    let other = alice.engine.amend(Change::TwoPersons { on: true }, world.now).unwrap();
    assert_eq!(shows(&mut bob, &world, 0, &[&one]).unwrap(), 1);
    for shown in [vec![], vec![&other], vec![&other, &one]] {
        let caught = shows(&mut bob, &world, 0, &shown).unwrap_err();
        assert!(matches!(caught, EngineError::OtherCharter), "{caught}");
    }
    assert_eq!(shows(&mut bob, &world, 0, &[&one, &other]).unwrap(), 2);
    // What Bob signs is in no charter, whatever the server keeps; and he does not sign it.
    let own = bob.engine.amend(assign("alice"), world.now).unwrap_err();
    assert!(matches!(own, EngineError::BadAmendment(InvalidAmendment::NoRight(_))), "{own}");
    let mut forged = alice.engine.amend(assign("bob"), world.now).unwrap();
    let at = forged.windows(9).position(|it| it == b"help-desk").unwrap();
    forged[at..at + 9].copy_from_slice(b"auditor-x");
    let caught = shows(&mut bob, &world, 1, &[&other, &forged]).unwrap_err();
    assert!(matches!(caught, EngineError::BadAmendment(_)), "{caught}");
    assert_eq!(bob.engine.charter(world.now).unwrap().number(), 2, "what came before it stays");
    // Started again, the device has the same charter; one that was made for another charter is none of it.
    let before = bob.engine.charter(world.now).unwrap();
    bob.restarts();
    assert_eq!(bob.engine.charter(world.now).unwrap(), before);
    assert_eq!(shows(&mut alice, &world, 0, &[&other]).unwrap(), 1);
    let elsewhere = alice.engine.amend(assign("bob"), world.now).unwrap();
    let caught = shows(&mut bob, &world, 1, &[&other, &elsewhere]).unwrap_err();
    assert!(matches!(caught, EngineError::OtherCharter), "{caught}");
}
