//! A hub that lies. Each lie is caught by the client that is told it, with words that say which lie it was.

mod barriers;
mod chains;
mod log;
mod members;
mod returning;
mod stolen;
mod words;

use chancery_engine::Want;
use chancery_vault::Standing;
use chancery_wire::ids::RoomId;

use super::person::{Person, World, written};

/// Takes in what the hub shows: the room is stopped with these words, nobody came in or went, and nothing leaves any more,
/// neither what was wished for before nor what is wished for after, nor when the program has started again.
#[track_caller]
fn stops(person: &mut Person, world: &World, room: RoomId, words: &str) {
    let members = person.members(room);
    person.engine.want(room, Want::Say(written("not to be sent")), world.now).unwrap();
    person.looks(world);
    is_stopped(person, world, room, words);
    assert_eq!(person.members(room), members);
}

/// The room is stopped, with these words.
#[track_caller]
fn is_stopped(person: &mut Person, world: &World, room: RoomId, words: &str) {
    for _ in 0..2 {
        let view = person.engine.room(room).unwrap();
        assert_eq!(view.standing, Standing::Stopped, "{} does not notice: {view:?}", person.name);
        assert!(person.why(room).contains(words), "{} is told: {}", person.name, person.why(room));
        assert!(person.engine.outgoing(world.now).unwrap().is_empty());
        let refused = person.engine.want(room, Want::Say(written("nor this")), world.now).unwrap_err();
        assert!(refused.to_string().contains(words), "{refused}");
        person.restarts();
        person.looks(world);
    }
}

/// These people talk to each other in the room, and everybody reads everything.
#[track_caller]
fn goes_on<const N: usize>(world: &World, room: RoomId, mut people: [&mut Person; N]) {
    for person in &mut people {
        person.syncs(world);
        let text = format!("{} is here", person.name);
        person.says(world, room, &text);
    }
    let expected: Vec<String> = people.iter().map(|it| format!("{0}: {0} is here", it.name)).collect();
    for person in &mut people {
        person.syncs(world);
        let reads = person.reads(room);
        assert!(reads.ends_with(&expected), "{} reads {reads:?}", person.name);
    }
}
