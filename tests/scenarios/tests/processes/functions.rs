//! What people do in a conversation besides talking, and what programs do with pipes, typed as they would type it.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdout, Stdio},
};

use serde_json::Value;

use super::place::{Place, program};

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
fn what_is_piped_while_the_server_is_away_is_kept_and_said_later() {
    let mut place = Place::new(None);
    place.start();
    place.people(&["alice", "bob"]);
    place.room("alice", "ward", &["bob"]);
    place.kill();
    let mut pipe =
        place.command("alice", &["send", "ward", "--stdin"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut input = pipe.stdin.take().unwrap();
    for number in 0..600 {
        writeln!(input, "line {number}").unwrap();
    }
    // Neither of these is a message; the others are.
    writeln!(input, "{}", "x".repeat(40_000)).unwrap();
    input.write_all(b"\xff\xfe\n\nlast\n").unwrap();
    drop(input);
    assert_eq!(pipe.wait().unwrap().code(), Some(4));
    place.start();
    let said = place.reads("alice", "ward");
    assert_eq!((said.len(), said.last().unwrap().as_str()), (601, "last"));
    assert_eq!(place.reads("bob", "ward").len(), 601);
}

/// A line that somebody says in answer, once it is there.
fn answered(place: &Place, who: &str, said: &str) -> Value {
    loop {
        let lines = place.types(who, &["read", "ward", "--last", "20"]);
        if let Some(line) = lines.into_iter().find(|line| line["said"] == said) {
            return line;
        }
    }
}

#[test]
fn the_example_bot_answers_with_its_badge_and_is_in_no_other_room() {
    let mut place = Place::new(None);
    place.start();
    place.people(&["alice"]);
    let invited = place.types("alice", &["invite", "pinger", "--bot", "answers ping"]);
    let link = invited[0]["link"].as_str().unwrap();
    place.types("pinger", &["--unlock", "file", "join", link]);
    place.room("alice", "ward", &["pinger"]);
    place.room("alice", "other", &[]);
    let mut bot =
        std::process::Command::new(program("examples/bot")).arg(place.home()).arg("pinger").spawn().unwrap();
    place.types("alice", &["send", "ward", "ping"]);
    let pong = answered(&place, "alice", "pong");
    assert_eq!((&pong["from"], &pong["bot"]), (&Value::from("pinger"), &Value::from(true)));
    let members = view(&place, "alice")["members"].clone();
    let badge = members.as_array().unwrap().iter().find(|member| member["account"] == "pinger").unwrap();
    assert_eq!(
        badge["bot"],
        serde_json::json!({"owner": "alice", "purpose": "answers ping", "scope": null, "until": null})
    );
    bot.kill().unwrap();
    bot.wait().unwrap();
    let rooms = place.types("pinger", &["room", "list"]);
    assert_eq!(rooms[0]["rooms"].as_array().unwrap().len(), 1);
    // It is no officer, and has to say what it is for.
    assert_eq!(place.tries("pinger", &["invite", "friend"]).status.code(), Some(1));
    assert_eq!(place.tries("alice", &["invite", "other", "--bot", ""]).status.code(), Some(1));
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
