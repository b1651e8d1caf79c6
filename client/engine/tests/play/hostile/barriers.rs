//! Barriers: who may not meet does not, whether the hub holds it or not; and where some are together already, nothing is said.

use chancery_engine::{EngineError, Progress, Want};
use chancery_groups::Breach;
use chancery_transparency::Change;
use chancery_vault::Standing;
use chancery_wire::{
    content::{Content, Letter, View},
    ids::RoomId,
    policy::Role,
};
use openmls::prelude::OpenMlsProvider as _;

use super::stops;
use crate::{
    person::{Person, World, handle, written},
    rogue::{Doing, Rogue, context},
};

fn segment(name: &str, add: &[&str]) -> Change {
    let add = add.iter().map(|it| handle(it)).collect();
    Change::Segment { name: name.parse().unwrap(), add, remove: vec![] }
}

fn barrier(stands: bool) -> Change {
    Change::Barrier { between: ("research".parse().unwrap(), "trading".parse().unwrap()), stands }
}

/// Alice amends the charter, and the hub goes by it.
fn amends(alice: &mut Person, world: &World, change: Change) {
    alice.reads_charter(world.now);
    let amendment = alice.engine.amend(change, world.now).unwrap();
    world.hub.borrow_mut().amendments.push(amendment);
    alice.reads_charter(world.now);
    world.hub.borrow_mut().charter = Some(alice.engine.charter(world.now).unwrap());
}

/// Bob belongs to trading and Carol to research; Dora belongs to neither.
fn bank() -> (World, [Person; 4]) {
    let mut world = World::new();
    let mut people = world.people(["alice", "bob", "carol", "dora"]);
    amends(&mut people[0], &world, segment("trading", &["bob"]));
    amends(&mut people[0], &world, segment("research", &["carol"]));
    (world, people)
}

fn adds(person: &mut Person, world: &World, room: RoomId, whom: &str) -> Result<(), EngineError> {
    let wish = person.engine.want(room, Want::Add(vec![handle(whom)], Role::Member), world.now)?;
    person.syncs(world);
    assert_eq!(person.engine.progress(wish).unwrap(), Progress::Done);
    Ok(())
}

fn is_apart(error: &EngineError) -> bool {
    matches!(error, EngineError::Breach(Breach::Apart { .. }))
}

#[test]
fn nobody_brings_two_together_between_whom_a_barrier_stands() {
    let (world, [mut alice, mut bob, carol, mut dora]) = bank();
    amends(&mut alice, &world, barrier(true));
    dora.reads_charter(world.now);
    let room = dora.opens(&world, "deal", &[&bob]);
    bob.syncs(&world);
    let refused = adds(&mut dora, &world, room, "carol").unwrap_err();
    assert!(is_apart(&refused), "{refused}");
    let both = [bob.name.clone(), carol.name.clone()];
    let refused = dora.engine.open_room(&written("both"), &both, world.now).unwrap_err();
    assert!(is_apart(&refused), "{refused}");
    // Who belongs to neither meets both, one by one; and when the barrier is lifted, all of them.
    dora.opens(&world, "desk", &[&carol]);
    amends(&mut alice, &world, barrier(false));
    dora.reads_charter(world.now);
    adds(&mut dora, &world, room, "carol").unwrap();
    bob.syncs(&world);
    dora.says(&world, room, "welcome");
    bob.syncs(&world);
    assert_eq!(bob.engine.room(room).unwrap().members.len(), 3);
}

#[test]
fn a_device_that_does_not_know_of_the_barrier_yet_learns_of_it_before_it_adds_anybody() {
    let (world, [mut alice, mut bob, _, mut dora]) = bank();
    let room = dora.opens(&world, "deal", &[&bob]);
    bob.syncs(&world);
    dora.looks(&world);
    let wish = dora.engine.want(room, Want::Add(vec![handle("carol")], Role::Member), world.now).unwrap();
    amends(&mut alice, &world, barrier(true));
    // Without connecting anew: the hub says that the charter was amended.
    for _ in 0..5 {
        dora.takes_in(world.now);
        dora.sends(world.now);
    }
    let Progress::Refused(why) = dora.engine.progress(wish).unwrap() else { panic!("not refused") };
    assert!(why.contains("barrier"), "{why}");
    bob.syncs(&world);
    assert_eq!(bob.engine.room(room).unwrap().members.len(), 2);
}

#[test]
fn where_some_are_together_already_nothing_is_said_until_one_has_gone() {
    let (world, [mut alice, mut bob, mut carol, mut dora]) = bank();
    let room = dora.opens(&world, "deal", &[&bob, &carol]);
    bob.syncs(&world);
    carol.syncs(&world);
    amends(&mut alice, &world, barrier(true));
    for person in [&mut bob, &mut carol, &mut dora] {
        person.looks(&world);
        let view = person.engine.room(room).unwrap();
        assert!(view.apart.is_some_and(|why| why.contains("bob") && why.contains("carol")));
        let wish = person.engine.want(room, Want::Say(written("secret")), world.now).unwrap();
        while person.sends(world.now) {
            person.takes_in(world.now);
        }
        assert!(matches!(person.engine.progress(wish).unwrap(), Progress::Refused(_)), "{}", person.name);
        person.engine.dismiss(wish, world.now).unwrap();
    }
    dora.engine.want(room, Want::Remove(handle("carol")), world.now).unwrap();
    dora.syncs(&world);
    dora.says(&world, room, "again");
    bob.syncs(&world);
    assert_eq!(bob.engine.room(room).unwrap().apart, None);
    bob.says(&world, room, "among us");
}

#[test]
fn what_was_done_before_the_barrier_is_read_after_it_as_it_was_then() {
    let (world, [mut alice, mut bob, carol, mut dora]) = bank();
    let room = dora.opens(&world, "deal", &[&bob]);
    bob.syncs(&world);
    adds(&mut dora, &world, room, "carol").unwrap();
    dora.says(&world, room, "all of us");
    amends(&mut alice, &world, barrier(true));
    drop(carol);
    bob.looks(&world);
    let view = bob.engine.room(room).unwrap();
    assert_eq!((view.standing, view.members.len()), (Standing::Joined, 3));
    assert!(view.apart.is_some());
}

#[test]
fn a_hub_that_holds_the_barrier_back_from_whoever_adds_is_caught_by_whoever_has_spoken_since() {
    let (world, [mut alice, mut bob, carol, mut dora]) = bank();
    let room = dora.opens(&world, "deal", &[&bob]);
    bob.syncs(&world);
    // Dora's hub forgets the barrier, and so does Carol's.
    let lies = world.other_face([&mut dora]);
    amends(&mut alice, &world, barrier(true));
    lies.borrow_mut().charter = None;
    bob.says(&world, room, "I know of it");
    let said = world.hub.borrow().entries(room, 1).pop().unwrap();
    lies.borrow_mut().halls.get_mut(&room).unwrap().log.push(said);
    adds(&mut dora, &world, room, "carol").unwrap();
    // To Bob it shows the barrier, as before.
    let amendments = world.hub.borrow().amendments.clone();
    lies.borrow_mut().amendments = amendments;
    bob.hub = lies;
    drop(carol);
    stops(&mut bob, &world, room, "amendment");
}

#[test]
fn nothing_is_said_to_those_who_came_in_while_the_hub_held_the_barrier_back() {
    let (world, [mut alice, mut bob, mut carol, mut dora]) = bank();
    let room = dora.opens(&world, "deal", &[&bob]);
    bob.syncs(&world);
    let lies = world.other_face([&mut dora]);
    amends(&mut alice, &world, barrier(true));
    lies.borrow_mut().charter = None;
    bob.reads_charter(world.now);
    carol.reads_charter(world.now);
    adds(&mut dora, &world, room, "carol").unwrap();
    // Nobody has spoken since, so that nobody can say when it was. Bob says nothing to Carol all the same, and she does not come in.
    let amendments = world.hub.borrow().amendments.clone();
    lies.borrow_mut().amendments = amendments;
    (bob.hub, carol.hub) = (lies.clone(), lies);
    bob.looks(&world);
    let wish = bob.engine.want(room, Want::Say(written("secret")), world.now).unwrap();
    bob.sends(world.now);
    assert!(matches!(bob.engine.progress(wish).unwrap(), Progress::Refused(_)));
    // She is in it, and says nothing either; nothing is an alarm, for it can come so by itself.
    carol.looks(&world);
    let view = carol.engine.room(room).unwrap();
    assert!(view.standing == Standing::Joined && view.apart.is_some());
    let wish = carol.engine.want(room, Want::Say(written("secret")), world.now).unwrap();
    carol.sends(world.now);
    assert!(matches!(carol.engine.progress(wish).unwrap(), Progress::Refused(_)));
}

#[test]
fn who_was_welcomed_before_the_barrier_takes_part_again_when_the_other_one_has_gone() {
    let (world, [mut alice, mut bob, mut carol, mut dora]) = bank();
    let room = dora.opens(&world, "deal", &[&bob, &carol]);
    bob.syncs(&world);
    amends(&mut alice, &world, barrier(true));
    // Carol comes online only now.
    carol.looks(&world);
    assert!(carol.engine.room(room).unwrap().apart.is_some());
    dora.engine.want(room, Want::Remove(handle("bob")), world.now).unwrap();
    dora.syncs(&world);
    dora.says(&world, room, "you and I");
    carol.syncs(&world);
    assert!(carol.reads(room).contains(&"dora: you and I".to_owned()), "{:?}", carol.reads(room));
}

#[test]
fn a_member_who_speaks_of_a_charter_that_there_is_not_keeps_nobody_from_reading_it() {
    let mut world = World::new();
    let [mut alice, mut bob, carol] = world.people(["alice", "bob", "carol"]);
    let mallory = Rogue::enrolled(&world, &mut alice, "mallory", 66);
    let members = [handle("bob"), handle("mallory")];
    let room = alice.engine.open_room(&written("room"), &members, world.now).unwrap();
    alice.syncs(&world);
    bob.syncs(&world);
    let mut group = mallory.joins(&world);
    let (seq, head) = world.hub.borrow().halls[&room].head(room);
    let authenticator = group.epoch_authenticator().as_slice().to_vec();
    let view = View { seq, head, authenticator, charter: u64::MAX };
    let content = Content::text(written("there is a barrier"));
    let submit = mallory.seals(&mut group, room, &Letter { salt: [1; 16], view, content }.encode());
    world.hub.borrow_mut().submit(&submit, world.now).unwrap();
    bob.takes_in(world.now);
    // The charter does grow; somebody is brought in by it, and Bob, who stays connected, follows.
    amends(&mut alice, &world, segment("research", &["carol"]));
    adds(&mut alice, &world, room, "carol").unwrap();
    bob.takes_in(world.now);
    let view = bob.engine.room(room).unwrap();
    assert_eq!((view.standing, view.members.len()), (Standing::Joined, 4), "{:?}", view.why);
    drop(carol);
}

#[test]
fn a_member_in_league_with_the_hub_brings_nobody_across() {
    let (world, [mut alice, mut bob, carol, _]) = bank();
    amends(&mut alice, &world, barrier(true));
    let mallory = Rogue::enrolled(&world, &mut alice, "mallory", 66);
    let members = [handle("bob"), handle("mallory")];
    let room = alice.engine.open_room(&written("room"), &members, world.now).unwrap();
    alice.syncs(&world);
    alice.engine.want(room, Want::Role(handle("mallory"), Role::Owner), world.now).unwrap();
    alice.syncs(&world);
    bob.syncs(&world);
    let mut group = mallory.joins(&world);
    mallory.follows(&mut group, &world, room);
    let package = world.hub.borrow_mut().claim(&carol.name, world.now).unwrap().packages.remove(0);
    // Whatever charter the commit says it goes by: the one that is, an older one, or one that there is not.
    let known = bob.engine.charter(world.now).unwrap().separated();
    for (charter, caught) in [(known, "barrier"), (0, "policy"), (known + 7, "there is none")] {
        let mut policy = chancery_groups::policy_of(group.extensions()).unwrap();
        policy.charter = charter;
        let submit = mallory.commits(&mut group, room, Doing::AddBy(package.clone(), context(&policy)));
        group.clear_pending_commit(mallory.provider.storage()).unwrap();
        let face = world.other_face([&mut bob]);
        face.borrow_mut().halls.get_mut(&room).unwrap().append(&submit, world.now);
        let image = bob.image();
        stops(&mut bob, &world, room, caught);
        bob.is_restored_from(&image);
    }
}
