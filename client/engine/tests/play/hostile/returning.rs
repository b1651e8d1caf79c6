//! Doors: the hub leads a device that joins or comes back into a room that is not the one it should be.

use chancery_engine::{Joined, Want};
use chancery_vault::Standing;
use chancery_wire::{
    api::{Return, RoomHead},
    ids::{DeviceId, RoomId},
    policy::{Role, RoomPolicy},
};

use super::{goes_on, is_stopped};
use crate::{
    person::{Person, World, handle, written},
    rogue::{Doing, Rogue, context, shown},
};

/// Gives a device a welcome, with every chain it asks for.
fn welcomes(person: &mut Person, world: &World, welcome: &chancery_wire::api::Welcome) -> Joined {
    loop {
        match person.engine.welcomed(welcome, world.now).unwrap() {
            Joined::Needs(needs) => person.looks_up(&needs, world.now),
            done => return done,
        }
    }
}

/// The device cannot follow its room any more: the hub has deleted what comes next. Everybody else goes on.
fn loses(person: &mut Person, others: &mut Person, world: &World, room: RoomId) {
    others.engine.want(room, Want::Role(person.name.clone(), Role::Moderator), world.now).unwrap();
    others.syncs(world);
    let face = world.other_face([person]);
    let mut hub = face.borrow_mut();
    hub.halls.get_mut(&room).unwrap().log.iter_mut().for_each(|entry| entry.body = None);
    drop(hub);
    person.looks(world);
    assert_eq!(person.engine.room(room).unwrap().standing, Standing::Lost);
}

/// Offers a device another group as the one to come back into.
fn offers(person: &mut Person, world: &World, offered: &Return) {
    let head = person.hub.borrow().return_to(offered.head.room).head;
    let offered = Return { head: RoomHead { epoch: offered.head.epoch, ..head }, ..offered.clone() };
    loop {
        let needs = person.engine.come_back(&offered, world.now).unwrap();
        if needs.is_empty() {
            return;
        }
        person.asks(&needs, world.now);
    }
}

#[test]
fn a_welcome_into_a_room_of_strangers_is_not_followed() {
    let mut world = World::new();
    let [mut alice, mut bob] = world.people(["alice", "bob"]);
    let stranger = Rogue::named("mallory", DeviceId([66; 16]), 66);
    let forged = RoomId([66; 16]);
    let package = world.hub.borrow().packages[&bob.name][0].clone();
    let mut group = stranger.founds(forged, &RoomPolicy::founded_by(handle("mallory")));
    let welcome = stranger.adds(&mut group, forged, &[package]);
    let words = "the server shows no device chain for mallory: somebody nobody vouched for";
    assert_eq!(welcomes(&mut bob, &world, &welcome), Joined::Refused(forged, words.to_owned()));
    assert!(bob.engine.rooms().unwrap().is_empty());
    // The key package was not used up by it: Alice adds Bob with the same one.
    let room = alice.opens(&world, "room", &[&bob]);
    bob.syncs(&world);
    goes_on(&world, room, [&mut alice, &mut bob]);
}

#[test]
fn somebody_elses_room_is_not_taken_for_the_own_one() {
    let mut world = World::new();
    let [mut alice, mut bob] = world.people(["alice", "bob"]);
    // Mallory is believed, and makes a room that claims to be for the devices of one account.
    let mallory = Rogue::enrolled(&world, &mut alice, "mallory", 66);
    let room = RoomId([66; 16]);
    let package = world.hub.borrow().packages[&bob.name][0].clone();
    let mut group = mallory.founds(room, &RoomPolicy::own(handle("bob")));
    let welcome = mallory.adds(&mut group, room, &[package]);
    let words = "only the devices of one account may be in this room";
    let Joined::Refused(_, why) = welcomes(&mut bob, &world, &welcome) else { panic!("it was entered") };
    assert!(why.contains(words), "{why}");
    assert!(bob.engine.followed().unwrap().is_empty());
}

#[test]
fn a_welcome_does_not_put_another_group_in_the_place_of_a_room() {
    let mut world = World::new();
    let [mut alice, mut bob] = world.people(["alice", "bob"]);
    let room = alice.opens(&world, "room", &[&bob]);
    bob.syncs(&world);
    // Mallory is believed, is not in the room, and makes a group under its id with everybody in it.
    let mallory = Rogue::enrolled(&world, &mut alice, "mallory", 66);
    let packages = ["alice", "bob"].map(|name| world.hub.borrow().packages[&handle(name)][0].clone());
    let mut group = mallory.founds(room, &RoomPolicy::founded_by(handle("alice")));
    let mut welcome = mallory.adds(&mut group, room, &packages);
    welcome.seq = 1000;
    assert_eq!(welcomes(&mut bob, &world, &welcome), Joined::Later(room));
    assert_eq!(bob.members(room), ["alice", "bob"]);
    goes_on(&world, room, [&mut alice, &mut bob]);
}

#[test]
fn an_old_welcome_leads_nobody_back() {
    let mut world = World::new();
    let [mut alice, mut bob, mut carol] = world.people(["alice", "bob", "carol"]);
    // Bob has only the key package left that may be used again and again.
    world.hub.borrow_mut().packages.get_mut(&bob.name).unwrap().drain(..24);
    let room = alice.opens(&world, "room", &[&bob, &carol]);
    bob.syncs(&world);
    let mut old = world.hub.borrow().welcomes[&bob.device()][0].clone();
    alice.engine.want(room, Want::Remove(handle("carol")), world.now).unwrap();
    alice.engine.want(room, Want::Remove(handle("bob")), world.now).unwrap();
    alice.syncs(&world);
    bob.syncs(&world);
    assert_eq!(bob.engine.room(room).unwrap().standing, Standing::Left);
    // Carol, who is gone, would read what Bob says in the room as it was.
    old.seq = 1000;
    let words = "the server rolled this room back to an earlier time";
    assert_eq!(welcomes(&mut bob, &world, &old), Joined::Refused(room, words.to_owned()));
    assert_eq!(bob.engine.room(room).unwrap().standing, Standing::Left);
    // Added again in earnest, with the same key package, he is in.
    alice.engine.want(room, Want::Add(vec![handle("bob")], Role::Member), world.now).unwrap();
    alice.syncs(&world);
    carol.syncs(&world);
    goes_on(&world, room, [&mut alice, &mut bob]);
}

#[test]
fn a_device_that_comes_back_is_not_led_to_strangers() {
    let mut world = World::new();
    let [mut alice, mut bob] = world.people(["alice", "bob"]);
    let room = alice.opens(&world, "room", &[&bob]);
    bob.syncs(&world);
    loses(&mut bob, &mut alice, &world, room);
    let stranger = Rogue::named("mallory", DeviceId([66; 16]), 66);
    let mut group = stranger.founds(room, &RoomPolicy::founded_by(handle("alice")));
    let packages = ["alice", "bob"].map(|name| world.hub.borrow().packages[&handle(name)][0].clone());
    for package in packages {
        // As many epochs on as the true room is.
        stranger.adds(&mut group, room, &[package]);
    }
    let (group_info, tree) = shown(&stranger, &group);
    let head = RoomHead { epoch: group.epoch().as_u64(), ..world.hub.borrow().return_to(room).head };
    offers(&mut bob, &world, &Return { head, group_info, tree });
    is_stopped(&mut bob, &world, room, "no device chain for mallory: somebody nobody vouched for");
    goes_on(&world, room, [&mut alice]);
}

#[test]
fn a_device_that_has_lost_a_room_judges_what_is_done_there() {
    let mut world = World::new();
    let [mut alice, mut bob] = world.people(["alice", "bob"]);
    let mallory = Rogue::enrolled(&world, &mut alice, "mallory", 66);
    let members = [handle("bob"), handle("mallory")];
    let room = alice.engine.open_room(&written("room"), &members, world.now).unwrap();
    alice.syncs(&world);
    bob.syncs(&world);
    let mut group = mallory.joins(&world);
    mallory.follows(&mut group, &world, room);
    bob.is_a_copy(&world, room);
    mallory.follows(&mut group, &world, room);
    let mut policy = chancery_groups::policy_of(group.extensions()).unwrap();
    policy.roles.insert(handle("mallory"), Role::Owner);
    let commit = mallory.commits(&mut group, room, Doing::Context(context(&policy)));
    let face = world.other_face([&mut bob]);
    face.borrow_mut().halls.get_mut(&room).unwrap().append(&commit, world.now);
    bob.looks(&world);
    is_stopped(&mut bob, &world, room, "its rules forbid: mallory may not change the policy here");
    goes_on(&world, room, [&mut alice]);
}

#[test]
fn a_device_that_has_lost_a_room_comes_back_to_where_its_log_leads_only() {
    let mut world = World::new();
    let [mut alice, mut bob] = world.people(["alice", "bob"]);
    let mallory = Rogue::enrolled(&world, &mut alice, "mallory", 66);
    let room = alice.opens(&world, "room", &[&bob]);
    bob.syncs(&world);
    bob.is_a_copy(&world, room);
    // Everybody in this one is somebody the organisation vouches for.
    let mut group = mallory.founds(room, &RoomPolicy::founded_by(handle("alice")));
    for name in ["alice", "bob"] {
        let package = world.hub.borrow().packages[&handle(name)][0].clone();
        mallory.adds(&mut group, room, &[package]);
    }
    let (group_info, tree) = shown(&mallory, &group);
    let head = RoomHead { epoch: group.epoch().as_u64(), ..world.hub.borrow().return_to(room).head };
    offers(&mut bob, &world, &Return { head, group_info, tree });
    is_stopped(&mut bob, &world, room, "into another room than the one its log leads to");
    goes_on(&world, room, [&mut alice]);
}

#[test]
fn a_device_that_comes_back_is_not_led_into_an_epoch_before_its_own() {
    let mut world = World::new();
    let [mut alice, mut bob, mut carol] = world.people(["alice", "bob", "carol"]);
    let room = alice.opens(&world, "room", &[&bob, &carol]);
    bob.syncs(&world);
    carol.syncs(&world);
    let with_carol = world.hub.borrow().return_to(room);
    alice.engine.want(room, Want::Remove(handle("carol")), world.now).unwrap();
    alice.syncs(&world);
    bob.syncs(&world);
    loses(&mut bob, &mut alice, &world, room);
    offers(&mut bob, &world, &with_carol);
    is_stopped(&mut bob, &world, room, "the server rolled this room back to an earlier time");
    goes_on(&world, room, [&mut alice]);
}

#[test]
fn a_device_does_not_come_back_where_it_never_was() {
    let mut world = World::new();
    let [mut alice, mut bob, mut carol] = world.people(["alice", "bob", "carol"]);
    let room = alice.opens(&world, "room", &[&bob]);
    bob.syncs(&world);
    // Carol is shown a welcome she has no key for: that is how a device learns that it lost a room.
    let mut welcome = world.hub.borrow().welcomes[&bob.device()][0].clone();
    let (seq, head) = world.hub.borrow().halls[&room].head(room);
    (welcome.seq, welcome.head) = (seq, head);
    assert_eq!(welcomes(&mut carol, &world, &welcome), Joined::In(room));
    carol.looks(&world);
    let offered = world.hub.borrow().return_to(room);
    offers(&mut carol, &world, &offered);
    is_stopped(&mut carol, &world, room, "a device came in that nobody added");
    goes_on(&world, room, [&mut alice, &mut bob]);
    assert_eq!(alice.members(room), ["alice", "bob"]);
}
