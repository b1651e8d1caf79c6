//! What a room is called, for those who come in, whatever happens to those who know it.

use chancery_engine::{Out, Want};
use chancery_wire::policy::Role;

use super::person::{World, handle, written};

#[test]
fn who_came_in_while_the_room_was_named_learns_the_name_too() {
    let mut world = World::new();
    let [mut alice, mut bob, mut carol] = world.people(["alice", "bob", "carol"]);
    let room = alice.opens(&world, "room", &[&bob]);
    alice.engine.want(room, Want::Role(handle("bob"), Role::Moderator), world.now).unwrap();
    alice.syncs(&world);
    bob.syncs(&world);
    // Alice names the room; before it arrives, Bob adds Carol and tells her the old name.
    alice.engine.want(room, Want::Name(written("Ward 7")), world.now).unwrap();
    let sent = alice.engine.outgoing(world.now).unwrap();
    bob.engine.want(room, Want::Add(vec![handle("carol")], Role::Member), world.now).unwrap();
    bob.syncs(&world);
    let [Out::Submit(named)] = sent.as_slice() else { panic!("{sent:?}") };
    world.hub.borrow_mut().submit(named, world.now).unwrap();
    for person in [&mut alice, &mut bob, &mut carol] {
        person.syncs(&world);
        let name = person.engine.room(room).unwrap().name;
        assert_eq!(name.as_deref(), Some("Ward 7"), "{}", person.name);
    }
}

#[test]
fn a_newcomer_hears_the_name_from_one_of_the_others_when_whoever_brought_them_is_gone() {
    let mut world = World::new();
    let [mut alice, mut bob, mut dora, mut carol] = world.people(["alice", "bob", "dora", "carol"]);
    let room = alice.opens(&world, "Ward 7", &[&bob, &dora]);
    for name in ["bob", "dora"] {
        alice.engine.want(room, Want::Role(handle(name), Role::Moderator), world.now).unwrap();
        alice.syncs(&world);
    }
    bob.syncs(&world);
    dora.syncs(&world);
    // Alice brings Carol in, and loses her device before it has said what the room is called.
    alice.engine.want(room, Want::Add(vec![handle("carol")], Role::Member), world.now).unwrap();
    while world.hub.borrow().halls[&room].face.leaves().unwrap().len() < 4 {
        assert!(alice.sends(world.now));
    }
    let last = |world: &World| world.hub.borrow().halls[&room].head(room).0;
    let before = last(&world);
    for after in [0, 1] {
        for person in [&mut bob, &mut dora, &mut carol] {
            person.syncs(&world);
        }
        // One says so once it is time, and not both.
        assert_eq!(last(&world), before + after);
        let name = carol.engine.room(room).unwrap().name;
        assert_eq!(name.as_deref(), Some("Ward 7").filter(|_| after == 1));
        world.later(12);
    }
}

#[test]
fn a_name_that_was_said_again_too_late_changes_nothing_for_anybody() {
    let mut world = World::new();
    let [mut alice, mut bob, mut carol] = world.people(["alice", "bob", "carol"]);
    let room = alice.opens(&world, "Ward 7", &[&bob]);
    bob.syncs(&world);
    // Bob, a member, brings in his phone; what he says to it is under way when Alice gives the room another name.
    let mut phone = world.linked(&mut bob, "phone");
    bob.checks_own(world.now);
    while world.hub.borrow().halls[&room].face.leaves().unwrap().len() < 3 {
        bob.takes_in(world.now);
        assert!(bob.sends(world.now));
    }
    bob.takes_in(world.now);
    let said = bob.engine.outgoing(world.now).unwrap();
    assert!(!said.is_empty());
    alice.looks(&world);
    alice.engine.want(room, Want::Name(written("Ward 8")), world.now).unwrap();
    while alice.sends(world.now) {}
    for out in said {
        let Out::Submit(submit) = out else { panic!("{out:?}") };
        let accepted = world.hub.borrow_mut().submit(&submit, world.now).unwrap();
        bob.engine.accepted(&accepted, world.now).unwrap();
    }
    alice.engine.want(room, Want::Add(vec![handle("carol")], Role::Member), world.now).unwrap();
    for person in [&mut alice, &mut bob, &mut phone, &mut carol] {
        person.syncs(&world);
        let name = person.engine.room(room).unwrap().name;
        assert_eq!(name.as_deref(), Some("Ward 8"), "{}", person.name);
    }
}
