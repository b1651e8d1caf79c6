//! Several devices of one person: linked by words that the person compares, brought into every room, and by nothing else.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdout, Stdio},
};

use serde_json::Value;

use super::place::Place;

/// A command that goes on while others are typed.
struct Running {
    child: Child,
    said: BufReader<ChildStdout>,
}

impl Running {
    fn start(place: &Place, who: &str, words: &[&str]) -> Self {
        let mut command = place.command(who, words);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let said = BufReader::new(child.stdout.take().unwrap());
        Self { child, said }
    }

    /// The next thing it answers.
    fn says(&mut self) -> Value {
        let mut line = String::new();
        self.said.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line:?}"))
    }

    fn is_told(&mut self, line: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    fn ends(mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

/// Alice with two rooms: one of hers, and one of Bob's in which she may add nobody.
fn place() -> Place {
    let mut place = Place::new(None);
    place.start();
    place.people(&["alice", "bob"]);
    place.room("alice", "hers", &["bob"]);
    place.room("bob", "his", &["alice"]);
    place.types("alice", &["send", "hers", "before"]);
    place.types("alice", &["room", "list"]);
    place
}

/// Links the profile `new` to Alice; `types` makes what she types out of the words that the new device shows.
fn links(place: &Place, new: &str, types: impl FnOnce(&str) -> String) -> (Option<i32>, Running) {
    let mut old = Running::start(place, "alice", &["devices", "link"]);
    let link = old.says()["link"].as_str().unwrap().to_owned();
    let mut new = Running::start(place, new, &["link", &link]);
    let shown = new.says();
    assert_eq!(shown["account"], "alice");
    old.is_told(&types(shown["words"].as_str().unwrap()));
    (old.ends(), new)
}

#[test]
fn a_second_device_is_in_every_room_and_speaks_for_its_person() {
    let place = place();
    let (old, new) = links(&place, "laptop", str::to_owned);
    assert_eq!((old, new.ends()), (Some(0), Some(0)));
    let devices = place.types("laptop", &["devices", "list"]);
    let devices = devices[0]["devices"].as_array().unwrap();
    assert_eq!(devices.len(), 2);
    assert_eq!(devices[1]["linked_by"], devices[0]["device"]);
    for room in ["hers", "his"] {
        place.types("bob", &["send", room, "hello both"]);
        let before: &[&str] = if room == "hers" { &["before", "hello both"] } else { &["hello both"] };
        assert_eq!(place.reads("laptop", room), before);
        place.types("laptop", &["send", room, "from the laptop"]);
        assert!(place.reads("alice", room).ends_with(&["from the laptop".to_owned()]));
        let lines = place.types("bob", &["read", room, "--last", "100"]);
        let last = lines.iter().rfind(|line| line["kind"] == "text").unwrap();
        assert_eq!((&last["from"], &last["said"]), (&"alice".into(), &"from the laptop".into()));
        let calm = lines.iter().filter(|line| line["said"] == "alice is here with another device").count();
        assert_eq!(calm, 1, "{lines:?}");
        let show = place.types("bob", &["room", "show", room]);
        let hers =
            show[0]["members"].as_array().unwrap().iter().filter(|it| it["account"] == "alice").count();
        assert_eq!(hers, 2);
        // Nobody is told of something that could not be opened.
        assert_eq!(show[0]["unopened"], serde_json::json!([]));
    }
    // A room opened on the one is there on the other.
    place.types("laptop", &["room", "new", "new", "bob"]);
    place.types("laptop", &["room", "list"]);
    place.types("bob", &["send", "new", "welcome"]);
    assert_eq!(place.reads("alice", "new"), ["welcome"]);
    // Both are signed in. A session that is ended on the one is opened again by the other, as soon as it needs one.
    let sessions = place.types("laptop", &["sessions", "list"]);
    let sessions = sessions[0]["sessions"].as_array().unwrap();
    assert_eq!(sessions.iter().filter(|it| it["this"] == true).count(), 1);
    let other = sessions.iter().find(|it| it["device"] == devices[0]["device"]).unwrap();
    place.types("laptop", &["sessions", "end", other["session"].as_str().unwrap()]);
    let left = place.types("laptop", &["sessions", "list"]);
    assert!(!left[0]["sessions"].as_array().unwrap().iter().any(|it| it["session"] == other["session"]));
    assert_eq!(place.reads("alice", "new"), ["welcome"]);
    // Left on one device, it is left on both.
    place.tries("laptop", &["room", "leave", "his", "--wait", "1"]);
    place.types("bob", &["read"]);
    place.types("alice", &["room", "list", "--wait", "1"]);
    place.types("bob", &["read"]);
    let show = place.types("bob", &["room", "show", "his"]);
    assert_eq!(show[0]["members"].as_array().unwrap().len(), 1, "{show:?}");
}

#[test]
fn whoever_has_seen_the_link_and_not_the_words_links_nothing() {
    let place = place();
    let (old, new) = links(&place, "mallory", |words| format!("{words}x"));
    assert_eq!(old, Some(6));
    // It hears so, and waits no longer.
    assert_eq!(new.ends(), Some(6));
    let devices = place.types("alice", &["devices", "list"]);
    assert_eq!(devices[0]["devices"].as_array().unwrap().len(), 1);
    place.types("bob", &["send", "hers", "only you"]);
    assert_eq!(place.tries("mallory", &["read"]).status.code(), Some(3));
    // A link is used once: who comes second is told so.
    let mut old = Running::start(&place, "alice", &["devices", "link"]);
    let link = old.says()["link"].as_str().unwrap().to_owned();
    let mut first = Running::start(&place, "laptop", &["link", &link]);
    let words = first.says()["words"].as_str().unwrap().to_owned();
    let second = place.tries("mallory", &["link", &link]);
    assert_eq!(second.status.code(), Some(1));
    assert!(String::from_utf8(second.stdout).unwrap().contains("devices.other-part"));
    old.is_told(&words);
    assert_eq!((old.ends(), first.ends()), (Some(0), Some(0)));
    let other = place.tries("mallory", &["join", &link]);
    assert_eq!(other.status.code(), Some(2));
}

#[test]
fn a_revoked_device_is_out_everywhere_and_reads_nothing_more() {
    let place = place();
    let (old, new) = links(&place, "laptop", str::to_owned);
    assert_eq!((old, new.ends()), (Some(0), Some(0)));
    place.types("bob", &["send", "hers", "while it was mine"]);
    assert_eq!(place.reads("laptop", "hers"), ["before", "while it was mine"]);
    let mut follower = Running::start(&place, "laptop", &["tail", "hers", "--follow"]);
    assert_eq!(follower.says()["kind"], "event");
    let devices = place.types("alice", &["devices", "list"]);
    let laptop = devices[0]["devices"][1]["device"].as_str().unwrap().to_owned();
    assert_eq!(place.tries("laptop", &["devices", "revoke", &laptop]).status.code(), Some(1), "not itself");
    let revoked = place.types("alice", &["devices", "revoke", &laptop]);
    assert_eq!((&revoked[0]["revoked"], &revoked[0]["pending"]), (&true.into(), &serde_json::json!([])));
    place.types("bob", &["send", "hers", "after it was lost"]);
    place.types("bob", &["send", "his", "here as well"]);
    // Its connection was closed, and it gets no other one.
    assert_eq!(follower.ends(), Some(1));
    let read = place.tries("laptop", &["read", "hers", "--last", "100"]);
    assert_eq!(read.status.code(), Some(1));
    let said = String::from_utf8(read.stdout).unwrap();
    assert!(said.contains("while it was mine") && !said.contains("after it was lost"), "{said}");
    let show = place.types("bob", &["room", "show", "hers"]);
    assert_eq!(show[0]["members"].as_array().unwrap().len(), 2);
    let devices = place.types("alice", &["devices", "list"]);
    assert_eq!(devices[0]["devices"][1]["revoked"], true);
    // Neither does it come back by a room of its own, nor is it added with its person.
    place.types("bob", &["room", "new", "third", "alice"]);
    place.types("alice", &["room", "list"]);
    let show = place.types("alice", &["room", "show", "third"]);
    assert_eq!(show[0]["members"].as_array().unwrap().len(), 2);
}
