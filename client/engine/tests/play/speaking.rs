//! What people say about what was said: answers, changes, reactions, taking back; and finding it again.

use chancery_engine::{Cause, FileHere, Line, Want};
use chancery_vault::{Said, Search};
use chancery_wire::{
    content::{Content, MessageId, Note, Written},
    ids::{Digest, RoomId},
    policy::Role,
};

use super::person::{Person, World, handle, written};

/// Alice and Bob in a room.
fn two() -> (World, [Person; 2], RoomId) {
    let mut world = World::new();
    let [mut alice, mut bob] = world.people(["alice", "bob"]);
    let room = alice.opens(&world, "room", &[&bob]);
    bob.syncs(&world);
    (world, [alice, bob], room)
}

fn lines(person: &Person, room: RoomId) -> Vec<Line> {
    person.engine.lines(room, Some(0), 1000).unwrap()
}

/// The line whose text reads so now.
fn line(person: &Person, room: RoomId, text: &str) -> Line {
    let found = lines(person, room).into_iter().find(|line| line.text() == Some(&written(text)));
    found.unwrap_or_else(|| panic!("{} does not see {text}", person.name))
}

fn id(person: &Person, room: RoomId, text: &str) -> MessageId {
    line(person, room, text).message.id.unwrap()
}

fn wants(person: &mut Person, world: &World, room: RoomId, want: Want) {
    person.engine.want(room, want, world.now).unwrap();
    person.syncs(world);
}

fn found(person: &Person, words: &str) -> Vec<String> {
    let search = Search { words: Some(words.to_owned()), ..Search::default() };
    let lines = person.engine.search(&search, 100).unwrap();
    lines.iter().map(|line| line.text().unwrap().reveal().to_owned()).collect()
}

#[test]
fn a_message_has_the_same_id_for_everybody() {
    let (world, [mut alice, mut bob], room) = two();
    alice.says(&world, room, "hello");
    bob.syncs(&world);
    assert_eq!(id(&alice, room, "hello"), id(&bob, room, "hello"));
}

#[test]
fn an_answer_leads_to_what_it_answers() {
    let (world, [mut alice, mut bob], room) = two();
    alice.says(&world, room, "who is on call?");
    bob.syncs(&world);
    let to = id(&bob, room, "who is on call?");
    wants(&mut bob, &world, room, Want::Reply { to, text: written("carol"), threaded: true });
    alice.syncs(&world);
    let answer = line(&alice, room, "carol");
    let asked = line(&alice, room, "who is on call?");
    assert_eq!(answer.answers, Some((asked.message.seq, handle("alice"))));
    assert_eq!(answer.message.thread, Some(to));
    // An answer in a thread belongs to the same thread.
    let to = answer.message.id.unwrap();
    wants(&mut alice, &world, room, Want::Reply { to, text: written("until when?"), threaded: true });
    assert_eq!(line(&alice, room, "until when?").message.thread, asked.message.id);
}

#[test]
fn a_message_is_changed_by_its_author_and_what_it_said_before_stays() {
    let (world, [mut alice, mut bob], room) = two();
    alice.says(&world, room, "rounds at 8");
    bob.syncs(&world);
    let first = id(&alice, room, "rounds at 8");
    wants(&mut alice, &world, room, Want::Edit(first, written("rounds at 9")));
    // Changed once more, by the id of the change.
    let change = lines(&alice, room).last().unwrap().message.id.unwrap();
    wants(&mut alice, &world, room, Want::Edit(change, written("rounds at 10")));
    bob.syncs(&world);
    for person in [&alice, &bob] {
        let now = line(person, room, "rounds at 10");
        assert_eq!(now.message.said, Said::Text(written("rounds at 8")), "{}", person.name);
        let versions: Vec<_> =
            person.engine.lines_about(&now).unwrap().into_iter().map(|it| it.message.said).collect();
        assert_eq!(versions, [Said::Edit(written("rounds at 9")), Said::Edit(written("rounds at 10"))]);
        assert_eq!(found(person, "rounds"), ["rounds at 10"]);
        assert!(found(person, "8").is_empty(), "an old version is found no more");
    }
    let refused = bob.engine.want(room, Want::Edit(first, written("no rounds")), world.now).unwrap_err();
    assert_eq!(refused.to_string(), "only alice can change that message or take it back");
}

#[test]
fn what_is_taken_back_is_gone_with_all_its_versions() {
    let (world, [mut alice, mut bob], room) = two();
    alice.says(&world, room, "the password is rosebud");
    let first = id(&alice, room, "the password is rosebud");
    wants(&mut alice, &world, room, Want::Edit(first, written("the password was rosebud")));
    bob.syncs(&world);
    wants(&mut bob, &world, room, Want::React(first, Written::reaction("\u{1f632}").unwrap()));
    alice.syncs(&world);
    wants(&mut alice, &world, room, Want::Withdraw(first));
    bob.syncs(&world);
    for person in [&mut alice, &mut bob] {
        assert!(person.reads(room).is_empty());
        assert!(found(person, "rosebud").is_empty());
        assert!(!format!("{:?}", lines(person, room)).contains("rosebud"));
        let gone =
            lines(person, room).iter().filter(|line| matches!(line.message.said, Said::Gone(_))).count();
        assert_eq!(gone, 2, "the message and its change");
        assert!(person.engine.want(room, Want::Withdraw(first), world.now).is_err());
        let reply = Want::Reply { to: first, text: written("what was it?"), threaded: false };
        assert!(person.engine.want(room, reply, world.now).is_err());
    }
}

#[test]
fn a_reaction_is_seen_at_what_it_is_about_and_can_be_taken_back() {
    let (world, [mut alice, mut bob], room) = two();
    alice.says(&world, room, "shipped");
    bob.syncs(&world);
    let (about, heart) = (id(&bob, room, "shipped"), Written::reaction("\u{2764}\u{fe0f}").unwrap());
    wants(&mut bob, &world, room, Want::React(about, heart.clone()));
    alice.syncs(&world);
    assert_eq!(line(&alice, room, "shipped").reactions, [(heart, handle("bob"))]);
    let reaction = lines(&bob, room).last().unwrap().message.id.unwrap();
    assert!(alice.engine.want(room, Want::Withdraw(reaction), world.now).is_err(), "it is bob's");
    wants(&mut bob, &world, room, Want::Withdraw(reaction));
    alice.syncs(&world);
    assert!(line(&alice, room, "shipped").reactions.is_empty());
}

#[test]
fn nobody_changes_or_takes_back_what_somebody_else_said() {
    let mut world = World::new();
    let [mut alice, mut bob] = world.people(["alice", "bob"]);
    let mallory = crate::rogue::Rogue::enrolled(&world, &mut alice, "mallory", 66);
    let members = [handle("bob"), handle("mallory")];
    let room = alice.engine.open_room(&written("room"), &members, world.now).unwrap();
    alice.syncs(&world);
    bob.syncs(&world);
    let mut group = mallory.joins(&world);
    alice.says(&world, room, "approved");
    mallory.follows(&mut group, &world, room);
    let of = id(&alice, room, "approved");
    let note = Content::Note(Note::Read { room, upto: 1000 });
    for (salt, content) in
        [(7, Content::Edit { of, text: written("refused") }), (8, Content::Withdraw(of)), (9, note)]
    {
        let (seq, head) = world.hub.borrow().halls[&room].head(room);
        let authenticator = group.epoch_authenticator().as_slice().to_vec();
        let view = chancery_wire::content::View { seq, head, authenticator, charter: 0 };
        let letter = chancery_wire::content::Letter { salt: [salt; 16], view, content }.encode();
        let submit = mallory.seals(&mut group, room, &letter);
        world.hub.borrow_mut().submit(&submit, world.now).unwrap();
    }
    bob.syncs(&world);
    assert_eq!(bob.reads(room), ["alice: approved"]);
    assert_eq!(bob.engine.room(room).unwrap().unopened, [(Cause::NotAllowed, 3)]);
}

#[test]
fn a_change_of_what_was_said_before_somebody_came_reads_as_the_message_to_him() {
    let (mut world, [mut alice, mut bob], room) = two();
    alice.says(&world, room, "the code is 1234");
    let mut carol = world.invited(&mut alice, "carol");
    alice.engine.want(room, Want::Add(vec![handle("carol")], Role::Member), world.now).unwrap();
    alice.syncs(&world);
    let first = id(&alice, room, "the code is 1234");
    wants(&mut alice, &world, room, Want::Edit(first, written("the code is 5678")));
    wants(&mut alice, &world, room, Want::Edit(first, written("the code is 9999")));
    for person in [&mut bob, &mut carol] {
        person.syncs(&world);
        assert_eq!(found(person, "code"), ["the code is 9999"], "{}", person.name);
        assert!(found(person, "5678").is_empty());
        assert_eq!(id(person, room, "the code is 9999"), first);
    }
    assert!(carol.engine.want(room, Want::Withdraw(first), world.now).is_err());
    wants(&mut alice, &world, room, Want::Withdraw(first));
    for person in [&mut bob, &mut carol] {
        person.syncs(&world);
        assert!(person.reads(room).is_empty() && found(person, "code").is_empty(), "{}", person.name);
    }
}

#[test]
fn a_file_goes_with_its_message_is_found_by_its_name_and_deleted_by_its_sender_only() {
    let (world, [mut alice, mut bob], room) = two();
    let here = FileHere {
        path: written("/home/alice/plan for ward 7.pdf"),
        size: 5000,
        digest: Digest([8; 32]),
        name: written("plan for ward 7.pdf"),
        media: written("application/pdf"),
        about: Some(written("as discussed")),
    };
    let sent = alice.engine.begin_file(room, here.clone(), world.now).unwrap();
    // Broken off, it goes on under the same id and key; another file at the same place is another file.
    assert_eq!(alice.engine.begin_file(room, here.clone(), world.now).unwrap(), sent);
    let changed = alice.engine.begin_file(room, FileHere { size: 5001, ..here.clone() }, world.now).unwrap();
    assert!(changed.file != sent.file && changed.key != sent.key);
    assert!(alice.engine.file_sent(sent.file, world.now).is_err(), "it was given up");
    alice.engine.file_sent(changed.file, world.now).unwrap();
    for person in [&mut alice, &mut bob] {
        person.syncs(&world);
        let line = person.engine.lines(room, Some(0), 99).unwrap().pop().unwrap();
        assert_eq!(line.message.said, Said::File(changed.clone()), "{}", person.name);
        let search = Search { words: Some("ward".to_owned()), files: true, ..Search::default() };
        assert_eq!(person.engine.search(&search, 9).unwrap(), [line]);
    }
    let of = lines(&bob, room).pop().unwrap().message.id.unwrap();
    assert!(bob.engine.want(room, Want::Withdraw(of), world.now).is_err());
    assert!(alice.engine.want(room, Want::Edit(of, written("x")), world.now).is_err(), "it has no text");
    wants(&mut bob, &world, room, Want::Reply { to: of, text: written("thanks"), threaded: false });
    wants(&mut alice, &world, room, Want::Withdraw(of));
    for person in [&mut bob, &mut alice] {
        person.syncs(&world);
        assert!(found(person, "ward").is_empty() && !format!("{:?}", lines(person, room)).contains("File("));
    }
    assert_eq!(world.hub.borrow().disposed, [changed.file], "by alice, once");
}

#[test]
fn a_topic_reaches_everybody_and_those_who_come_later() {
    let mut world = World::new();
    let [mut alice, mut bob, mut carol] = world.people(["alice", "bob", "carol"]);
    let room = alice.opens(&world, "room", &[&bob]);
    bob.syncs(&world);
    wants(&mut alice, &world, room, Want::Topic(Written::name("Rounds at 8").unwrap()));
    alice.engine.want(room, Want::Add(vec![handle("carol")], Role::Member), world.now).unwrap();
    for person in [&mut alice, &mut bob, &mut carol] {
        person.syncs(&world);
        assert_eq!(
            person.engine.room(room).unwrap().topic.as_deref(),
            Some("Rounds at 8"),
            "{}",
            person.name
        );
    }
    let topic = Want::Topic(Written::name("No rounds").unwrap());
    assert!(bob.engine.want(room, topic, world.now).is_err(), "bob may not add, so he may not name");
}

#[test]
fn what_was_said_is_found_by_words_beginnings_phrases_people_rooms_and_days() {
    let (world, [mut alice, mut bob], room) = two();
    let other = alice.opens(&world, "other", &[&bob]);
    for text in ["The quarterly report is late", "Späte Berichte", "report: quarterly figures"] {
        alice.says(&world, room, text);
    }
    bob.syncs(&world);
    bob.says(&world, other, "which report?");
    alice.syncs(&world);
    assert_eq!(found(&alice, "\"report\"").len(), 3);
    assert_eq!(found(&alice, "\"quarterly report\""), ["The quarterly report is late"]);
    assert_eq!(found(&alice, "\"spate\""), ["Späte Berichte"], "accents do not matter");
    assert_eq!(found(&alice, "\"repo\"*").len(), 3);
    assert_eq!(found(&alice, "\"report\" \"late\""), ["The quarterly report is late"]);
    let texts = |search: Search| {
        let lines = alice.engine.search(&search, 100).unwrap();
        lines.iter().map(|line| line.text().unwrap().reveal().to_owned()).collect::<Vec<_>>()
    };
    let words = || Some("\"report\"".to_owned());
    let by_bob = Search { words: words(), from: Some(handle("bob")), ..Search::default() };
    assert_eq!(texts(by_bob), ["which report?"]);
    let here = Search { words: words(), room: Some(other), ..Search::default() };
    assert_eq!(texts(here), ["which report?"]);
    assert!(texts(Search { before: Some(world.now), ..Search::default() }).is_empty());
    let newest_first = texts(Search { since: Some(world.now), ..Search::default() });
    assert_eq!(newest_first.first().unwrap(), "which report?");
    assert_eq!(newest_first.len(), 4);
}
