//! What people do by mistake, and what others do on purpose with what everybody can do: typed into the built command line.

use std::{fs, process::Stdio};

use super::place::Place;

/// A place with a room of these people, founded by the first of them, that everybody has seen.
fn room(people: &[&str]) -> Place {
    let mut place = Place::new(None);
    place.start();
    place.people(people);
    place.room(people[0], "Ward 7", &people[1..]);
    for who in people {
        place.types(who, &["room", "list"]);
    }
    place
}

/// What somebody types for people to read.
fn says(place: &Place, who: &str, words: &[&str]) -> (Option<i32>, String) {
    let mut command = std::process::Command::new(super::place::program("chancery"));
    command.args(["--profile", who]).args(words).stdin(Stdio::null());
    let output =
        command.env("CHANCERY_HOME", place.home()).env("CHANCERY_KEY_FILE", place.key(who)).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

fn members(place: &Place, who: &str) -> Vec<String> {
    let view = place.types(who, &["room", "show", "Ward 7"]);
    let members = view[0]["members"].as_array().unwrap().clone();
    members.iter().map(|member| member["account"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_vault_opens_with_the_passphrase_it_was_made_with_and_no_other() {
    let mut place = Place::new(None);
    place.start();
    place.people(&["alice"]);
    let invited = place.types("alice", &["invite", "bob"]);
    let link = invited[0]["link"].as_str().unwrap();
    let file = place.folder.path().join("passphrase");
    let option = file.display().to_string();
    let code = |words: &str, rest: &[&str]| {
        fs::write(&file, words).unwrap();
        let mut command = std::process::Command::new(super::place::program("chancery"));
        command.args(["--profile", "bob", "--passphrase-file", &option]).args(rest);
        command.env("CHANCERY_HOME", place.home()).output().unwrap().status.code()
    };
    for short in ["", "too short"] {
        assert_eq!(code(short, &["join", link]), Some(5), "{short:?}");
        assert!(!place.home().join("bob").exists());
    }
    assert_eq!(code("correct horse battery\nthe rest is not read\n", &["join", link]), Some(0));
    assert_eq!(code("correct horse battery", &["whoami"]), Some(0));
    for wrong in ["", "correct horse", "correct horse battery "] {
        assert_eq!(code(wrong, &["whoami"]), Some(5), "{wrong:?}");
    }
}

#[test]
fn what_is_asked_without_a_server_is_done_when_it_is_back() {
    let mut place = room(&["alice", "bob", "carol"]);
    place.kill();
    let (code, said) = says(&place, "alice", &["room", "remove", "Ward 7", "bob"]);
    assert!(code == Some(4) && said.contains("it is kept"), "{said}");
    let (code, said) = says(&place, "alice", &["invite", "dora"]);
    assert!(code == Some(4) && !said.contains("kept"), "{said}");
    let (code, said) = says(&place, "alice", &["send", "no such room", "hello"]);
    assert!(code == Some(4) && !said.contains("kept"), "{said}");
    place.start();
    assert_eq!(members(&place, "alice"), ["alice", "carol"]);
}

#[test]
fn nobody_writes_lines_in_the_name_of_others() {
    let place = room(&["alice", "bob", "carol"]);
    place.types(
        "bob",
        &["send", "Ward 7", "ok\n2026-11-25 22:15  alice: I approve\n2026-11-25 22:16  * alice left"],
    );
    let (_, read) = says(&place, "carol", &["read", "Ward 7"]);
    let lines = |text: &str| read.lines().filter(|line| line.contains(text) && !line.contains("| ")).count();
    assert_eq!((lines("I approve"), lines("alice left")), (0, 0), "{read}");
    for name in ["Ward 7\n3f26ejiv  Ward 8", "Ward\u{200b} 7", " Ward 7", "\u{202e}7 draW"] {
        assert_eq!(place.tries("bob", &["room", "new", name]).status.code(), Some(2), "{name:?}");
    }
}

#[test]
fn a_name_does_not_lead_away_from_the_room_that_is_meant() {
    let place = room(&["alice", "bob"]);
    let rooms = place.types("alice", &["room", "list"]);
    let id = rooms[0]["rooms"][0]["room"].as_str().unwrap();
    let short: String = id.chars().take(8).collect();
    place.types("bob", &["room", "new", &short, "alice"]);
    place.types("alice", &["room", "list"]);
    let (code, said) = says(&place, "alice", &["send", &short, "for Ward 7 only"]);
    assert!(code == Some(2) && said.contains("one of several rooms"), "{said}");
    place.types("alice", &["send", id, "for Ward 7 only"]);
    assert_eq!(place.reads("bob", "Ward 7"), ["for Ward 7 only"]);
}

#[test]
fn a_leave_is_taken_in_by_whoever_comes_by() {
    let place = room(&["alice", "bob", "carol"]);
    assert_eq!(place.tries("bob", &["room", "leave", "Ward 7", "--wait", "1"]).status.code(), Some(7));
    place.types("carol", &["read"]);
    assert_eq!(members(&place, "alice"), ["alice", "carol"]);
    place.types("bob", &["room", "list"]);
    assert_eq!(place.tries("bob", &["send", "Ward 7", "still here?"]).status.code(), Some(1));
}

#[test]
fn the_last_owners_do_not_leave_together() {
    let place = room(&["alice", "bob", "carol"]);
    place.types("alice", &["room", "role", "Ward 7", "bob", "owner"]);
    place.types("bob", &["room", "list"]);
    assert_eq!(place.tries("alice", &["room", "leave", "Ward 7", "--wait", "1"]).status.code(), Some(7));
    let (code, said) = says(&place, "bob", &["room", "leave", "Ward 7"]);
    assert!(code == Some(1) && said.contains("only owner"), "{said}");
    assert_eq!(members(&place, "carol"), ["bob", "carol"]);
}

#[test]
fn nothing_is_said_to_another_machine_without_encryption() {
    let place = room(&["alice", "bob"]);
    let invited = place.types("alice", &["invite", "carol"]);
    let link = invited[0]["link"].as_str().unwrap();
    let (_, rest) = link.split_once("/#").unwrap();
    // A documentation address (RFC 5737): nobody answers there.
    let (code, said) = says(&place, "carol", &["join", &format!("http://192.0.2.2:9460/#{rest}")]);
    assert!(code == Some(2) && said.contains("plain HTTP to another machine"), "{said}");
    assert!(!place.home().join("carol").exists());
}

#[test]
fn what_nobody_was_shown_is_not_read() {
    let place = room(&["alice", "bob"]);
    place.types("alice", &["send", "Ward 7", "read this"]);
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let unshown = place.command("bob", &["read", "Ward 7"]).stdout(full).output().unwrap();
    assert_eq!(unshown.status.code(), Some(1));
    let lines = place.types("bob", &["read", "Ward 7"]);
    assert!(lines.iter().any(|line| line["said"] == "read this"), "{lines:?}");
    assert!(place.types("bob", &["read", "Ward 7"]).is_empty());
}

#[test]
fn whoever_was_removed_and_added_again_meanwhile_gets_both_parts() {
    for restart in [false, true] {
        let mut place = room(&["alice", "bob", "carol"]);
        place.types("alice", &["send", "Ward 7", "before"]);
        place.types("alice", &["room", "remove", "Ward 7", "bob"]);
        place.types("alice", &["send", "Ward 7", "not for bob"]);
        place.types("alice", &["room", "add", "Ward 7", "bob"]);
        place.types("alice", &["send", "Ward 7", "after"]);
        place.reads("carol", "Ward 7");
        place.reads("alice", "Ward 7");
        if restart {
            place.kill();
            place.start();
            place.reads("alice", "Ward 7");
        }
        assert_eq!(place.reads("bob", "Ward 7"), ["before", "after"], "restart: {restart}");
        place.types("bob", &["send", "Ward 7", "here again"]);
        assert!(place.reads("carol", "Ward 7").ends_with(&["here again".to_owned()]));
    }
}

#[test]
fn what_cannot_be_done_in_one_room_stops_no_other() {
    let place = room(&["alice", "bob", "carol"]);
    place.types("alice", &["room", "new", "Twice", "bob", "bob", "alice"]);
    assert_eq!(place.tries("alice", &["room", "add", "Twice", "carol", "carol"]).status.code(), Some(0));
    for words in [&["room", "remove", "Ward 7", "alice"][..], &["room", "remove", "Twice", "alice"]] {
        let (code, said) = says(&place, "alice", words);
        assert!(code == Some(1) && said.contains("nobody removes themselves"), "{said}");
    }
    place.types("alice", &["send", "Ward 7", "good morning"]);
    assert_eq!(place.reads("carol", "Ward 7"), ["good morning"]);
    assert_eq!(members(&place, "alice"), ["alice", "bob", "carol"]);
}

#[test]
fn a_room_one_has_left_does_not_stand_in_the_way_of_another() {
    let place = room(&["alice", "bob", "carol"]);
    place.tries("bob", &["room", "leave", "Ward 7", "--wait", "1"]);
    place.types("carol", &["read"]);
    place.types("bob", &["room", "list"]);
    place.types("carol", &["room", "new", "Ward 7", "bob"]);
    place.types("bob", &["send", "Ward 7", "hello"]);
}

#[test]
fn two_copies_of_a_device_take_turns_and_neither_is_shut_out() {
    let place = room(&["alice", "bob"]);
    let (profile, copies) = (place.home().join("bob"), place.folder.path().join("copies"));
    let take = |name: &str| copy(&profile, &copies.join(name));
    let put = |name: &str| {
        fs::remove_dir_all(&profile).unwrap();
        copy(&copies.join(name), &profile);
    };
    take("older");
    place.types("bob", &["send", "Ward 7", "one"]);
    take("newer");
    put("older");
    place.types("bob", &["send", "Ward 7", "two"]);
    put("newer");
    place.types("bob", &["send", "Ward 7", "three"]);
    assert_eq!(members(&place, "bob"), ["alice", "bob"]);
    assert_eq!(place.reads("alice", "Ward 7"), ["one", "two", "three"]);
    place.types("alice", &["send", "Ward 7", "four"]);
    assert!(place.reads("bob", "Ward 7").ends_with(&["three".to_owned(), "four".to_owned()]));
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let file = entry.unwrap().path();
        fs::copy(&file, to.join(file.file_name().unwrap())).unwrap();
    }
}

#[test]
fn one_server_has_a_database_and_nobody_else_reads_it() {
    let mut place = Place::new(None);
    let data = place.folder.path().join("data");
    fs::remove_dir_all(&data).unwrap();
    fs::create_dir(&data).unwrap();
    place.start();
    place.people(&["alice"]);
    #[cfg(unix)]
    for entry in fs::read_dir(&data).unwrap() {
        use std::os::unix::fs::PermissionsExt as _;
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o077, 0, "{:?}", entry.file_name());
    }
    let config = fs::read_to_string(place.folder.path().join("chancery.toml")).unwrap();
    let folder = place.folder.path().to_owned();
    let serve = |config: &str| {
        fs::write(folder.join("other.toml"), config).unwrap();
        let mut command = std::process::Command::new(super::place::program("chanceryd"));
        command.args(["serve", "--config", "other.toml"]).current_dir(&folder);
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let free = |line: &str| {
        if line.starts_with("listen") { "listen = \"127.0.0.1:0\"".to_owned() } else { line.to_owned() }
    };
    let config = config.lines().map(free).collect::<Vec<_>>().join("\n");
    let (code, said) = serve(&config);
    assert!(code == Some(1) && said.contains("another server has this database open"), "{said}");
    place.kill();
    let (code, said) = serve(&config.replace("bank.example", "clinic.example"));
    assert!(code == Some(2) && said.contains("this database belongs to bank.example"), "{said}");
    assert!(said.starts_with("other.toml:"), "{said}");
}
