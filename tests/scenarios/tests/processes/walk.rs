//! What a new user does by the README: found, invite, join, talk; with every process killed on the way.

use std::{
    io::{BufRead as _, BufReader},
    process::Stdio,
    sync::mpsc::channel,
    time::Duration,
};

use super::place::Place;

#[test]
fn three_people_talk_while_every_process_is_killed() {
    let mut place = Place::new(None);
    place.start();
    place.people(&["alice", "bob", "carol"]);
    let room = place.room("alice", "Ward 7", &["bob", "carol"]);
    place.types("alice", &["send", "Ward 7", "good morning"]);
    let mut follower =
        place.command("bob", &["tail", "Ward 7", "--follow"]).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(follower.stdout.take().unwrap()).lines();
    let (to, told) = channel();
    std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| to.send(line)));
    let sees = |text: &str| {
        let next = || told.recv_timeout(Duration::from_mins(1)).expect("bob is told nothing");
        while !next().contains(text) {}
    };
    sees("good morning");
    place.types("carol", &["read"]);
    place.kill();
    // Nobody answers: it is kept, and the exit code says so.
    let kept = place.tries("carol", &["send", &room, "kept until the server is back", "--wait", "1"]);
    assert!(!kept.status.success());
    place.start();
    place.types("carol", &["send", "Ward 7", "and a third one"]);
    sees("kept until the server is back");
    sees("and a third one");
    follower.kill().unwrap();
    follower.wait().unwrap();
    place.types("bob", &["send", "Ward 7", "goodbye"]);
    let said = ["good morning", "kept until the server is back", "and a third one", "goodbye"];
    for who in ["alice", "bob", "carol"] {
        assert_eq!(place.reads(who, "Ward 7"), said, "{who}");
    }
}

#[test]
fn whoever_was_removed_meanwhile_still_gets_what_was_said_before() {
    let mut place = Place::new(None);
    place.start();
    place.people(&["alice", "bob", "carol"]);
    place.room("alice", "Ward 7", &["bob", "carol"]);
    place.reads("bob", "Ward 7");
    place.types("alice", &["send", "Ward 7", "bob is still here"]);
    place.reads("carol", "Ward 7");
    place.types("alice", &["room", "remove", "Ward 7", "bob"]);
    place.types("alice", &["send", "Ward 7", "bob has gone"]);
    // Both acknowledge it, so that the server needs none of it for them.
    assert_eq!(place.reads("carol", "Ward 7"), ["bob is still here", "bob has gone"]);
    place.reads("alice", "Ward 7");
    // Nor does the server remember it by heart.
    place.kill();
    place.start();
    place.types("carol", &["send", "Ward 7", "since when?"]);
    place.reads("alice", "Ward 7");
    assert_eq!(place.reads("bob", "Ward 7"), ["bob is still here"]);
    let rooms = place.types("bob", &["room", "list"]);
    let room = &rooms[0]["rooms"][0];
    assert_eq!(room["standing"], "left");
    assert_eq!(room["why"], "alice removed you");
}

#[test]
fn a_script_can_tell_refusals_apart() {
    let mut place = Place::new(None);
    place.start();
    place.people(&["alice", "bob"]);
    place.room("alice", "room", &["bob"]);
    let code = |who: &str, words: &[&str]| {
        let output = place.tries(who, words);
        let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        (output.status.code().unwrap(), answer["error"]["code"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(code("nobody", &["whoami"]), (3, "client.not-enrolled".to_owned()));
    assert_eq!(code("alice", &["send", "no such room", "x"]), (2, "client.room".to_owned()));
    assert_eq!(code("alice", &["join", "https://bank.example"]), (2, "client.link".to_owned()));
    assert_eq!(code("alice", &["room", "add", "room", "Nobody"]), (2, "client.usage".to_owned()));
    assert_eq!(code("alice", &["room", "add", "room", "stranger"]), (1, "client.refused".to_owned()));
    assert_eq!(code("bob", &["room", "remove", "room", "alice"]), (1, "client.refused".to_owned()));
    assert_eq!(code("bob", &["invite", "carol"]), (1, "policy.denied".to_owned()));
    assert_eq!(code("alice", &["invite", "bob"]).0, 1);
    assert_eq!(code("alice", &["--no-such-option"]).0, 2);
    assert_eq!(code("alice", &["send", "room", " \n"]), (2, "client.usage".to_owned()));
    assert_eq!(code("a/b", &["whoami"]), (2, "client.profile-name".to_owned()));
}

#[test]
fn who_can_be_added_is_added_and_who_cannot_is_named() {
    let mut place = Place::new(None);
    place.start();
    place.people(&["alice", "bob", "carol"]);
    let opened = place.tries("alice", &["room", "new", "Ward 7", "bob", "ghost", "carol"]);
    assert_eq!(opened.status.code(), Some(1));
    let said = String::from_utf8(opened.stdout).unwrap();
    assert!(said.contains("ghost cannot be added") && !said.contains("bob"), "{said}");
    place.types("alice", &["send", "Ward 7", "good morning"]);
    assert_eq!(place.reads("bob", "Ward 7"), ["good morning"]);
    assert_eq!(place.reads("carol", "Ward 7"), ["good morning"]);
}

#[test]
fn a_try_to_join_that_failed_leaves_nothing_behind() {
    let mut place = Place::new(None);
    place.start();
    place.people(&["alice"]);
    let invited = place.types("alice", &["invite", "bob"]);
    let link = invited[0]["link"].as_str().unwrap();
    place.kill();
    assert_eq!(place.tries("bob", &["join", link]).status.code(), Some(4));
    assert!(!place.home().join("bob").exists());
    place.start();
    place.types("bob", &["join", link]);
    let other = place.tries("bob", &["join", link, "--unlock", "passphrase"]);
    assert_eq!(other.status.code(), Some(2));
    assert!(String::from_utf8(other.stdout).unwrap().contains("locked in another way already"));
}

#[test]
fn an_invitation_works_once() {
    let mut place = Place::new(None);
    place.start();
    place.people(&["alice"]);
    let invited = place.types("alice", &["invite", "bob"]);
    let link = invited[0]["link"].as_str().unwrap();
    place.types("bob", &["join", link]);
    // The same person again is the same person; somebody else is refused.
    place.types("bob", &["join", link]);
    let second = place.tries("mallory", &["join", link]);
    assert_eq!(second.status.code(), Some(1));
    assert!(String::from_utf8(second.stdout).unwrap().contains("accounts.no-invitation"));
}
