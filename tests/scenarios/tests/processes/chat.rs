//! The terminal client, tried by keystrokes in a real terminal against a real server: nothing that was typed is lost.

use std::fs;

use super::{place::Place, terminal::Terminal};

/// A server with alice and bob in two rooms.
fn ward() -> Place {
    let mut place = Place::new(None);
    place.start();
    place.people(&["alice", "bob"]);
    place.room("alice", "Board", &["bob"]);
    place.room("alice", "Ward 7", &["bob"]);
    place.types("bob", &["read"]);
    place
}

#[test]
fn two_people_talk_in_their_terminals() {
    let place = ward();
    let (alice, bob) = (Terminal::open(&place, "alice", &[]), Terminal::open(&place, "bob", &[]));
    alice.chats("'Ward 7'");
    bob.chats("'Ward 7'");
    alice.sees("online");
    alice.types("good morning, 日本");
    alice.presses(&["M-Enter"]);
    alice.types("rounds at nine");
    alice.presses(&["Enter"]);
    bob.sees("alice: good morning, 日本");
    bob.sees("│ rounds at nine");
    // What is said elsewhere is counted, and read by looking at it.
    place.types("alice", &["send", "Board", "the budget is ready"]);
    bob.until("Board 1", |screen| screen.lines().any(|row| row.starts_with(" Board") && row.contains("1│")));
    bob.presses(&["C-n"]);
    bob.sees("alice: the budget is ready");
    bob.until("Board", |screen| screen.lines().any(|row| row.starts_with(">Board ") && row.contains("  │")));
    // A line is answered, reacted to and changed by keys.
    bob.presses(&["M-Down"]);
    bob.sees("to Ward 7");
    bob.presses(&["Up"]);
    bob.sees("r answer");
    bob.presses(&["r"]);
    bob.sees("answers alice: “good morning, 日本 rounds");
    bob.types("not at ten?");
    bob.presses(&["Enter"]);
    alice.sees("bob answers alice “good morning");
    alice.sees("│ not at ten?");
    alice.presses(&["Up"]);
    alice.sees("r answer");
    alice.presses(&["+"]);
    alice.sees("or type one");
    alice.types("yes");
    alice.presses(&["Enter"]);
    bob.sees("[yes alice]");
    alice.presses(&["Up", "e"]);
    alice.sees("changes what you said");
    alice.presses(&["C-w"]);
    alice.types("ten");
    alice.presses(&["Enter"]);
    bob.sees("│ rounds at ten (changed)");
    // In its thread, and out of it.
    bob.presses(&["Up", "Up", "t"]);
    bob.sees("── thread of alice");
    bob.types("which ward?");
    bob.presses(&["Enter"]);
    alice.sees("bob in the thread of alice");
    bob.presses(&["Escape"]);
    bob.misses("── thread of alice");
    bob.sees("bob in the thread of alice");
    // It is taken back after a question.
    bob.presses(&["Up"]);
    bob.sees("r answer");
    bob.presses(&["d"]);
    bob.sees("Take back “which ward?”?");
    bob.presses(&["y"]);
    alice.sees("bob took this back");
}

#[test]
fn what_is_typed_survives_kill_9_and_a_terminal_that_goes_away() {
    let place = ward();
    let alice = Terminal::open(&place, "alice", &[]);
    alice.chats("'Ward 7'");
    alice.types("half a thought, and");
    alice.presses(&["M-Enter"]);
    alice.pastes("\tpasted as one\nwith a line");
    alice.sees("draft kept");
    alice.signals("-KILL");
    alice.sees("Killed");
    alice.types("stty sane; clear");
    alice.presses(&["C-j"]);
    alice.misses("F1 help");
    alice.chats("'Ward 7'");
    let screen = alice.sees("> half a thought, and");
    assert!(screen.contains("pasted as one") && screen.contains("with a line"), "{screen}");
    // In another room there is another draft, and this one stays.
    alice.presses(&["C-Down"]);
    alice.sees("to Board");
    alice.types("for the board");
    alice.presses(&["C-Up"]);
    alice.sees("> half a thought, and");
    // Whoever asks it to end finds the terminal as it was, and what was typed at once kept.
    alice.types("!");
    alice.sees("with a line!");
    alice.signals("-TERM");
    alice.until("the shell", |screen| !alice.is_taken() && screen.trim_end().ends_with(['#', '$']));
    alice.types("echo it is $((40+2)) again");
    alice.presses(&["Enter"]);
    let screen = alice.sees("it is 42 again");
    assert!(screen.contains("echo it is $((40+2))"), "the shell shows what is typed:\n{screen}");
    alice.chats("Board");
    alice.sees("> for the board");
    alice.presses(&["C-Down"]);
    alice.sees("with a line!");
    // It is sent as it was typed, and gone from there then.
    alice.presses(&["Enter"]);
    alice.misses("> half a thought, and");
    alice.presses(&["C-q"]);
    alice.until("the shell", |screen| !alice.is_taken() && screen.trim_end().ends_with(['#', '$']));
    let said = "half a thought, and\n\tpasted as one\nwith a line!";
    place.types("alice", &["read"]);
    assert_eq!(place.reads("bob", "Ward 7"), [said]);
}

#[test]
fn what_is_sent_without_a_server_is_kept_and_sent_when_it_is_back() {
    let mut place = ward();
    let alice = Terminal::open(&place, "alice", &[("NO_COLOR", "1")]);
    alice.chats("'Ward 7'");
    alice.sees("online");
    place.kill();
    alice.sees("not connected: ");
    alice.types("said into the dark");
    alice.presses(&["Enter"]);
    alice.sees("not sent yet, kept");
    place.start();
    alice.misses("not sent yet");
    alice.sees("alice: said into the dark");
    assert_eq!(place.reads("bob", "Ward 7"), ["said into the dark"]);
    // Nothing was coloured: no sequence sets a colour.
    alice.presses(&["F1"]);
    alice.sees("Alt-Enter");
    let shown = alice.coloured();
    let sets_colour = |part: &str| {
        let numbers = part.split_once('m').map_or("", |(numbers, _)| numbers);
        numbers.split(';').any(|number| matches!(number.parse(), Ok(30..=38 | 40..=48 | 90..=107)))
    };
    assert!(!shown.split("\u{1b}[").skip(1).any(sets_colour), "{shown}");
}

#[test]
fn a_file_goes_there_and_back_and_what_is_wrong_with_a_path_is_said() {
    let place = ward();
    let bytes: Vec<u8> = (0..3_000_000_u32).flat_map(u32::to_le_bytes).collect();
    fs::write(place.folder.path().join("merger-plan.pdf"), &bytes).unwrap();
    let (alice, bob) = (Terminal::open(&place, "alice", &[]), Terminal::open(&place, "bob", &[]));
    alice.chats("'Ward 7'");
    bob.chats("'Ward 7'");
    alice.presses(&["C-o"]);
    alice.types("no-such-file");
    alice.presses(&["Enter"]);
    alice.sees("no-such-file: No such file");
    alice.presses(&["C-u"]);
    alice.types("merger");
    alice.presses(&["Tab"]);
    alice.sees("merger-plan.pdf");
    alice.presses(&["Enter"]);
    bob.sees("alice sends merger-plan.pdf (11.44 MiB)");
    alice.presses(&["C-t"]);
    alice.sees("sending merger-plan.pdf");
    alice.sees("sent");
    bob.presses(&["Up"]);
    bob.sees("r answer");
    bob.presses(&["s"]);
    bob.sees("save it as: ./merger-plan.pdf");
    bob.presses(&["Enter"]);
    bob.sees("there is something already");
    bob.presses(&["C-w"]);
    bob.types("./saved.pdf");
    bob.presses(&["Enter"]);
    bob.sees("saved as ./saved.pdf");
    assert!(fs::read(place.folder.path().join("saved.pdf")).unwrap() == bytes);
}

#[test]
fn a_line_that_is_found_is_shown_among_its_room() {
    let place = ward();
    for number in 0..30 {
        place.types("alice", &["send", "Board", &format!("the budget of ward {number}")]);
    }
    let bob = Terminal::open(&place, "bob", &[]);
    bob.chats("'Ward 7'");
    bob.until("Board 30", |screen| {
        screen.lines().any(|row| row.starts_with(" Board") && row.contains("30│"))
    });
    bob.presses(&["C-f"]);
    bob.types("budget \"ward 3\" from:alice");
    bob.sees("1 found");
    bob.presses(&["Enter"]);
    let row = |screen: &str| screen.lines().any(|row| row.contains("│>") && row.contains("of ward 3"));
    bob.until("the line that was found", row);
    bob.sees("to Board");
    bob.presses(&["Escape"]);
    bob.misses("r answer");
    // Older lines and newer ones, by pages.
    bob.presses(&["C-End"]);
    bob.sees("of ward 29");
    bob.presses(&["PageUp"]);
    bob.misses("of ward 29");
    bob.sees("newer below");
    // Who is there, and who says so.
    bob.presses(&["C-p"]);
    bob.sees("Everybody here was vouched for");
    bob.sees("bob  member, invited by alice");
    bob.sees("this one");
    bob.presses(&["Escape"]);
    bob.misses("Everybody here");
    // Any size is survived, and one that is too small says so.
    bob.resizes("40", "10");
    bob.sees("Make this at least 60 x 15");
    bob.resizes("120", "40");
    bob.sees("of ward 12");
    bob.presses(&["C-c"]);
    bob.sees("Ctrl-C again ends");
    bob.presses(&["C-c"]);
    bob.until("the shell", |screen| !bob.is_taken() && screen.trim_end().ends_with(['#', '$']));
}

#[test]
fn without_a_terminal_it_says_what_to_use_instead() {
    let place = ward();
    let refused = place.tries("alice", &["chat"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stdout).contains("client.usage"));
    let refused = std::process::Command::new(super::place::program("chancery"))
        .args(["--profile", "alice", "chat"])
        .env("CHANCERY_HOME", place.home())
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("use chancery read"));
}
