//! What is kept for the day all devices are lost: what opens it, and what does not.

use chancery_engine::{EngineError, Opener, SealedBlock};
use chancery_transparency::{Root, Secret};
use chancery_vault::Found;
use chancery_wire::{
    api::{Archive, ArchivedBlock, Chains},
    bytes::Opaque,
    names::Handle,
    time::Instant,
};

use super::person::{Person, World};

/// Somebody makes a recovery key; answers its secret.
fn makes_key(world: &World, person: &mut Person) -> Secret {
    let (entry, link) = person.engine.make_recovery_key(true, world.now).unwrap();
    world.hub.borrow_mut().chains.get_mut(&person.name).unwrap().entries.push(Opaque(entry));
    person.checks_own(world.now);
    let Opener::Recover(_, secret, _) = link.unwrap().opener else { panic!("another link") };
    secret
}

/// Opens a block on a new device of Bob's that has come back with this secret.
fn opens(
    world: &mut World,
    name: &str,
    secret: &Secret,
    (found, sealed): (Found, &[u8]),
) -> Result<(), EngineError> {
    let bob: Handle = "bob".parse().unwrap();
    let domain = "bank.example".parse().unwrap();
    let (chains, root): (Chains, Root) = {
        let hub = world.hub.borrow();
        let chains = hub.chains(std::slice::from_ref(&bob));
        let founding = &hub.chains[&"alice".parse().unwrap()].entries[0].0;
        let digest = <sha2::Sha256 as sha2::Digest>::digest(founding);
        (chains, Root(chancery_wire::ids::Digest(digest.into())))
    };
    let mut new = world.newcomer(name);
    let server = ("https://bank.example", &domain);
    new.engine.recover(server, (&bob, secret, root), &chains, world.now).unwrap();
    new.engine.enrolled().unwrap();
    assert!(new.engine.seeks_archive().unwrap());
    let block = ArchivedBlock { room: found.room, block: found.number, device: found.device, bytes: 0 };
    new.engine.archive_lies(&Archive { blocks: vec![block] }, world.now).unwrap();
    new.engine.take_archived(&found, sealed, world.now)
}

#[test]
fn what_is_kept_opens_with_its_own_link_only() {
    let mut world = World::new();
    let [mut alice, mut bob] = world.people(["alice", "bob"]);
    let room = alice.opens(&world, "room", &[&bob]);
    bob.syncs(&world);
    bob.says(&world, room, "zanzibar");
    assert!(bob.engine.next_block(true, world.now).unwrap().is_none(), "there is no key to keep it for");
    let secret = makes_key(&world, &mut bob);
    let SealedBlock { block, bytes } = bob.engine.next_block(true, world.now).unwrap().unwrap();
    assert!(!bytes.windows(8).any(|part| part == b"zanzibar"));
    let found = Found { room: block.room, number: block.number, device: bob.device() };
    // It is right, and only the room is not there yet.
    let right = opens(&mut world, "right", &secret, (found, &bytes));
    assert!(matches!(right, Err(EngineError::NoRoom)), "{right:?}");
    let wrong = opens(&mut world, "wrong", &Secret([9; 16]), (found, &bytes));
    assert!(matches!(wrong, Err(EngineError::BadBlock)), "{wrong:?}");
    // In another place, as another device's, and changed anywhere.
    let other = Found { number: found.number + 1, ..found };
    let moved = opens(&mut world, "moved", &secret, (other, &bytes));
    assert!(matches!(moved, Err(EngineError::BadBlock)), "{moved:?}");
    let other = Found { device: alice.device(), ..found };
    let lent = opens(&mut world, "lent", &secret, (other, &bytes));
    assert!(matches!(lent, Err(EngineError::BadBlock)), "{lent:?}");
    for at in [40, 1000, 1200, bytes.len() - 1] {
        let mut bad = bytes.clone();
        bad[at] ^= 1;
        let changed = opens(&mut world, &format!("changed-{at}"), &secret, (found, &bad));
        assert!(matches!(changed, Err(EngineError::BadBlock)), "byte {at}: {changed:?}");
    }
    // What the device itself has opens nothing: it knows the public half.
    let own = Archive { blocks: vec![] };
    bob.engine.archive_lies(&own, world.now).unwrap();
    let before = bob.reads(room);
    bob.engine.take_archived(&found, &bytes, world.now).unwrap();
    assert_eq!(bob.reads(room), before);
}

#[test]
fn a_block_is_due_when_its_room_is_quiet_and_again_when_it_changes() {
    let mut world = World::new();
    let [mut alice, mut bob] = world.people(["alice", "bob"]);
    let room = alice.opens(&world, "room", &[&bob]);
    bob.syncs(&world);
    makes_key(&world, &mut bob);
    let mut kept = Vec::new();
    while let Some(block) = bob.engine.next_block(false, world.now).unwrap() {
        bob.engine.archived(&block, world.now).unwrap();
        kept.push(block.block.number);
    }
    assert!(!bob.engine.has_to_keep().unwrap());
    bob.says(&world, room, "one");
    assert!(bob.engine.next_block(false, world.now).unwrap().is_none(), "not every message is sealed alone");
    world.later(121);
    let block = bob.engine.next_block(false, world.now).unwrap().unwrap();
    // Something is said while it is on its way.
    bob.says(&world, room, "two");
    bob.engine.archived(&block, world.now).unwrap();
    assert!(bob.engine.has_to_keep().unwrap());
    let block = bob.engine.next_block(true, Instant(0)).unwrap().unwrap();
    bob.engine.archived(&block, world.now).unwrap();
    assert!(!bob.engine.has_to_keep().unwrap());
}
