//! What happens between several devices of one account.

use chancery_engine::{Progress, Want};
use chancery_vault::{Said, Standing};
use chancery_wire::{
    api::{PendingRoom, PendingRooms},
    bytes::Opaque,
    ids::RoomId,
};

use super::person::{Person, World};

/// Alice's two devices in a room of hers.
fn two(world: &mut World) -> (Person, Person, RoomId) {
    let [mut alice] = world.people(["alice"]);
    let mut phone = world.linked(&mut alice, "phone");
    let room = alice.opens(world, "room", &[]);
    alice.checks_own(world.now);
    alice.syncs(world);
    phone.syncs(world);
    assert_eq!(phone.members(room), ["alice", "alice"]);
    (alice, phone, room)
}

/// One revokes another.
fn revokes(world: &World, by: &mut Person, other: &Person) {
    let entry = by.engine.revoke(other.device(), world.now).unwrap();
    world.hub.borrow_mut().chains.get_mut(&by.name).unwrap().entries.push(Opaque(entry));
    world.hub.borrow_mut().revoked.insert(other.device());
    by.checks_own(world.now);
}

#[test]
fn who_has_asked_to_leave_is_not_left_alone_with_a_revoked_device() {
    let mut world = World::new();
    let (mut alice, phone, room) = two(&mut world);
    // Nobody but the phone could take the leave in, and then it is revoked.
    let leave = alice.engine.want(room, Want::Leave, world.now).unwrap();
    alice.syncs(&world);
    assert_eq!(alice.engine.progress(leave).unwrap(), Progress::Waiting);
    revokes(&world, &mut alice, &phone);
    alice.syncs(&world);
    assert_eq!(alice.engine.progress(leave).unwrap(), Progress::Done);
    assert_eq!(alice.engine.room(room).unwrap().standing, Standing::Left);
}

/// The server says that somebody's leaves in a room are to be seen to; it is done once some seconds have passed.
fn sees_to(world: &mut World, person: &mut Person, room: RoomId, whose: &Person) {
    let pending = PendingRooms { pending: vec![PendingRoom { room, handle: whose.name.clone() }] };
    loop {
        let needs = person.engine.pending(&pending, world.now).unwrap();
        if needs.is_empty() {
            break;
        }
        person.asks(&needs, world.now);
    }
    world.later(3);
    while person.sends(world.now) {
        person.takes_in(world.now);
    }
}

#[test]
fn whoever_was_online_all_the_time_follows_when_a_device_is_taken_out_that_was_just_revoked() {
    let mut world = World::new();
    let [mut alice, mut bob, mut carol, mut dora] = world.people(["alice", "bob", "carol", "dora"]);
    let room = alice.opens(&world, "room", &[&bob, &carol, &dora]);
    for person in [&mut bob, &mut carol, &mut dora] {
        person.syncs(&world);
    }
    let phone = world.linked(&mut bob, "phone");
    bob.syncs(&world);
    // Carol meets the phone over this connection, and asks for Bob's chain because of it.
    carol.takes_in(world.now);
    dora.syncs(&world);
    assert_eq!(carol.members(room), ["alice", "bob", "bob", "carol", "dora"]);
    revokes(&world, &mut bob, &phone);
    // Dora is a plain member.
    sees_to(&mut world, &mut dora, room, &bob);
    assert_eq!(dora.members(room), ["alice", "bob", "carol", "dora"]);
    carol.takes_in(world.now);
    alice.syncs(&world);
    for person in [&alice, &carol] {
        assert_eq!(person.members(room), ["alice", "bob", "carol", "dora"], "{}", person.name);
        assert_eq!(person.engine.room(room).unwrap().standing, Standing::Joined, "{}", person.name);
    }
}

#[test]
fn nobody_sees_to_a_device_that_no_chain_has_revoked() {
    let mut world = World::new();
    let [mut alice, mut bob, mut dora] = world.people(["alice", "bob", "dora"]);
    let room = alice.opens(&world, "room", &[&bob, &dora]);
    bob.syncs(&world);
    dora.syncs(&world);
    // The server says so, and the chain does not.
    sees_to(&mut world, &mut dora, room, &bob);
    alice.syncs(&world);
    assert_eq!(alice.members(room), ["alice", "bob", "dora"]);
}

#[test]
fn what_a_room_is_called_is_no_news_to_who_knows_it() {
    let mut world = World::new();
    let [mut alice, mut bob] = world.people(["alice", "bob"]);
    let room = alice.opens(&world, "room", &[&bob]);
    bob.syncs(&world);
    let named = |person: &Person| {
        let lines = person.engine.lines(room, Some(0), u32::MAX).unwrap();
        let named = |said: &Said| matches!(said, Said::Event(text) if text.contains("named the room"));
        lines.iter().filter(|line| named(&line.message.said)).count()
    };
    assert_eq!(named(&bob), 1);
    let mut phone = world.linked(&mut alice, "phone");
    alice.syncs(&world);
    phone.syncs(&world);
    bob.syncs(&world);
    assert_eq!(phone.engine.room(room).unwrap().name.as_deref(), Some("room"));
    assert_eq!((named(&phone), named(&bob)), (1, 1));
}
