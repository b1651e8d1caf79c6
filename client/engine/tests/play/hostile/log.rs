//! Lies about a room's log: what is left out, changed, repeated, put elsewhere or shown to some only.

use std::slice;

use chancery_engine::{Cause, Out, Progress, Want};
use chancery_vault::Standing;
use chancery_wire::{
    frames::{Accepted, Kind, Submit},
    ids::RoomId,
    policy::Role,
};

use super::{goes_on, is_stopped, stops};
use crate::{
    hub::submission,
    person::{Person, World, handle, written},
};

/// Alice, Bob and Carol in a room, everybody up to date.
fn three() -> (World, [Person; 3], RoomId) {
    let mut world = World::new();
    let [mut alice, mut bob, mut carol] = world.people(["alice", "bob", "carol"]);
    let room = alice.opens(&world, "room", &[&bob, &carol]);
    for person in [&mut bob, &mut carol, &mut alice] {
        person.syncs(&world);
    }
    (world, [alice, bob, carol], room)
}

/// What a person would send now, without sending it.
fn seals(person: &mut Person, world: &World, room: RoomId, text: &str) -> Submit {
    person.engine.want(room, Want::Say(written(text)), world.now).unwrap();
    let mut out = person.engine.outgoing(world.now).unwrap();
    match (out.pop(), out.pop()) {
        (Some(Out::Submit(submit)), None) => submit,
        other => panic!("{other:?}"),
    }
}

/// The last body of the log.
fn last(world: &World, room: RoomId) -> Vec<u8> {
    world.hub.borrow().halls[&room].log.last().unwrap().body.as_ref().unwrap().as_slice().to_vec()
}

#[test]
fn an_acknowledged_message_that_somebody_elses_replaced_is_missed() {
    let (world, [mut alice, mut bob, mut carol], room) = three();
    let submit = seals(&mut alice, &world, room, "acknowledged");
    let promise = world.hub.borrow().twin().submit(&submit, world.now).unwrap();
    alice.engine.accepted(&promise, world.now).unwrap();
    bob.says(&world, room, "in its place");
    stops(&mut alice, &world, room, "acknowledged a message and then did not put it into the room");
    goes_on(&world, room, [&mut bob, &mut carol]);
}

#[test]
fn an_acknowledgement_of_a_place_already_taken_is_a_lie() {
    let (world, [mut alice, mut bob, _], room) = three();
    let submit = seals(&mut alice, &world, room, "acknowledged");
    let promise = world.hub.borrow().twin().submit(&submit, world.now).unwrap();
    bob.says(&world, room, "in its place");
    alice.takes_in(world.now);
    alice.engine.accepted(&promise, world.now).unwrap();
    is_stopped(&mut alice, &world, room, "acknowledged a message and then did not put it into the room");
}

#[test]
fn an_acknowledged_message_that_is_gone_at_the_next_connection_is_missed() {
    // The hub lost its last entry, or promises a place the log never comes to.
    for far in [0, 1_000_000] {
        let (world, [mut alice, mut bob, mut carol], room) = three();
        let submit = seals(&mut alice, &world, room, "acknowledged");
        let promise = world.hub.borrow().twin().submit(&submit, world.now).unwrap();
        alice.engine.accepted(&Accepted { seq: promise.seq + far, ..promise }, world.now).unwrap();
        // On the same connection it may still be under way.
        alice.takes_in(world.now);
        assert_eq!(alice.engine.room(room).unwrap().standing, Standing::Joined);
        stops(&mut alice, &world, room, "acknowledged a message and then did not put it into the room");
        goes_on(&world, room, [&mut bob, &mut carol]);
    }
}

#[test]
fn a_promise_that_is_kept_raises_no_alarm() {
    let (world, [mut alice, mut bob, mut carol], room) = three();
    let submit = seals(&mut alice, &world, room, "promised and kept");
    let promise = world.hub.borrow_mut().submit(&submit, world.now).unwrap();
    alice.engine.accepted(&promise, world.now).unwrap();
    alice.restarts();
    alice.syncs(&world);
    assert_eq!(alice.reads(room), ["alice: promised and kept"]);
    goes_on(&world, room, [&mut alice, &mut bob, &mut carol]);
}

#[test]
fn a_gap_in_the_log_is_noticed() {
    let (world, [mut alice, mut bob, mut carol], room) = three();
    alice.says(&world, room, "left out");
    alice.says(&world, room, "shown");
    // What only overtook something is fetched, and nothing is wrong.
    let newest = world.hub.borrow().halls[&room].log.last().unwrap().clone();
    let received = carol.engine.receive(room, slice::from_ref(&newest), world.now).unwrap();
    assert!(received.behind && received.alarm.is_none() && received.seq.is_none());
    carol.syncs(&world);
    assert_eq!(carol.reads(room), ["alice: left out", "alice: shown"]);

    let face = world.other_face([&mut bob]);
    face.borrow_mut().halls.get_mut(&room).unwrap().log.retain(|entry| entry.seq != newest.seq - 1);
    stops(&mut bob, &world, room, "the server left out a part of this room's log");
    assert!(bob.reads(room).is_empty());
    goes_on(&world, room, [&mut alice, &mut carol]);
}

#[test]
fn two_entries_in_the_wrong_order_are_noticed() {
    let (world, [mut alice, mut bob, mut carol], room) = three();
    alice.says(&world, room, "one");
    alice.says(&world, room, "two");
    let face = world.other_face([&mut bob]);
    let mut log = face.borrow_mut().halls.remove(&room).unwrap();
    let at = log.log.len() - 2;
    let (one, two) = (log.log[at].seq, log.log[at + 1].seq);
    log.log.swap(at, at + 1);
    (log.log[at].seq, log.log[at + 1].seq) = (one, two);
    face.borrow_mut().halls.insert(room, log);
    stops(&mut bob, &world, room, "the server changed or reordered this room's log: its chain does not hold");
    assert!(bob.reads(room).is_empty());
    goes_on(&world, room, [&mut alice, &mut carol]);
}

#[test]
fn an_answer_before_its_question_is_noticed() {
    let (world, [mut alice, mut bob, mut carol], room) = three();
    alice.says(&world, room, "shall we sell?");
    bob.syncs(&world);
    bob.says(&world, room, "no");
    let face = world.other_face([&mut carol]);
    let mut hub = face.borrow_mut();
    let hall = hub.halls.get_mut(&room).unwrap();
    let at = hall.log.len() - 2;
    hall.log.swap(at, at + 1);
    // The log is chained anew: only what Bob said about what he had seen gives it away.
    hall.chain_anew(room);
    drop(hub);
    stops(&mut carol, &world, room, "the server reordered the room");
    assert!(carol.reads(room).is_empty());
    goes_on(&world, room, [&mut alice, &mut bob]);
}

#[test]
fn a_message_left_out_of_a_log_chained_anew_is_missed_by_the_next_one() {
    let (world, [mut alice, mut bob, mut carol], room) = three();
    alice.says(&world, room, "do not sell");
    carol.syncs(&world);
    carol.says(&world, room, "as alice says");
    let face = world.other_face([&mut bob]);
    let mut hub = face.borrow_mut();
    let hall = hub.halls.get_mut(&room).unwrap();
    let at = hall.log.len() - 2;
    hall.log.remove(at);
    hall.chain_anew(room);
    drop(hub);
    stops(&mut bob, &world, room, "speaks of what came after it: the server reordered the room");
    assert!(bob.reads(room).is_empty());
    goes_on(&world, room, [&mut alice, &mut carol]);
}

#[test]
fn a_message_put_in_again_is_shown_once_and_counted() {
    let (world, [mut alice, mut bob, mut carol], room) = three();
    alice.says(&world, room, "pay ten");
    let again = submission(room, Kind::Message, &last(&world, room));
    world.hub.borrow_mut().halls.get_mut(&room).unwrap().append(&again, world.now);
    for person in [&mut alice, &mut bob, &mut carol] {
        person.syncs(&world);
        assert_eq!(person.reads(room), ["alice: pay ten"], "{}", person.name);
        assert_eq!(person.engine.room(room).unwrap().unopened, [(Cause::Replayed, 1)], "{}", person.name);
    }
    goes_on(&world, room, [&mut alice, &mut bob, &mut carol]);
}

#[test]
fn a_commit_put_in_again_is_noticed() {
    let (world, [mut alice, mut bob, _], room) = three();
    alice.engine.want(room, Want::Role(handle("bob"), Role::Moderator), world.now).unwrap();
    alice.syncs(&world);
    bob.syncs(&world);
    let again = submission(room, Kind::Commit, &last(&world, room));
    world.hub.borrow_mut().halls.get_mut(&room).unwrap().append(&again, world.now);
    stops(&mut bob, &world, room, "its rules forbid: it was made for another epoch");
    stops(&mut alice, &world, room, "its rules forbid: it was made for another epoch");
}

#[test]
fn a_fork_is_noticed_by_the_first_message_that_crosses_it() {
    let (world, [mut alice, mut bob, mut carol], room) = three();
    let face = world.other_face([&mut bob, &mut carol]);
    alice.says(&world, room, "on one side");
    carol.says(&world, room, "on the other side");
    bob.syncs(&world);
    assert_eq!(bob.reads(room), ["carol: on the other side"]);
    alice.says(&world, room, "crosses");
    let crossing = submission(room, Kind::Message, &last(&world, room));
    face.borrow_mut().halls.get_mut(&room).unwrap().append(&crossing, world.now);
    for person in [&mut bob, &mut carol] {
        stops(person, &world, room, "was shown a different history of this room: the server forked it");
        assert_eq!(person.reads(room), ["carol: on the other side"]);
    }
    goes_on(&world, room, [&mut alice]);
}

#[test]
fn nothing_opens_across_a_fork_at_a_commit() {
    let (world, [mut alice, mut bob, mut carol], room) = three();
    let face = world.other_face([&mut bob, &mut carol]);
    let dora = handle("carol");
    alice.engine.want(room, Want::Role(dora, Role::Moderator), world.now).unwrap();
    alice.says(&world, room, "crosses");
    let crossing = submission(room, Kind::Message, &last(&world, room));
    face.borrow_mut().halls.get_mut(&room).unwrap().append(&crossing, world.now);
    bob.syncs(&world);
    // Any member could have put a message there that does not open, so that it is counted and no alarm.
    assert!(bob.reads(room).is_empty());
    assert_eq!(bob.engine.room(room).unwrap().unopened, [(Cause::Damaged, 1)]);
    goes_on(&world, room, [&mut bob, &mut carol]);
}

#[test]
fn a_log_that_ends_earlier_than_before_is_noticed() {
    let (world, [mut alice, mut bob, mut carol], room) = three();
    alice.says(&world, room, "one");
    alice.says(&world, room, "two");
    bob.syncs(&world);
    let face = world.other_face([&mut bob]);
    face.borrow_mut().halls.get_mut(&room).unwrap().log.pop();
    stops(&mut bob, &world, room, "the server rolled this room back to an earlier time");
    goes_on(&world, room, [&mut alice, &mut carol]);
}

#[test]
fn an_entry_seen_before_that_reads_differently_is_noticed() {
    let (world, [mut alice, mut bob, mut carol], room) = three();
    alice.says(&world, room, "one");
    carol.says(&world, room, "two");
    bob.syncs(&world);
    // Shown again as it was, it changes nothing.
    let log = world.hub.borrow().entries(room, 0);
    let received = bob.engine.receive(room, &log, world.now).unwrap();
    assert!(received.alarm.is_none() && received.seq.is_none());

    let mut twin = world.hub.borrow().twin();
    let hall = twin.halls.get_mut(&room).unwrap();
    let at = hall.log.len() - 2;
    hall.log.remove(at);
    hall.chain_anew(room);
    let received = bob.engine.receive(room, &hall.log, world.now).unwrap();
    assert!(received.alarm.is_some() && received.seq.is_none());
    is_stopped(&mut bob, &world, room, "the server rolled this room back to an earlier time");
    assert_eq!(bob.reads(room), ["alice: one", "carol: two"]);
    goes_on(&world, room, [&mut alice, &mut carol]);
}

#[test]
fn a_changed_body_is_noticed() {
    let words = [
        "the server changed the body of an entry in this room's log",
        "the server changed or reordered this room's log: its chain does not hold",
    ];
    for (with_digest, words) in words.into_iter().enumerate() {
        let (world, [mut alice, mut bob, mut carol], room) = three();
        alice.says(&world, room, "pay ten");
        let face = world.other_face([&mut bob]);
        let mut hub = face.borrow_mut();
        let entry = hub.halls.get_mut(&room).unwrap().log.last_mut().unwrap();
        let mut body = entry.body.take().unwrap().as_slice().to_vec();
        *body.last_mut().unwrap() ^= 1;
        if with_digest == 1 {
            entry.digest = chancery_trail::digest(&body);
        }
        entry.body = Some(body.into());
        drop(hub);
        stops(&mut bob, &world, room, words);
        assert!(bob.reads(room).is_empty());
        goes_on(&world, room, [&mut alice, &mut carol]);
    }
}

#[test]
fn a_body_changed_with_the_whole_chain_does_not_open_and_the_next_message_tells() {
    let (world, [mut alice, mut bob, mut carol], room) = three();
    alice.says(&world, room, "pay ten");
    let face = world.other_face([&mut bob]);
    let change = |hall: &mut crate::hub::Hall| {
        let at = hall.log.iter().rposition(|entry| entry.kind == Kind::Message).unwrap();
        let mut body = hall.log[at].body.take().unwrap().as_slice().to_vec();
        *body.last_mut().unwrap() ^= 1;
        hall.log[at].body = Some(body.into());
        hall.chain_anew(room);
    };
    change(face.borrow_mut().halls.get_mut(&room).unwrap());
    bob.syncs(&world);
    assert!(bob.reads(room).is_empty());
    assert_eq!(bob.engine.room(room).unwrap().unopened, [(Cause::Damaged, 1)]);
    alice.says(&world, room, "and ten more");
    let next = submission(room, Kind::Message, &last(&world, room));
    face.borrow_mut().halls.get_mut(&room).unwrap().append(&next, world.now);
    stops(&mut bob, &world, room, "the server forked it");
    goes_on(&world, room, [&mut alice, &mut carol]);
}

#[test]
fn something_else_under_ones_own_submission_is_noticed() {
    let (world, [mut alice, mut bob, mut carol], room) = three();
    let submit = seals(&mut alice, &world, room, "mine");
    bob.says(&world, room, "not hers");
    let face = world.other_face([&mut alice]);
    face.borrow_mut().halls.get_mut(&room).unwrap().log.last_mut().unwrap().id = submit.id;
    alice.engine.connected(world.now);
    stops(&mut alice, &world, room, "the server replaced something this device sent");
    assert!(alice.reads(room).is_empty());
    goes_on(&world, room, [&mut bob, &mut carol]);
}

#[test]
fn what_is_not_sealed_for_the_room_is_refused() {
    let (world, [mut alice, mut bob, mut carol], room) = three();
    let other = alice.opens(&world, "another room", &[&bob]);
    alice.says(&world, other, "said elsewhere");
    let plain = b"attack at dawn";
    let handshake = world.hub.borrow().halls[&room].log[0].body.as_ref().unwrap().as_slice().to_vec();
    for body in [plain.to_vec(), public_message(room, plain), handshake, last(&world, other)] {
        let face = world.other_face([&mut bob]);
        // Each lie meets a device that has seen none of the others.
        let image = {
            bob.restarts();
            bob.image()
        };
        let lie = submission(room, Kind::Message, &body);
        face.borrow_mut().halls.get_mut(&room).unwrap().append(&lie, world.now);
        stops(&mut bob, &world, room, "not a sealed message");
        assert!(bob.reads(room).is_empty());
        bob.hub = world.hub.clone();
        bob.is_restored_from(&image);
    }
    goes_on(&world, room, [&mut alice, &mut bob, &mut carol]);
}

/// An MLS `PublicMessage` with application content (RFC 9420, section 6), which that standard forbids.
fn public_message(room: RoomId, text: &[u8]) -> Vec<u8> {
    let mut out = vec![0, 1, 0, 1, 16];
    out.extend(room.0);
    out.extend(2_u64.to_be_bytes());
    out.extend([1, 0, 0, 0, 0, 0, 1, u8::try_from(text.len()).unwrap()]);
    out.extend(text);
    out.extend([64, 64].iter().chain(&[7; 64]));
    out.extend([32].iter().chain(&[7; 32]));
    out
}

#[test]
fn one_room_that_is_stopped_stops_no_other() {
    let (world, [mut alice, mut bob, carol], room) = three();
    let other = alice.opens(&world, "another room", &[&bob, &carol]);
    let lie = submission(room, Kind::Message, b"attack at dawn");
    world.hub.borrow_mut().halls.get_mut(&room).unwrap().append(&lie, world.now);
    bob.looks(&world);
    assert_eq!(bob.engine.room(room).unwrap().standing, Standing::Stopped);
    let wish = bob.engine.want(other, Want::Say(written("still here")), world.now).unwrap();
    bob.sends(world.now);
    bob.takes_in(world.now);
    assert_eq!(bob.engine.progress(wish).unwrap(), Progress::Done);
    assert_eq!(bob.reads(other), ["bob: still here"]);
}
