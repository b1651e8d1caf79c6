//! What texts carry besides their words: whom they name, that they are urgent, how long they are good for; who has got and read
//! them; what is kept in view; and what only one's own devices know.

use chancery_engine::{Cause, Line, Setting, Want};
use chancery_vault::{Erased, Said, Search};
use chancery_wire::{
    content::{Content, Letter, Marks, MessageId, Status, View},
    frames::Kind,
    ids::RoomId,
};

use super::{
    person::{Person, World, handle, written},
    rogue::Rogue,
};

/// Alice, who owns the room, and Bob and Carol.
fn three() -> (World, [Person; 3], RoomId) {
    let mut world = World::new();
    let [mut alice, mut bob, mut carol] = world.people(["alice", "bob", "carol"]);
    let room = alice.opens(&world, "room", &[&bob, &carol]);
    bob.syncs(&world);
    carol.syncs(&world);
    (world, [alice, bob, carol], room)
}

fn wants(person: &mut Person, world: &World, room: RoomId, want: Want) {
    person.engine.want(room, want, world.now).unwrap();
    person.syncs(world);
}

fn line(person: &Person, room: RoomId, text: &str) -> Line {
    let lines = person.engine.lines(room, Some(0), 1000).unwrap();
    let found = lines.into_iter().find(|line| line.text() == Some(&written(text)));
    found.unwrap_or_else(|| panic!("{} does not see {text}", person.name))
}

fn id(person: &Person, room: RoomId, text: &str) -> MessageId {
    line(person, room, text).message.id.unwrap()
}

fn last(person: &Person, room: RoomId) -> Line {
    person.engine.lines(room, None, 1).unwrap().pop().unwrap()
}

fn urgent(text: &str) -> Want {
    Want::SayMarked { text: written(text), urgent: true, expires: None }
}

#[test]
fn who_is_named_counts_it_until_it_is_read() {
    let (world, [mut alice, mut bob, mut carol], room) = three();
    alice.says(&world, room, "@bob can you look? mail alice@carol");
    bob.syncs(&world);
    carol.syncs(&world);
    let view = bob.engine.room(room).unwrap();
    assert_eq!((view.unread, view.mentions), (1, 1));
    assert_eq!(carol.engine.room(room).unwrap().mentions, 0);
    let seq = last(&bob, room).message.seq;
    bob.engine.mark_read(room, seq, world.now).unwrap();
    assert_eq!(bob.engine.room(room).unwrap().mentions, 0);
}

#[test]
fn an_urgent_message_is_open_until_each_has_acknowledged_it() {
    let (world, [mut alice, mut bob, mut carol], room) = three();
    wants(&mut alice, &world, room, urgent("evacuate ward 7"));
    bob.syncs(&world);
    carol.syncs(&world);
    let seq = line(&bob, room, "evacuate ward 7").message.seq;
    assert_eq!(bob.engine.room(room).unwrap().urgent, [seq]);
    assert!(alice.engine.room(room).unwrap().urgent.is_empty(), "nobody acknowledges their own");
    let of = id(&bob, room, "evacuate ward 7");
    wants(&mut bob, &world, room, Want::Acknowledge(of));
    // Twice is once.
    wants(&mut bob, &world, room, Want::Acknowledge(of));
    alice.syncs(&world);
    carol.syncs(&world);
    assert!(bob.engine.room(room).unwrap().urgent.is_empty());
    assert_eq!(carol.engine.room(room).unwrap().urgent, [seq]);
    assert_eq!(line(&alice, room, "evacuate ward 7").acknowledged, [handle("bob")]);
}

#[test]
fn only_what_is_urgent_is_acknowledged() {
    let (world, [mut alice, mut bob, _carol], room) = three();
    alice.says(&world, room, "lunch?");
    wants(&mut alice, &world, room, urgent("fire"));
    bob.syncs(&world);
    let lunch = id(&bob, room, "lunch?");
    assert!(bob.engine.want(room, Want::Acknowledge(lunch), world.now).is_err());
    let fire = id(&alice, room, "fire");
    assert!(alice.engine.want(room, Want::Acknowledge(fire), world.now).is_err());
}

#[test]
fn what_has_expired_is_gone_everywhere_with_its_words_and_versions() {
    let (mut world, [mut alice, mut bob, mut carol], room) = three();
    let until = world.now.plus_seconds(3);
    let expires = Some(until);
    let text = written("the code is rosebud");
    wants(&mut alice, &world, room, Want::SayMarked { text, urgent: false, expires });
    bob.syncs(&world);
    let of = id(&alice, room, "the code is rosebud");
    wants(&mut alice, &world, room, Want::Edit(of, written("the code is rosebud 2")));
    bob.syncs(&world);
    // It is deleted in time also while nothing else happens.
    let tick = bob.engine.next_tick().unwrap().unwrap();
    assert_eq!(tick.0 / 1000, until.0 / 1000);
    world.later(601);
    // Carol was away, and gets it when it is over.
    for person in [&mut alice, &mut bob, &mut carol] {
        person.syncs(&world);
        let search = Search { words: Some("rosebud".to_owned()), ..Search::default() };
        assert!(person.engine.search(&search, 9).unwrap().is_empty(), "{}", person.name);
        let lines = person.engine.lines(room, Some(0), 1000).unwrap();
        let gone = lines.iter().filter(|line| line.message.said == Said::Gone(Erased::Expired)).count();
        assert!(gone >= 1, "{}", person.name);
        assert!(lines.iter().all(|line| line.text().is_none()), "{}", person.name);
        let bytes: Vec<u8> = format!("{lines:?}").into_bytes();
        assert!(!String::from_utf8(bytes).unwrap().contains("rosebud"));
    }
}

#[test]
fn where_the_room_says_so_all_see_who_has_got_and_read_what() {
    let (mut world, [mut alice, mut bob, mut carol], room) = three();
    wants(&mut alice, &world, room, Want::Set(Setting::Receipts(true)));
    bob.syncs(&world);
    assert!(
        matches!(&last(&bob, room).message.said, Said::Event(text) if text.contains("got and read")),
        "everybody sees that it was set"
    );
    for text in ["one", "two", "three"] {
        alice.says(&world, room, text);
    }
    bob.syncs(&world);
    carol.syncs(&world);
    let two = line(&bob, room, "two").message.seq;
    bob.engine.mark_read(room, two, world.now).unwrap();
    let messages = |world: &World| {
        let hub = world.hub.borrow();
        hub.halls[&room].log.iter().filter(|entry| entry.kind == Kind::Message).count()
    };
    let before = messages(&world);
    world.later(3);
    bob.syncs(&world);
    carol.syncs(&world);
    assert_eq!(messages(&world) - before, 2, "one report each, about all three");
    alice.syncs(&world);
    let how = |text: &str| line(&alice, room, text).receipts;
    let (read, got) = ((handle("bob"), Status::Read), (handle("bob"), Status::Delivered));
    let carol_got = (handle("carol"), Status::Delivered);
    assert_eq!(how("one"), [read.clone(), carol_got.clone()]);
    assert_eq!(how("two"), [read, carol_got.clone()]);
    assert_eq!(how("three"), [got, carol_got]);
}

#[test]
fn where_the_room_does_not_say_so_nobody_tells() {
    let (mut world, [mut alice, mut bob, _carol], room) = three();
    alice.says(&world, room, "one");
    bob.syncs(&world);
    let seq = line(&bob, room, "one").message.seq;
    bob.engine.mark_read(room, seq, world.now).unwrap();
    let before = world.hub.borrow().halls[&room].log.len();
    world.later(3);
    bob.syncs(&world);
    assert_eq!(world.hub.borrow().halls[&room].log.len(), before);
}

#[test]
fn whoever_may_add_keeps_messages_in_view_and_nobody_else() {
    let (world, [mut alice, mut bob, _carol], room) = three();
    alice.says(&world, room, "read this first");
    bob.syncs(&world);
    let of = id(&alice, room, "read this first");
    assert!(bob.engine.want(room, Want::Pin(of, true), world.now).is_err());
    wants(&mut alice, &world, room, Want::Pin(of, true));
    bob.syncs(&world);
    let seq = line(&bob, room, "read this first").message.seq;
    assert_eq!(bob.engine.room(room).unwrap().pinned, [seq]);
    assert!(line(&bob, room, "read this first").pinned);
    wants(&mut alice, &world, room, Want::Withdraw(of));
    bob.syncs(&world);
    assert!(bob.engine.room(room).unwrap().pinned.is_empty(), "what is taken back is pinned no more");
}

#[test]
fn a_program_that_goes_beyond_the_rules_is_not_listened_to() {
    let mut world = World::new();
    let [mut alice] = world.people(["alice"]);
    let mallory = Rogue::enrolled(&world, &mut alice, "mallory", 66);
    let room = alice.engine.open_room(&written("room"), &[handle("mallory")], world.now).unwrap();
    alice.syncs(&world);
    let mut group = mallory.joins(&world);
    alice.says(&world, room, "lunch?");
    mallory.follows(&mut group, &world, room);
    let of = id(&alice, room, "lunch?");
    let report = Content::Report(vec![(of, Status::Read)]);
    for (salt, content) in
        [(1, Content::Acknowledge(of)), (2, report), (3, Content::Pin { of, pinned: true })]
    {
        let (seq, head) = world.hub.borrow().halls[&room].head(room);
        let view =
            View { seq, head, authenticator: group.epoch_authenticator().as_slice().to_vec(), charter: 0 };
        let submit = mallory.seals(&mut group, room, &Letter { salt: [salt; 16], view, content }.encode());
        world.hub.borrow_mut().submit(&submit, world.now).unwrap();
    }
    alice.syncs(&world);
    let asked = line(&alice, room, "lunch?");
    assert!(asked.acknowledged.is_empty() && asked.receipts.is_empty() && !asked.pinned);
    assert_eq!(alice.engine.room(room).unwrap().unopened, [(Cause::NotAllowed, 1)]);
}

#[test]
fn a_draft_survives_the_end_of_the_program() {
    let (world, [mut alice, _bob, _carol], room) = three();
    alice.engine.keep_draft(room, "Dear all, ", world.now).unwrap();
    alice.restarts();
    assert_eq!(alice.engine.room(room).unwrap().draft.as_deref(), Some("Dear all, "));
    alice.engine.keep_draft(room, "  ", world.now).unwrap();
    assert_eq!(alice.engine.room(room).unwrap().draft, None);
}

#[test]
fn marks_are_read_in_one_form_only() {
    let text = |mentions: &[&str]| Content::Text {
        text: written("x"),
        reply_to: None,
        thread: None,
        marks: Marks {
            mentions: mentions.iter().map(|name| handle(name)).collect(),
            urgent: false,
            expires: None,
        },
    };
    let good = text(&["bob", "carol"]).encode([1; 16]);
    assert!(Content::decode(&good).is_ok());
    for names in [&["carol", "bob"], &["bob", "bob"]] {
        assert!(Content::decode(&text(names).encode([1; 16])).is_err(), "{names:?}");
    }
}
