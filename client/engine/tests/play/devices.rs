//! What happens between several devices of one account.

use chancery_engine::{Out, Progress, Want};
use chancery_vault::{Said, Standing};
use chancery_wire::{
    api::{PendingRoom, PendingRooms},
    bytes::Opaque,
    ids::RoomId,
    policy::Role,
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

/// Alice's room, in which Bob is with a laptop and a phone, and Carol.
fn bobs_two() -> (World, [Person; 4], RoomId) {
    let mut world = World::new();
    let [mut alice, mut bob, mut carol] = world.people(["alice", "bob", "carol"]);
    let room = alice.opens(&world, "room", &[&bob, &carol]);
    bob.syncs(&world);
    let mut phone = world.linked(&mut bob, "phone");
    for person in [&mut bob, &mut phone, &mut carol] {
        person.syncs(&world);
    }
    (world, [alice, bob, phone, carol], room)
}

/// One revokes another.
fn revokes(world: &World, by: &mut Person, other: &Person) {
    let entry = by.engine.revoke(other.device(), world.now).unwrap();
    world.hub.borrow_mut().chains.get_mut(&by.name).unwrap().entries.push(Opaque(entry));
    world.hub.borrow_mut().revoked.insert(other.device());
    by.checks_own(world.now);
}

#[test]
fn who_is_alone_with_own_devices_leaves_without_waiting_for_them() {
    let mut world = World::new();
    // Nobody but the phone could take the leave in, and it lies in a drawer, or has lost the room.
    let (mut alice, mut phone, room) = two(&mut world);
    let leave = alice.engine.want(room, Want::Leave, world.now).unwrap();
    alice.syncs(&world);
    alice.syncs(&world);
    assert_eq!(alice.engine.progress(leave).unwrap(), Progress::Done);
    assert_eq!(alice.engine.room(room).unwrap().standing, Standing::Left);
    // Out of the drawer, it leaves as well.
    phone.syncs(&world);
    world.later(3);
    phone.syncs(&world);
    assert_eq!(phone.engine.room(room).unwrap().standing, Standing::Left);
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

#[test]
fn who_leaves_on_one_device_leaves_with_all() {
    let (mut world, [mut alice, mut bob, mut phone, mut carol], room) = bobs_two();
    let leave = bob.engine.want(room, Want::Leave, world.now).unwrap();
    bob.syncs(&world);
    // The phone sees it, and does nothing by which it would stay behind; it waits without being busy.
    phone.looks(&world);
    world.later(3);
    assert!(!phone.sends(world.now));
    assert!(phone.engine.is_at_rest().unwrap() && !phone.engine.has_to_send().unwrap());
    // Also when its keys would have to be renewed; elsewhere they are.
    world.later(2 * 86_400);
    while phone.sends(world.now) {
        phone.takes_in(world.now);
    }
    assert!(phone.engine.next_tick().unwrap().is_none_or(|at| at > world.now.plus_seconds(60)));
    // Carol is a plain member.
    carol.looks(&world);
    world.later(3);
    carol.syncs(&world);
    assert_eq!(carol.members(room), ["alice", "carol"]);
    bob.syncs(&world);
    assert_eq!(bob.engine.progress(leave).unwrap(), Progress::Done);
    phone.looks(&world);
    for (device, why) in
        [(&bob, "you have left this room"), (&phone, "you have left this room on another device")]
    {
        assert_eq!(device.engine.room(room).unwrap().standing, Standing::Left);
        assert_eq!(device.why(room), why);
    }
    alice.syncs(&world);
    let lines = alice.engine.lines(room, Some(0), u32::MAX).unwrap();
    let left = |said: &Said| matches!(said, Said::Event(text) if text == "bob left");
    assert_eq!(lines.iter().filter(|line| left(&line.message.said)).count(), 1);
}

#[test]
fn who_has_gone_is_not_brought_back_by_what_was_begun_before() {
    for leaves in [true, false] {
        let mut world = World::new();
        let [mut alice, mut bob, mut mo] = world.people(["alice", "bob", "mo"]);
        let room = alice.opens(&world, "room", &[&bob, &mo]);
        alice.engine.want(room, Want::Role(mo.name.clone(), Role::Moderator), world.now).unwrap();
        alice.syncs(&world);
        bob.syncs(&world);
        let phone = world.linked(&mut bob, "phone");
        bob.syncs(&world);
        mo.syncs(&world);
        // The phone goes, and the tablet has not come yet; Mo, who may add anybody, sees to it and is interrupted.
        world.linked(&mut bob, "tablet");
        revokes(&world, &mut bob, &phone);
        let pending = PendingRooms { pending: vec![PendingRoom { room, handle: bob.name.clone() }] };
        let needs = mo.engine.pending(&pending, world.now).unwrap();
        mo.asks(&needs, world.now);
        assert!(mo.engine.pending(&pending, world.now).unwrap().is_empty());
        world.later(3);
        let claims = mo.engine.outgoing(world.now).unwrap();
        let [Out::ClaimDevices(wish, ..)] = claims.as_slice() else { panic!("{claims:?}") };
        let claimed = [(bob.name.clone(), world.hub.borrow_mut().claim(&bob.name, world.now))];
        let needs = mo.engine.claimed(*wish, &claimed, world.now).unwrap();
        mo.asks(&needs, world.now);
        if leaves {
            bob.engine.want(room, Want::Leave, world.now).unwrap();
            bob.syncs(&world);
            alice.looks(&world);
            world.later(3);
        } else {
            alice.engine.want(room, Want::Remove(bob.name.clone()), world.now).unwrap();
        }
        alice.syncs(&world);
        assert_eq!(alice.members(room), ["alice", "mo"]);
        mo.syncs(&world);
        alice.syncs(&world);
        assert_eq!(alice.members(room), ["alice", "mo"], "nobody wished him back");
    }
}

#[test]
fn a_revoked_device_that_asks_to_leave_takes_nobody_with_it() {
    let (mut world, [mut alice, mut bob, mut phone, mut carol], room) = bobs_two();
    // The laptop is in other hands; it asks, and is revoked before anybody else is there.
    bob.engine.want(room, Want::Leave, world.now).unwrap();
    bob.syncs(&world);
    phone.looks(&world);
    revokes(&world, &mut phone, &bob);
    sees_to(&mut world, &mut phone, room, &bob);
    phone.says(&world, room, "I am still here");
    for person in [&mut alice, &mut carol] {
        person.syncs(&world);
        assert_eq!(person.members(room), ["alice", "bob", "carol"]);
        assert_eq!(person.reads(room), ["bob: I am still here"]);
    }
}

#[test]
fn a_person_whose_devices_are_alone_in_a_room_leaves_it_with_all() {
    for many in [2, 3] {
        let mut world = World::new();
        let (mut alice, mut phone, room) = two(&mut world);
        let mut others = Vec::new();
        for _ in 2..many {
            let mut tablet = world.linked(&mut alice, "tablet");
            alice.syncs(&world);
            tablet.syncs(&world);
            others.push(tablet);
        }
        phone.syncs(&world);
        assert_eq!(phone.members(room).len(), many);
        let leave = alice.engine.want(room, Want::Leave, world.now).unwrap();
        alice.syncs(&world);
        phone.looks(&world);
        world.later(3);
        phone.syncs(&world);
        alice.syncs(&world);
        assert_eq!(alice.engine.progress(leave).unwrap(), Progress::Done);
        for device in others.iter_mut().chain([&mut alice, &mut phone]) {
            device.looks(&world);
            assert_eq!(device.engine.room(room).unwrap().standing, Standing::Left);
        }
    }
}

/// Alice's and Olga's room, in which Bob is with two devices.
fn two_owners() -> (World, [Person; 4], RoomId) {
    let mut world = World::new();
    let [mut alice, mut olga, mut bob] = world.people(["alice", "olga", "bob"]);
    let room = alice.opens(&world, "room", &[&olga, &bob]);
    alice.engine.want(room, Want::Role(olga.name.clone(), Role::Owner), world.now).unwrap();
    alice.syncs(&world);
    bob.syncs(&world);
    let mut phone = world.linked(&mut bob, "phone");
    for person in [&mut bob, &mut phone, &mut alice, &mut olga] {
        person.syncs(&world);
    }
    bob.looks(&world);
    (world, [alice, olga, bob, phone], room)
}

#[test]
fn where_nobody_stays_nobody_waits_for_an_owner_who_has_gone() {
    let (mut world, [mut alice, mut olga, mut bob, mut phone], room) = two_owners();
    // All ask before they hear of each other, and both owners are gone for good.
    for person in [&mut alice, &mut bob, &mut olga] {
        person.engine.want(room, Want::Leave, world.now).unwrap();
        person.sends(world.now);
    }
    for device in [&mut phone, &mut bob] {
        device.looks(&world);
        world.later(3);
        device.sends(world.now);
        assert_eq!(device.engine.room(room).unwrap().standing, Standing::Left);
        assert!(device.engine.is_at_rest().unwrap());
    }
}

#[test]
fn who_has_lost_a_room_watches_one_revoked_device_go_after_the_other() {
    let mut world = World::new();
    let [mut alice, mut bob, mut carol, mut dora] = world.people(["alice", "bob", "carol", "dora"]);
    let room = alice.opens(&world, "room", &[&bob, &carol, &dora]);
    carol.syncs(&world);
    let phone = world.linked(&mut carol, "phone");
    carol.syncs(&world);
    let tablet = world.linked(&mut carol, "tablet");
    for person in [&mut carol, &mut bob, &mut dora] {
        person.syncs(&world);
    }
    assert_eq!(dora.members(room), ["alice", "bob", "carol", "carol", "carol", "dora"]);
    bob.is_a_copy(&world, room);
    dora.syncs(&world);
    for device in [phone, tablet] {
        revokes(&world, &mut carol, &device);
        // Dora is a plain member: without the chain, nobody would believe her.
        sees_to(&mut world, &mut dora, room, &carol);
        bob.takes_in(world.now);
        assert_eq!(bob.engine.room(room).unwrap().standing, Standing::Lost, "{}", bob.why(room));
    }
    bob.syncs(&world);
    assert_eq!(bob.members(room), ["alice", "bob", "carol", "dora"]);
}

#[test]
fn what_was_allowed_because_of_a_device_that_was_revoked_since_holds_nobody_up() {
    let (mut world, [mut alice, mut olga, mut bob, mut phone], room) = two_owners();
    // All ask before they hear of each other: Olga, who owns the room as well, may do so because nobody stays. But it was not Bob
    // who had his laptop.
    for person in [&mut alice, &mut bob, &mut olga] {
        person.engine.want(room, Want::Leave, world.now).unwrap();
        person.sends(world.now);
    }
    phone.looks(&world);
    revokes(&world, &mut phone, &bob);
    sees_to(&mut world, &mut phone, room, &bob);
    phone.says(&world, room, "I am still here");
    assert_eq!(phone.members(room), ["bob", "olga"]);
    olga.looks(&world);
    assert_eq!(olga.reads(room), ["bob: I am still here"]);
}
