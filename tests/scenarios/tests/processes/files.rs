//! Files: broken off on every side and gone on with, the same at both ends, and nothing of them to be read on the server.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command},
};

use chancery_testkit::s3::Store;

use super::place::{Place, program};

/// Every file below a folder.
fn below(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return vec![] };
    let entries = entries.map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { below(&path) } else { vec![path] }).collect()
}

/// A place whose sealed parts can be counted, wherever they lie.
struct Kept {
    place: Place,
    folder: PathBuf,
    /// What keeps them, when it is not the server's own machine.
    store: Option<Store>,
}

impl Kept {
    fn in_a_folder() -> Self {
        let place = Place::new(None);
        Self { folder: place.folder.path().join("data/files"), place, store: None }
    }

    fn in_s3() -> Self {
        let (place, store) = (Place::new(None), Store::start().unwrap());
        place.files_in(&store);
        Self { folder: store.objects(), place, store: Some(store) }
    }

    /// The sealed parts.
    fn parts(&self) -> Vec<PathBuf> {
        below(&self.folder)
    }
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
    survives_kills(Kept::in_a_folder());
}

#[test]
fn a_file_in_s3_survives_kills_on_every_side_and_says_nothing_to_the_store() {
    survives_kills(Kept::in_s3());
}

fn survives_kills(mut kept: Kept) {
    kept.place.start();
    let place = &kept.place;
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
        assert!(killed_when(child, || kept.parts().len() >= least));
    }
    let mut child = place.command("alice", &typed).stdout(std::process::Stdio::null()).spawn().unwrap();
    while kept.parts().len() < 14 {
        assert!(child.try_wait().unwrap().is_none(), "it gave up");
        std::thread::yield_now();
    }
    kept.place.kill();
    kept.place.start();
    let place = &kept.place;
    let code = child.wait().unwrap().code();
    assert!(matches!(code, Some(0 | 4 | 7)), "{code:?}");
    if code != Some(0) {
        place.types("alice", &typed);
    }
    // What was sealed anew after a kill may lie there once more until it is swept up; the file itself has 25 parts.
    assert!(kept.parts().len() <= 25 + 3, "it went on and did not begin anew: {}", kept.parts().len());

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
    assert_eq!(place.tries("bob", &save).status.code(), Some(2), "nothing is written over");

    // What the server keeps has neither the name nor the words nor any piece of the file in it.
    let mut all = below(&place.folder.path().join("data"));
    all.extend(kept.parts());
    let all: Vec<u8> = all.iter().flat_map(|it| fs::read(it).unwrap()).collect();
    let piece = &bytes[5_000_000..5_000_016];
    for needle in [&b"merger"[..], b"about May", b"application/pdf", piece] {
        assert!(!all.windows(needle.len()).any(|part| part == needle));
    }
    let found = place.types("bob", &["search", "has:file", "merger"]);
    assert_eq!(found.len(), 1);
    assert_eq!(place.tries("bob", &["delete", "board", &number]).status.code(), Some(1));
    let before = kept.parts().len();
    place.types("alice", &["delete", "board", &number]);
    place.types("alice", &["read"]);
    assert_eq!(before - kept.parts().len(), 25);
    place.types("bob", &["read", "board"]);
    assert_eq!(place.tries("bob", &save).status.code(), Some(2), "it was taken back");
}

#[test]
fn a_file_that_the_server_changes_is_not_saved() {
    changed_is_not_saved(Kept::in_a_folder());
}

#[test]
fn a_file_that_the_s3_store_changes_is_not_saved() {
    changed_is_not_saved(Kept::in_s3());
}

fn changed_is_not_saved(mut kept: Kept) {
    kept.place.start();
    let place = &kept.place;
    place.people(&["alice", "bob"]);
    place.room("alice", "board", &["bob"]);
    let sent = place.folder.path().join("plan.txt");
    fs::write(&sent, contents(2_000_000)).unwrap();
    place.types("alice", &["send", "board", "--file", sent.to_str().unwrap()]);
    for part in kept.parts() {
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

#[test]
fn a_file_waits_for_an_s3_store_that_is_away_and_messages_do_not() {
    let mut kept = Kept::in_s3();
    kept.place.start();
    let place = &kept.place;
    place.people(&["alice", "bob"]);
    place.room("alice", "board", &["bob"]);
    place.types("bob", &["read"]);
    let sent = place.folder.path().join("plan.bin");
    let bytes = contents(40 * 1024 * 1024);
    fs::write(&sent, &bytes).unwrap();
    let typed = ["--wait", "120", "send", "board", "--file", sent.to_str().unwrap()];
    let mut child = place.command("alice", &typed).stdout(std::process::Stdio::null()).spawn().unwrap();
    while kept.parts().len() < 3 {
        assert!(child.try_wait().unwrap().is_none(), "it gave up");
        std::thread::yield_now();
    }
    kept.store.as_mut().unwrap().go_away();
    let refused = "chancery_refused_total{code=\"server.busy\"}";
    while !place.health("/metrics").contains(refused) {
        assert!(child.try_wait().unwrap().is_none(), "it does not wait");
        std::thread::yield_now();
    }
    let ready = place.health("/health/ready");
    assert!(ready.starts_with("HTTP/1.1 200") && ready.contains("except for files"), "{ready}");
    assert!(place.health("/metrics").contains("chancery_files_store_works 0"));
    place.types("bob", &["send", "board", "meanwhile"]);
    assert!(child.try_wait().unwrap().is_none(), "it waits");

    kept.store.as_mut().unwrap().come_back().unwrap();
    assert!(child.wait().unwrap().success());
    let place = &kept.place;
    let ready = place.health("/health/ready");
    assert!(ready.starts_with("HTTP/1.1 200") && !ready.contains("except"), "{ready}");
    let lines = place.types("bob", &["read", "board"]);
    let line = lines.iter().find(|line| line["kind"] == "file").unwrap();
    let to = place.folder.path().join("saved.bin");
    place.types("bob", &["save", "board", &line["seq"].to_string(), "--to", to.to_str().unwrap()]);
    assert!(fs::read(&to).unwrap() == bytes);
    assert!(place.reads("alice", "board").contains(&"meanwhile".to_owned()));
}

#[test]
fn a_bucket_that_cannot_be_used_is_one_line_and_no_start() {
    let kept = Kept::in_s3();
    let folder = kept.place.folder.path();
    let config = fs::read_to_string(folder.join("chancery.toml")).unwrap();
    let key = fs::read_to_string(folder.join("s3-key")).unwrap();
    let number = 1 + config.lines().position(|line| line.starts_with("s3 =")).unwrap();
    for (bad_config, bad_key, expected) in [
        (config.clone(), key.replace("secret = \"", "secret = \"x"), "SignatureDoesNotMatch"),
        (config.replace("chancery-files\", credentials", "not-there\", credentials"), key, "NoSuchBucket"),
    ] {
        fs::write(folder.join("chancery.toml"), bad_config).unwrap();
        fs::write(folder.join("s3-key"), bad_key).unwrap();
        let started = Command::new(program("chanceryd")).arg("serve").current_dir(folder).output().unwrap();
        let said = String::from_utf8(started.stderr).unwrap();
        assert_eq!((started.status.code(), said.lines().count()), (Some(2), 1), "{said}");
        assert!(said.starts_with(&format!("chancery.toml:{number}: ")) && said.contains(expected), "{said}");
    }
}
