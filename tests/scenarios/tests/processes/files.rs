//! Files: broken off on every side and gone on with, the same at both ends, and nothing of them to be read on the server.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Child,
};

use super::place::Place;

/// Every file below a folder.
fn below(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return vec![] };
    let entries = entries.map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { below(&path) } else { vec![path] }).collect()
}

/// How many sealed parts are on the server.
fn parts(place: &Place) -> usize {
    below(&place.folder.path().join("data/files")).len()
}

/// Bytes that repeat nowhere, but for a line that somebody could look for.
fn contents(size: usize) -> Vec<u8> {
    let mut bytes: Vec<u8> = b"the merger is planned for May ".repeat(100);
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    while bytes.len() < size {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend(state.to_le_bytes());
    }
    bytes.truncate(size);
    bytes
}

/// Lets a command run until `enough`, and kills it then; answers whether it was still running.
fn killed_when(mut child: Child, enough: impl Fn() -> bool) -> bool {
    loop {
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        if enough() {
            child.kill().unwrap();
            child.wait().unwrap();
            return true;
        }
        std::thread::yield_now();
    }
}

#[test]
fn a_file_survives_kills_on_every_side_and_says_nothing_to_the_server() {
    let mut place = Place::new(None);
    place.start();
    place.people(&["alice", "bob"]);
    place.room("alice", "board", &["bob"]);
    place.types("bob", &["read"]);
    let sent = place.folder.path().join("merger-plan.pdf");
    let bytes = contents(24 * 1024 * 1024 + 12_345);
    fs::write(&sent, &bytes).unwrap();
    let typed = ["send", "board", "about May", "--file", sent.to_str().unwrap()];
    // The client dies twice, then the server under the next one.
    for least in [4, 9] {
        let child = place.command("alice", &typed).stdout(std::process::Stdio::null()).spawn().unwrap();
        assert!(killed_when(child, || parts(&place) >= least));
    }
    let mut child = place.command("alice", &typed).stdout(std::process::Stdio::null()).spawn().unwrap();
    while parts(&place) < 14 {
        std::thread::yield_now();
    }
    place.kill();
    place.start();
    let code = child.wait().unwrap().code();
    assert!(matches!(code, Some(0 | 4 | 7)), "{code:?}");
    if code != Some(0) {
        place.types("alice", &typed);
    }
    // What was sealed anew after a kill may lie there once more until it is swept up; the file itself has 25 parts.
    assert!(parts(&place) <= 25 + 3, "it went on and did not begin anew: {}", parts(&place));

    let lines = place.types("bob", &["read", "board"]);
    let line = lines.iter().find(|line| line["kind"] == "file").unwrap();
    assert_eq!(line["file"]["name"], "merger-plan.pdf");
    assert_eq!((&line["file"]["media"], &line["said"]), (&"application/pdf".into(), &"about May".into()));
    let number = line["seq"].to_string();
    let folder = place.folder.path().join("saved");
    fs::create_dir(&folder).unwrap();
    let save = ["save", "board", &number, "--to", folder.to_str().unwrap()];
    let (beside, saved) = (folder.join("merger-plan.pdf.part"), folder.join("merger-plan.pdf"));
    let child = place.command("bob", &save).stdout(std::process::Stdio::null()).spawn().unwrap();
    let half = || fs::metadata(&beside).is_ok_and(|it| it.len() > 8 * 1024 * 1024);
    assert!(killed_when(child, half));
    assert!(!saved.exists(), "half a file has no name");
    place.types("bob", &save);
    assert!(fs::read(&saved).unwrap() == bytes && !beside.exists());
    assert_eq!(place.tries("bob", &save).status.code(), Some(5), "nothing is written over");

    // What the server keeps has neither the name nor the words nor any piece of the file in it.
    let kept: Vec<u8> =
        below(&place.folder.path().join("data")).iter().flat_map(|it| fs::read(it).unwrap()).collect();
    let piece = &bytes[5_000_000..5_000_016];
    for needle in [&b"merger"[..], b"about May", b"application/pdf", piece] {
        assert!(!kept.windows(needle.len()).any(|part| part == needle));
    }
    let found = place.types("bob", &["search", "has:file", "merger"]);
    assert_eq!(found.len(), 1);
    assert_eq!(place.tries("bob", &["delete", "board", &number]).status.code(), Some(1));
    let before = parts(&place);
    place.types("alice", &["delete", "board", &number]);
    place.types("alice", &["read"]);
    assert_eq!(before - parts(&place), 25);
    place.types("bob", &["read", "board"]);
    assert_eq!(place.tries("bob", &save).status.code(), Some(2), "it was taken back");
}

#[test]
fn a_file_that_the_server_changes_is_not_saved() {
    let mut place = Place::new(None);
    place.start();
    place.people(&["alice", "bob"]);
    place.room("alice", "board", &["bob"]);
    let sent = place.folder.path().join("plan.txt");
    fs::write(&sent, contents(2_000_000)).unwrap();
    place.types("alice", &["send", "board", "--file", sent.to_str().unwrap()]);
    for part in below(&place.folder.path().join("data/files")) {
        let mut bytes = fs::read(&part).unwrap();
        bytes[70_000] ^= 1;
        fs::write(&part, bytes).unwrap();
    }
    let lines = place.types("bob", &["read", "board"]);
    let line = lines.iter().find(|line| line["kind"] == "file").unwrap();
    let to = place.folder.path().join("saved.txt");
    let saved =
        place.tries("bob", &["save", "board", &line["seq"].to_string(), "--to", to.to_str().unwrap()]);
    assert_eq!(saved.status.code(), Some(6), "an alarm, and no bad network");
    assert!(String::from_utf8_lossy(&saved.stdout).contains("has changed it"));
    assert!(!to.exists());
}
