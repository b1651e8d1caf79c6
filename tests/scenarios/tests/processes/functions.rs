//! What people do in a conversation besides talking, and what programs do with pipes, typed as they would type it.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdout, Stdio},
};

use serde_json::Value;

use super::place::Place;

/// A program that listens, and the lines it says.
struct Listener {
    process: Child,
    lines: BufReader<ChildStdout>,
}

impl Listener {
    fn starts(place: &Place, who: &str) -> Self {
        let mut process = place.command(who, &["listen"]).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap());
        Self { process, lines }
    }

    /// The next line that somebody wrote.
    fn hears(&mut self) -> String {
        loop {
            let mut line = String::new();
            assert!(self.lines.read_line(&mut line).unwrap() > 0, "the listener ended");
            let line: Value = serde_json::from_str(&line).unwrap();
            if line["kind"] == "text" {
                return line["said"].as_str().unwrap().to_owned();
            }
        }
    }

    fn killed(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

fn view(place: &Place, who: &str) -> Value {
    place.types(who, &["room", "show", "ward"])[0].clone()
}

/// A line as it reads now.
fn line(place: &Place, who: &str, said: &str) -> Value {
    let lines = place.types(who, &["tail", "ward", "--lines", "100"]);
    lines.into_iter().find(|line| line["said"] == said).unwrap_or_else(|| panic!("{who} does not see {said}"))
}

#[test]
fn a_listener_that_is_killed_misses_nothing_and_a_pipe_says_every_line() {
    let mut place = Place::new(None);
    place.start();
    place.people(&["alice", "bob"]);
    place.room("alice", "ward", &["bob"]);
    let mut bob = Listener::starts(&place, "bob");
    place.types("alice", &["send", "ward", "first"]);
    assert_eq!(bob.hears(), "first");
    bob.killed();
    let mut alice =
        place.command("alice", &["send", "ward", "--stdin"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut pipe = alice.stdin.take().unwrap();
    for number in 0..50 {
        writeln!(pipe, "line {number}").unwrap();
    }
    drop(pipe);
    assert!(alice.wait().unwrap().success());
    let mut bob = Listener::starts(&place, "bob");
    let mut heard = bob.hears();
    if heard == "first" {
        // Killed before it could say that it was heard.
        heard = bob.hears();
    }
    for number in 0..50 {
        assert_eq!(heard, format!("line {number}"));
        if number < 49 {
            heard = bob.hears();
        }
    }
    place.types("alice", &["send", "ward", "live"]);
    assert_eq!(bob.hears(), "live");
    bob.killed();
}

#[test]
fn urgent_named_pinned_expiring_and_receipts_as_they_are_typed() {
    let mut place = Place::new(None);
    place.start();
    place.people(&["alice", "bob"]);
    place.room("alice", "ward", &["bob"]);
    place.types("alice", &["send", "ward", "@bob evacuate", "--urgent"]);
    place.types("alice", &["send", "ward", "the code is rosebud", "--expires", "12h"]);
    let seen = view(&place, "bob");
    assert_eq!((&seen["mentions"], seen["urgent"].as_array().unwrap().len()), (&Value::from(1), 1));
    let urgent = line(&place, "bob", "@bob evacuate");
    let number = urgent["seq"].to_string();
    assert_eq!(urgent["urgent"], true);
    place.types("bob", &["ack", "ward", &number]);
    assert_eq!(view(&place, "bob")["urgent"].as_array().unwrap().len(), 0);
    assert_eq!(line(&place, "alice", "@bob evacuate")["acknowledged"], serde_json::json!(["bob"]));
    assert!(line(&place, "bob", "the code is rosebud")["expires"].is_number());
    // Refused before anything is sent: nobody acknowledges their own, and only who may keeps in view.
    assert_eq!(place.tries("alice", &["ack", "ward", &number]).status.code(), Some(1));
    assert_eq!(place.tries("bob", &["pin", "ward", &number]).status.code(), Some(1));
    assert_eq!(place.tries("bob", &["send", "ward", "x", "--expires", "soon"]).status.code(), Some(2));
    place.types("alice", &["pin", "ward", &number]);
    assert_eq!(line(&place, "bob", "@bob evacuate")["pinned"], true);
    place.types("bob", &["room", "mute", "ward"]);
    assert_eq!(view(&place, "bob")["muted"], true);
    place.types("alice", &["room", "receipts", "ward", "on"]);
    place.types("alice", &["send", "ward", "who has read this?"]);
    place.types("bob", &["read"]);
    let read = line(&place, "alice", "who has read this?");
    assert_eq!(read["receipts"], serde_json::json!([{"from": "bob", "status": "read"}]));
}
