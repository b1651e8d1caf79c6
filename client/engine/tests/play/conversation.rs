//! What two or three people do in rooms, and what happens to their devices on the way.

use chancery_engine::{Cause, Out, Progress, Want};
use chancery_vault::Standing;
use chancery_wire::{frames::Refused, policy::Role, problem::Code};

use super::person::{A_WEEK, World, handle, written};

#[test]
fn three_people_talk() {
    let mut world = World::new();
    let [mut alice, mut bob, mut carol] = world.people(["alice", "bob", "carol"]);
    let room = alice.opens(&world, "Ward 7", &[&bob, &carol]);
    alice.says(&world, room, "good morning");
    bob.syncs(&world);
    bob.says(&world, room, "good morning, alice");
    carol.syncs(&world);
    carol.says(&world, room, "and a third one");
    for person in [&mut alice, &mut bob, &mut carol] {
        person.syncs(&world);
    }
    let said = ["alice: good morning", "bob: good morning, alice", "carol: and a third one"];
    for person in [&alice, &bob, &carol] {
        assert_eq!(person.reads(room), said, "{}", person.name);
        assert_eq!(person.engine.room(room).unwrap().name.as_deref(), Some("Ward 7"));
        assert_eq!(person.members(room), ["alice", "bob", "carol"]);
    }
}

#[test]
fn who_is_removed_reads_nothing_more_and_is_told() {
    let mut world = World::new();
    let [mut alice, mut bob, mut carol] = world.people(["alice", "bob", "carol"]);
    let room = alice.opens(&world, "room", &[&bob, &carol]);
    bob.syncs(&world);
    carol.syncs(&world);
    alice.engine.want(room, Want::Remove(handle("bob")), world.now).unwrap();
    alice.says(&world, room, "without bob");
    carol.syncs(&world);
    bob.syncs(&world);
    assert_eq!(carol.reads(room), ["alice: without bob"]);
    assert!(bob.reads(room).is_empty());
    assert_eq!(bob.engine.room(room).unwrap().standing, Standing::Left);
    assert_eq!(carol.members(room), ["alice", "carol"]);
    let refused = bob.engine.want(room, Want::Say(written("hello?")), world.now).unwrap_err();
    assert!(refused.to_string().contains("not in this room"), "{refused}");
}

#[test]
fn members_do_what_their_role_allows_and_no_more() {
    let mut world = World::new();
    let [mut alice, mut bob, mut carol] = world.people(["alice", "bob", "carol"]);
    let room = alice.opens(&world, "room", &[&bob]);
    bob.syncs(&world);
    let add = Want::Add(vec![handle("carol")], Role::Member);
    assert!(bob.engine.want(room, add.clone(), world.now).is_err());
    alice.engine.want(room, Want::Role(handle("bob"), Role::Moderator), world.now).unwrap();
    alice.syncs(&world);
    bob.syncs(&world);
    bob.engine.want(room, add, world.now).unwrap();
    bob.syncs(&world);
    carol.syncs(&world);
    assert_eq!(carol.members(room), ["alice", "bob", "carol"]);
    assert!(bob.engine.want(room, Want::Remove(handle("alice")), world.now).is_err());
    let last = alice.engine.want(room, Want::Leave, world.now).unwrap_err();
    assert!(last.to_string().contains("only owner"), "{last}");
}

#[test]
fn who_leaves_is_gone_once_somebody_took_it_in() {
    let mut world = World::new();
    let [mut alice, mut bob, mut carol] = world.people(["alice", "bob", "carol"]);
    let room = alice.opens(&world, "room", &[&bob, &carol]);
    bob.syncs(&world);
    carol.syncs(&world);
    bob.engine.want(room, Want::Leave, world.now).unwrap();
    bob.syncs(&world);
    // Carol wants to say something: that takes the leaving in first.
    carol.says(&world, room, "goodbye");
    alice.syncs(&world);
    bob.syncs(&world);
    assert_eq!(bob.engine.room(room).unwrap().standing, Standing::Left);
    assert_eq!(alice.reads(room), ["carol: goodbye"]);
    assert_eq!(alice.members(room), ["alice", "carol"]);
}

#[test]
fn two_who_commit_at_once_converge() {
    let mut world = World::new();
    let [mut alice, mut bob, mut carol, dora] = world.people(["alice", "bob", "carol", "dora"]);
    let room = alice.opens(&world, "room", &[&bob, &carol]);
    alice.engine.want(room, Want::Role(handle("bob"), Role::Owner), world.now).unwrap();
    for person in [&mut alice, &mut bob, &mut carol] {
        person.syncs(&world);
    }
    // Both have made their commits before either is sent.
    alice.engine.want(room, Want::Add(vec![handle("dora")], Role::Member), world.now).unwrap();
    bob.engine.want(room, Want::Remove(handle("carol")), world.now).unwrap();
    bob.engine.want(room, Want::Say(written("carol has left the bank")), world.now).unwrap();
    let removal = bob.engine.outgoing(world.now).unwrap();
    alice.syncs(&world);
    assert_eq!(removal.len(), 1);
    bob.engine.connected(world.now);
    bob.syncs(&world);
    for person in [&mut alice, &mut carol, &mut bob] {
        person.syncs(&world);
    }
    let mut dora = dora;
    dora.syncs(&world);
    for person in [&alice, &bob, &dora] {
        assert_eq!(person.members(room), ["alice", "bob", "dora"], "{}", person.name);
    }
    for person in [&alice, &bob, &dora] {
        assert_eq!(person.reads(room), ["bob: carol has left the bank"], "{}", person.name);
    }
}

#[test]
fn a_message_sealed_in_an_old_epoch_arrives_once() {
    for epochs in 1..=3 {
        let mut world = World::new();
        let [mut alice, mut bob, mut carol] = world.people(["alice", "bob", "carol"]);
        let room = alice.opens(&world, "room", &[&bob, &carol]);
        bob.syncs(&world);
        carol.syncs(&world);
        // Bob seals, and the connection is lost before anything leaves.
        let wish = bob.engine.want(room, Want::Say(written("late")), world.now).unwrap();
        assert_eq!(bob.engine.outgoing(world.now).unwrap().len(), 1);
        for at in 0..epochs {
            let role = if at % 2 == 0 { Role::Moderator } else { Role::Member };
            alice.engine.want(room, Want::Role(handle("carol"), role), world.now).unwrap();
            alice.syncs(&world);
        }
        bob.restarts();
        bob.syncs(&world);
        for person in [&mut alice, &mut carol] {
            person.syncs(&world);
        }
        assert_eq!(bob.engine.progress(wish).unwrap(), Progress::Done);
        for person in [&alice, &bob, &carol] {
            assert_eq!(person.reads(room), ["bob: late"], "{} after {epochs}", person.name);
        }
    }
}

#[test]
fn a_week_without_a_connection_is_caught_up_with() {
    let mut world = World::new();
    let [mut alice, mut bob, mut carol] = world.people(["alice", "bob", "carol"]);
    let room = alice.opens(&world, "room", &[&bob, &carol]);
    bob.syncs(&world);
    carol.syncs(&world);
    for day in 0..7 {
        world.later(A_WEEK / 7 + 1);
        alice.says(&world, room, &format!("day {day}"));
        carol.syncs(&world);
    }
    let epoch = alice.engine.room(room).unwrap().epoch.unwrap();
    assert!(epoch > 7, "leaves are renewed every day: {epoch}");
    bob.syncs(&world);
    bob.says(&world, room, "back");
    alice.syncs(&world);
    assert_eq!(bob.reads(room).len(), 8);
    assert_eq!(alice.reads(room), bob.reads(room));
}

#[test]
fn a_device_that_lost_what_the_server_has_deleted_comes_back() {
    let mut world = World::new();
    let [mut alice, mut bob] = world.people(["alice", "bob"]);
    let room = alice.opens(&world, "room", &[&bob]);
    bob.syncs(&world);
    alice.engine.want(room, Want::Role(handle("bob"), Role::Moderator), world.now).unwrap();
    alice.says(&world, room, "never seen by bob");
    // The time limit has passed: bodies are gone, the chain stays.
    let (last, _) = alice.hub.borrow().halls[&room].head(room);
    alice.hub.borrow_mut().halls.get_mut(&room).unwrap().log.iter_mut().for_each(|entry| entry.body = None);
    bob.syncs(&world);
    let view = bob.engine.room(room).unwrap();
    assert_eq!(view.standing, Standing::Joined);
    assert!(view.seq > last);
    assert_eq!(view.unopened.iter().map(|(_, count)| count).sum::<u64>(), 1);
    bob.says(&world, room, "here again");
    alice.syncs(&world);
    alice.says(&world, room, "welcome back");
    bob.syncs(&world);
    assert_eq!(bob.reads(room), ["bob: here again", "alice: welcome back"]);
    assert_eq!(alice.members(room), ["alice", "bob"]);
}

#[test]
fn a_device_restored_from_an_old_image_notices_and_sends_nothing_with_old_keys() {
    let mut world = World::new();
    let [mut alice, mut bob] = world.people(["alice", "bob"]);
    let room = alice.opens(&world, "room", &[&bob]);
    bob.syncs(&world);
    bob.says(&world, room, "first");
    bob.restarts();
    let image = bob.image();
    bob.says(&world, room, "second");
    bob.is_restored_from(&image);
    bob.says(&world, room, "third");
    alice.syncs(&world);
    alice.says(&world, room, "fourth");
    bob.syncs(&world);
    assert_eq!(alice.reads(room), ["bob: first", "bob: second", "bob: third", "alice: fourth"]);
    let view = bob.engine.room(room).unwrap();
    assert_eq!(view.unopened, [(Cause::OtherCopy, 1)]);
    assert!(bob.reads(room).ends_with(&["bob: third".to_owned(), "alice: fourth".to_owned()]));
}

#[test]
fn a_restored_device_notices_too_when_all_it_sent_since_was_deleted_from_the_server() {
    let mut world = World::new();
    let [mut alice, mut bob] = world.people(["alice", "bob"]);
    let room = alice.opens(&world, "room", &[&bob]);
    bob.syncs(&world);
    bob.restarts();
    let image = bob.image();
    bob.says(&world, room, "first");
    alice.syncs(&world);
    // Everybody has had it.
    alice.hub.borrow_mut().halls.get_mut(&room).unwrap().log.iter_mut().for_each(|entry| entry.body = None);
    bob.is_restored_from(&image);
    bob.says(&world, room, "second");
    alice.syncs(&world);
    assert_eq!(alice.reads(room), ["bob: first", "bob: second"]);
    assert_eq!(alice.engine.room(room).unwrap().unopened, []);
    assert_eq!(bob.engine.room(room).unwrap().unopened, [(Cause::Expired, 1)]);
}

#[test]
fn a_program_that_dies_between_any_two_calls_loses_and_repeats_nothing() {
    let mut world = World::new();
    let [mut alice, mut bob] = world.people(["alice", "bob"]);
    let room = alice.engine.open_room(&written("room"), &[handle("bob")], world.now).unwrap();
    for round in 0..6 {
        alice.engine.want(room, Want::Say(written(&format!("message {round}"))), world.now).ok();
        // Dies before sending, after sealing, after sending, after being answered.
        match round % 3 {
            0 => {}
            1 => drop(alice.engine.outgoing(world.now).unwrap()),
            _ => drop(alice.sends(world.now)),
        }
        alice.restarts();
        alice.engine.connected(world.now);
        alice.takes_in(world.now);
    }
    alice.syncs(&world);
    bob.syncs(&world);
    let expected: Vec<String> = (0..6).map(|round| format!("alice: message {round}")).collect();
    assert_eq!(alice.reads(room), expected);
    assert_eq!(bob.reads(room), expected);
}

#[test]
fn a_person_who_was_removed_can_be_added_again() {
    let mut world = World::new();
    let [mut alice, mut bob] = world.people(["alice", "bob"]);
    let room = alice.opens(&world, "room", &[&bob]);
    bob.syncs(&world);
    alice.engine.want(room, Want::Remove(handle("bob")), world.now).unwrap();
    alice.says(&world, room, "in between");
    alice.engine.want(room, Want::Add(vec![handle("bob")], Role::Member), world.now).unwrap();
    alice.says(&world, room, "again");
    bob.syncs(&world);
    assert_eq!(bob.reads(room), ["alice: again"]);
    bob.says(&world, room, "thanks");
    alice.syncs(&world);
    assert_eq!(alice.reads(room), ["alice: in between", "alice: again", "bob: thanks"]);
}

#[test]
fn a_role_does_not_come_back_with_the_person() {
    let mut world = World::new();
    let [mut alice, mut bob, mut mo] = world.people(["alice", "bob", "mo"]);
    let room = alice.opens(&world, "room", &[&bob, &mo]);
    for (who, role) in [("bob", Role::Owner), ("mo", Role::Moderator)] {
        alice.engine.want(room, Want::Role(handle(who), role), world.now).unwrap();
    }
    for person in [&mut alice, &mut bob, &mut mo] {
        person.syncs(&world);
    }
    bob.engine.want(room, Want::Leave, world.now).unwrap();
    bob.syncs(&world);
    mo.says(&world, room, "goodbye");
    let add = || Want::Add(vec![handle("bob")], Role::Member);
    let wish = mo.engine.want(room, add(), world.now).unwrap();
    while mo.sends(world.now) {}
    let Progress::Refused(why) = mo.engine.progress(wish).unwrap() else { panic!("mo makes bob an owner") };
    assert!(why.contains("mo may not change the policy"), "{why}");
    mo.engine.dismiss(wish, world.now).unwrap();
    alice.syncs(&world);
    alice.engine.want(room, add(), world.now).unwrap();
    for person in [&mut alice, &mut mo, &mut bob] {
        person.syncs(&world);
    }
    let members = mo.engine.room(room).unwrap().members;
    let role = members.iter().find(|member| member.handle.as_str() == "bob").unwrap().role;
    assert_eq!(role, Role::Member);
}

#[test]
fn of_two_owners_who_leave_at_once_one_stays() {
    let mut world = World::new();
    let [mut alice, mut bob, mut carol] = world.people(["alice", "bob", "carol"]);
    let room = alice.opens(&world, "room", &[&bob, &carol]);
    alice.engine.want(room, Want::Role(handle("bob"), Role::Owner), world.now).unwrap();
    for person in [&mut alice, &mut bob, &mut carol] {
        person.syncs(&world);
    }
    // Both have asked before either is heard.
    alice.engine.want(room, Want::Leave, world.now).unwrap();
    bob.engine.want(room, Want::Leave, world.now).unwrap();
    let asked = bob.engine.outgoing(world.now).unwrap();
    assert_eq!(asked.len(), 1);
    alice.syncs(&world);
    for _ in 0..3 {
        bob.looks(&world);
        while bob.sends(world.now) {}
    }
    let view = bob.engine.room(room).unwrap();
    assert_eq!((view.standing, view.unsent.len()), (Standing::Joined, 1), "{view:?}");
    bob.engine.dismiss(view.unsent[0].wish, world.now).unwrap();
    bob.syncs(&world);
    carol.says(&world, room, "goodbye, alice");
    bob.syncs(&world);
    assert_eq!(bob.members(room), ["bob", "carol"]);
    assert_eq!(bob.reads(room), ["carol: goodbye, alice"]);
}

#[test]
fn a_removed_device_is_told_who_did_it_also_while_it_has_lost_the_room() {
    for lost in [false, true] {
        let mut world = World::new();
        let [mut alice, mut bob] = world.people(["alice", "bob"]);
        let room = alice.opens(&world, "room", &[&bob]);
        bob.syncs(&world);
        bob.restarts();
        let image = bob.image();
        if lost {
            bob.says(&world, room, "this copy does not know that it said this");
            bob.is_restored_from(&image);
        }
        alice.engine.want(room, Want::Remove(handle("bob")), world.now).unwrap();
        alice.syncs(&world);
        bob.syncs(&world);
        assert_eq!(bob.engine.room(room).unwrap().standing, Standing::Left, "lost: {lost}");
        assert_eq!(bob.why(room), "alice removed you");
    }
}

#[test]
fn a_change_that_is_under_way_is_not_made_another_when_somebody_asks_to_leave() {
    let mut world = World::new();
    let [mut alice, mut bob, mut carol] = world.people(["alice", "bob", "carol"]);
    let room = alice.opens(&world, "room", &[&bob, &carol]);
    bob.syncs(&world);
    carol.syncs(&world);
    // Alice's change is on its way; Bob's proposal is there before it.
    alice.engine.want(room, Want::Role(handle("carol"), Role::Moderator), world.now).unwrap();
    let sent = alice.engine.outgoing(world.now).unwrap();
    bob.engine.want(room, Want::Leave, world.now).unwrap();
    bob.syncs(&world);
    alice.takes_in(world.now);
    world.later(10);
    assert!(
        alice.engine.outgoing(world.now).unwrap().is_empty(),
        "it waits for what becomes of the first one"
    );
    let [Out::Submit(change)] = sent.as_slice() else { panic!("{sent:?}") };
    world.hub.borrow_mut().submit(change, world.now).unwrap();
    alice.syncs(&world);
    bob.syncs(&world);
    alice.says(&world, room, "goodbye, bob");
    carol.syncs(&world);
    assert_eq!(carol.reads(room), ["alice: goodbye, bob"]);
    for person in [&alice, &carol] {
        assert_eq!(person.members(room), ["alice", "carol"], "{}", person.name);
    }
}

#[test]
fn what_was_sealed_too_long_ago_does_not_stop_who_has_asked_to_leave() {
    let mut world = World::new();
    let [mut alice, mut bob, mut carol] = world.people(["alice", "bob", "carol"]);
    let room = alice.opens(&world, "room", &[&bob, &carol]);
    bob.syncs(&world);
    carol.syncs(&world);
    // Bob seals, and the connection is lost before it leaves. The room moves on by two epochs.
    bob.engine.want(room, Want::Say(written("late")), world.now).unwrap();
    assert_eq!(bob.engine.outgoing(world.now).unwrap().len(), 1);
    for role in [Role::Moderator, Role::Member] {
        alice.engine.want(room, Want::Role(handle("carol"), role), world.now).unwrap();
        alice.syncs(&world);
    }
    // The hub refuses what he says, and takes his leave.
    bob.engine.want(room, Want::Leave, world.now).unwrap();
    for _ in 0..3 {
        bob.looks(&world);
        while bob.sends(world.now) {}
    }
    carol.says(&world, room, "goodbye, bob");
    alice.syncs(&world);
    bob.looks(&world);
    let view = bob.engine.room(room).unwrap();
    assert_eq!((view.standing, view.unsent.len()), (Standing::Left, 1), "{view:?}");
    assert_eq!(alice.reads(room), ["carol: goodbye, bob"]);
}

#[test]
fn who_was_removed_reads_what_was_said_before_however_often_its_own_words_are_refused() {
    let mut world = World::new();
    let [mut alice, mut bob] = world.people(["alice", "bob"]);
    let room = alice.opens(&world, "room", &[&bob]);
    bob.syncs(&world);
    bob.engine.want(room, Want::Say(written("late")), world.now).unwrap();
    let sent = bob.engine.outgoing(world.now).unwrap();
    let [Out::Submit(late)] = sent.as_slice() else { panic!("{sent:?}") };
    alice.says(&world, room, "bob, this is for you");
    alice.engine.want(room, Want::Remove(handle("bob")), world.now).unwrap();
    alice.syncs(&world);
    // The connection was lost, and it was sent over the next one as well.
    let code = Code::NoRoom.as_str().as_bytes().to_vec().into();
    let refused = Refused { id: late.id, room, code, title: vec![].into() };
    for _ in 0..2 {
        bob.engine.refused(&refused, world.now).unwrap();
    }
    bob.looks(&world);
    assert_eq!(bob.reads(room), ["alice: bob, this is for you"]);
    assert_eq!(bob.why(room), "alice removed you");
}

#[test]
fn one_of_many_messages_that_the_server_was_too_busy_for_is_read_all_the_same() {
    let mut world = World::new();
    let [mut alice, mut bob] = world.people(["alice", "bob"]);
    let room = alice.opens(&world, "room", &[&bob]);
    bob.syncs(&world);
    for number in 0..60 {
        alice.engine.want(room, Want::Say(written(&number.to_string())), world.now).unwrap();
    }
    for (number, out) in alice.engine.outgoing(world.now).unwrap().into_iter().enumerate() {
        let Out::Submit(submit) = out else { panic!("{out:?}") };
        if number == 0 {
            let code = Code::Busy.as_str().as_bytes().to_vec().into();
            let busy = Refused { id: submit.id, room, code, title: vec![].into() };
            alice.engine.refused(&busy, world.now).unwrap();
        } else {
            world.hub.borrow_mut().submit(&submit, world.now).unwrap();
        }
    }
    alice.syncs(&world);
    bob.syncs(&world);
    assert_eq!(bob.reads(room).len(), 60);
    assert!(bob.engine.room(room).unwrap().unopened.is_empty());
}

#[test]
fn who_is_alone_in_a_room_can_leave_it() {
    let mut world = World::new();
    let [mut alice] = world.people(["alice"]);
    let room = alice.opens(&world, "alone", &[]);
    let wish = alice.engine.want(room, Want::Leave, world.now).unwrap();
    alice.syncs(&world);
    assert_eq!(alice.engine.progress(wish).unwrap(), Progress::Done);
    assert_eq!(alice.engine.room(room).unwrap().standing, Standing::Left);
}
