//! Who is in a room: the hub, or a member it is in league with, changes that in a way the rules forbid.

use chancery_engine::{Cause, Want};
use chancery_vault::Standing;
use chancery_wire::{
    content::{Content, Letter, View},
    frames::Submit,
    ids::{DeviceId, RoomId},
    names::Handle,
    policy::{RULES, Role, RoomPolicy},
    problem::Code,
};
use openmls::{extensions::Extensions, group::MlsGroup, prelude::LeafNodeIndex};

use super::{goes_on, stops};
use crate::{
    forger::Forger,
    person::{Person, World, handle, written},
    rogue::{Doing, Rogue, context},
};

/// Alice's room with Bob, and with Mallory, whom everybody believes and whose program is not ours.
fn with_mallory() -> (World, [Person; 2], Rogue, MlsGroup, RoomId) {
    let mut world = World::new();
    let [mut alice, mut bob] = world.people(["alice", "bob"]);
    let mallory = Rogue::enrolled(&world, &mut alice, "mallory", 66);
    let members = [handle("bob"), handle("mallory")];
    let room = alice.engine.open_room(&written("room"), &members, world.now).unwrap();
    alice.syncs(&world);
    bob.syncs(&world);
    let group = mallory.joins(&world);
    (world, [alice, bob], mallory, group, room)
}

/// The hub lets a handshake through without looking at it, to one face only, which is Bob's.
fn lets_through(world: &World, bob: &mut Person, submit: &Submit) {
    let face = world.other_face([bob]);
    face.borrow_mut().halls.get_mut(&submit.room).unwrap().append(submit, world.now);
}

fn place(group: &MlsGroup, who: &Handle) -> LeafNodeIndex {
    let leaves = chancery_groups::roster(group.public_group()).unwrap();
    LeafNodeIndex::new(leaves.iter().find(|leaf| leaf.name.account == *who).unwrap().index)
}

/// The room's policy, changed.
fn policy(group: &MlsGroup, change: impl FnOnce(&mut RoomPolicy)) -> Doing {
    let mut policy = chancery_groups::policy_of(group.extensions()).unwrap();
    change(&mut policy);
    Doing::Context(context(&policy))
}

#[test]
fn a_device_the_hub_made_does_not_come_in() {
    let mut world = World::new();
    let [mut alice, mut bob, mut carol] = world.people(["alice", "bob", "carol"]);
    let room = alice.opens(&world, "room", &[&bob, &carol]);
    bob.syncs(&world);
    carol.syncs(&world);
    let offered = world.hub.borrow().return_to(room);
    // Under a name of its own, and as one more device of Alice's.
    for name in ["mallory", "alice"] {
        let ghost = Rogue::named(name, DeviceId([66; 16]), 66);
        let commit = ghost.comes_in(&ghost.provider, &offered);
        bob.restarts();
        let image = bob.image();
        lets_through(&world, &mut bob, &commit);
        stops(&mut bob, &world, room, "its rules forbid: a device came in that nobody added");
        assert_eq!(bob.members(room), ["alice", "bob", "carol"]);
        bob.hub = world.hub.clone();
        bob.is_restored_from(&image);
    }
    goes_on(&world, room, [&mut alice, &mut bob, &mut carol]);
}

#[test]
fn a_device_that_comes_in_over_somebody_elses_leaf_is_refused() {
    let mut world = World::new();
    let [mut alice, mut bob, mut carol] = world.people(["alice", "bob", "carol"]);
    let mallory = Rogue::enrolled(&world, &mut alice, "mallory", 66);
    let room = alice.opens(&world, "room", &[&bob, &carol]);
    bob.syncs(&world);
    carol.syncs(&world);
    // MLS itself lets it pass: compare CVE-2026-71890.
    let mut offered = world.hub.borrow().return_to(room);
    let key = |person: &Person| person.engine.devices().unwrap()[0].key;
    let (forger, tree) = Forger::over(&offered.tree.0, key(&carol), mallory.key.verifying_key().to_bytes());
    offered.tree.0 = tree;
    let commit = mallory.comes_in(&forger, &offered);
    lets_through(&world, &mut bob, &commit);
    stops(&mut bob, &world, room, "a device that comes back may remove only its own former leaf");
    assert_eq!(bob.members(room), ["alice", "bob", "carol"]);
    goes_on(&world, room, [&mut alice, &mut carol]);
}

#[test]
fn a_device_that_nobody_vouches_for_is_not_added_by_a_member_either() {
    let ghosts = [
        (
            Rogue::named("alice", DeviceId([9; 16]), 9),
            "as one of alice's that is not in alice's device chain",
        ),
        (Rogue::named("zed", DeviceId([9; 16]), 9), "no device chain for zed: somebody nobody vouched for"),
    ];
    for (ghost, words) in ghosts {
        let (world, [mut alice, mut bob], mallory, mut group, room) = with_mallory();
        alice.engine.want(room, Want::Role(handle("mallory"), Role::Moderator), world.now).unwrap();
        alice.syncs(&world);
        // Mallory may add, and is in league with the hub.
        mallory.follows(&mut group, &world, room);
        let commit = mallory.commits(&mut group, room, Doing::Add(ghost.package(90, world.now)));
        lets_through(&world, &mut bob, &commit);
        stops(&mut bob, &world, room, words);
        assert_eq!(bob.members(room), ["alice", "bob", "mallory"]);
    }
}

#[test]
fn a_member_who_adds_somebody_without_the_right_to_is_refused() {
    let (world, [mut alice, mut bob], mallory, mut group, room) = with_mallory();
    let friend = Rogue::enrolled(&world, &mut alice, "trudy", 67);
    let commit = mallory.commits(&mut group, room, Doing::Add(friend.package(90, world.now)));
    assert!(world.hub.borrow_mut().submit(&commit, world.now).is_err(), "a true hub says no by itself");
    lets_through(&world, &mut bob, &commit);
    stops(&mut bob, &world, room, "its rules forbid: mallory may not add members here");
    goes_on(&world, room, [&mut alice]);
}

#[test]
fn a_member_who_removes_the_owner_is_refused() {
    let (world, [mut alice, mut bob], mallory, mut group, room) = with_mallory();
    let owner = place(&group, &alice.name);
    let commit = mallory.commits(&mut group, room, Doing::Remove(owner));
    assert!(world.hub.borrow_mut().submit(&commit, world.now).is_err(), "a true hub says no by itself");
    lets_through(&world, &mut bob, &commit);
    stops(&mut bob, &world, room, "its rules forbid: mallory may not remove members here");
    goes_on(&world, room, [&mut alice]);
}

#[test]
fn a_moderator_who_removes_the_owner_is_refused() {
    let (world, [mut alice, mut bob], mallory, mut group, room) = with_mallory();
    alice.engine.want(room, Want::Role(handle("mallory"), Role::Moderator), world.now).unwrap();
    alice.syncs(&world);
    mallory.follows(&mut group, &world, room);
    let owner = place(&group, &alice.name);
    let commit = mallory.commits(&mut group, room, Doing::Remove(owner));
    lets_through(&world, &mut bob, &commit);
    stops(&mut bob, &world, room, "alice cannot be removed by somebody whose role is not higher");
    goes_on(&world, room, [&mut alice]);
}

#[test]
fn a_member_who_makes_itself_owner_is_refused() {
    let (world, [mut alice, mut bob], mallory, mut group, room) = with_mallory();
    let owner = policy(&group, |policy| {
        policy.roles.insert(handle("mallory"), Role::Owner);
    });
    let commit = mallory.commits(&mut group, room, owner);
    assert!(world.hub.borrow_mut().submit(&commit, world.now).is_err(), "a true hub says no by itself");
    lets_through(&world, &mut bob, &commit);
    stops(&mut bob, &world, room, "its rules forbid: mallory may not change the policy here");
    let role = |person: &Person| {
        let members = person.engine.room(room).unwrap().members;
        members.into_iter().find(|member| member.handle.as_str() == "mallory").unwrap().role
    };
    assert_eq!((role(&bob), role(&alice)), (Role::Member, Role::Member));
    goes_on(&world, room, [&mut alice]);
}

#[test]
fn a_member_who_hides_the_way_back_is_refused() {
    let (world, _, mallory, mut group, room) = with_mallory();
    let nothing = policy(&group, |_| {});
    let commit = mallory.commits(&mut group, room, nothing);
    let mut unsigned = commit.clone();
    let mut info = unsigned.group_info.as_slice().to_vec();
    *info.last_mut().unwrap() ^= 1;
    unsigned.group_info = info.into();
    let refused = world.hub.borrow_mut().submit(&unsigned, world.now).unwrap_err();
    assert_eq!(refused.code.as_slice(), Code::Refused.as_str().as_bytes());
}

#[test]
fn a_room_that_asks_for_a_newer_program_waits_for_it() {
    let (world, [mut alice, mut bob], mallory, mut group, room) = with_mallory();
    let newer = policy(&group, |policy| policy.floor = RULES + 1);
    let commit = mallory.commits(&mut group, room, newer);
    let honest = world.hub.clone();
    lets_through(&world, &mut bob, &commit);
    for _ in 0..2 {
        bob.syncs(&world);
        assert_eq!(bob.engine.room(room).unwrap().standing, Standing::Paused);
        assert!(bob.why(room).contains("update it"), "{}", bob.why(room));
    }
    // A program that can read what stands there goes on by itself.
    bob.hub = honest;
    alice.says(&world, room, "are you with us?");
    bob.syncs(&world);
    assert_eq!(bob.reads(room), ["alice: are you with us?"]);
    goes_on(&world, room, [&mut alice, &mut bob]);
}

#[test]
fn a_room_without_its_policy_is_refused() {
    let (world, [_, mut bob], mallory, mut group, room) = with_mallory();
    let commit = mallory.commits(&mut group, room, Doing::Context(Extensions::empty()));
    lets_through(&world, &mut bob, &commit);
    stops(&mut bob, &world, room, "its rules forbid: it contains something rooms do not use");
}

#[test]
fn a_member_who_takes_another_ones_name_is_refused() {
    let (world, [mut alice, mut bob], mallory, mut group, room) = with_mallory();
    let mask = Rogue::named("alice", alice.device(), 68);
    let commit = mallory.becomes(&mut group, room, &mask);
    lets_through(&world, &mut bob, &commit);
    stops(&mut bob, &world, room, "its rules forbid: a leaf changed its name or its signature key");
    assert_eq!(bob.members(room), ["alice", "bob", "mallory"]);
    goes_on(&world, room, [&mut alice]);
}

#[test]
fn what_a_removed_member_sealed_before_is_not_shown_after() {
    let (world, [mut alice, mut bob], mallory, mut group, room) = with_mallory();
    let letter = |salt, seq, text: &str| {
        let head = world.hub.borrow().halls[&room].log[usize::try_from(seq).unwrap() - 1].head;
        let view =
            View { seq, head, authenticator: group.epoch_authenticator().as_slice().to_vec(), charter: 0 };
        Letter { salt: [salt; 16], view, content: Content::text(written(text)) }.encode()
    };
    let (in_time, too_late) = (letter(1, 1, "in time"), letter(2, 1, "too late"));
    let in_time = mallory.seals(&mut group, room, &in_time);
    let too_late = mallory.seals(&mut group, room, &too_late);
    world.hub.borrow_mut().submit(&in_time, world.now).unwrap();
    bob.syncs(&world);
    alice.syncs(&world);
    alice.engine.want(room, Want::Remove(handle("mallory")), world.now).unwrap();
    alice.syncs(&world);
    // A true hub takes it too: the epoch is one back, and who sealed it cannot be seen from outside.
    world.hub.borrow_mut().submit(&too_late, world.now).unwrap();
    for person in [&mut alice, &mut bob] {
        person.syncs(&world);
        assert_eq!(person.reads(room), ["mallory: in time"], "{}", person.name);
        assert_eq!(person.engine.room(room).unwrap().unopened, [(Cause::SenderGone, 1)], "{}", person.name);
    }
    goes_on(&world, room, [&mut alice, &mut bob]);
}

#[test]
fn a_member_who_keeps_a_device_of_somebody_who_leaves_is_refused() {
    let (mut world, [mut alice, mut bob], mallory, mut group, room) = with_mallory();
    let mut phone = world.linked(&mut bob, "phone");
    for person in [&mut bob, &mut phone, &mut alice] {
        person.syncs(&world);
    }
    mallory.follows(&mut group, &world, room);
    bob.engine.want(room, Want::Leave, world.now).unwrap();
    bob.syncs(&world);
    mallory.hears(&mut group, &world, room);
    let commit = mallory.commits(&mut group, room, Doing::Settle);
    assert!(world.hub.borrow_mut().submit(&commit, world.now).is_err(), "a true hub says no by itself");
    // Alice has heard that he asks.
    alice.looks(&world);
    lets_through(&world, &mut alice, &commit);
    stops(&mut alice, &world, room, "bob leaves, and would still have a device in the room");
}
