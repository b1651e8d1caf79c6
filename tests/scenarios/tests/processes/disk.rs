//! The disk fails: it is full for a while, or one fsync does not come back well.

use std::{fs, path::PathBuf, process::Command};

use super::place::{Place, program};

/// Where the server's own small disk is seen from here.
fn disk(place: &mut Place) -> PathBuf {
    let data = place.folder.path().join("data");
    let inside = data.strip_prefix("/").unwrap().to_owned();
    PathBuf::from(format!("/proc/{}/root", place.process().id())).join(inside)
}

#[test]
fn a_full_disk_is_refused_clearly_and_heals_by_itself() {
    let mut place = Place::new(None);
    // The server gets a disk of three megabytes, in a namespace of its own.
    let run =
        format!("mount -t tmpfs -o size=3m tmpfs data && exec {} \"$@\"", program("chanceryd").display());
    place.start_as(Command::new("unshare").args(["--mount", "--map-root-user", "sh", "-c", &run, "sh"]));
    place.people(&["alice", "bob"]);
    let room = place.room("alice", "room", &["bob"]);
    place.types("alice", &["send", "room", "before"]);
    place.types("bob", &["read"]);
    place.types("alice", &["send", "room", "not read yet"]);
    let filler = disk(&mut place).join("filler");
    let _ = fs::write(&filler, vec![0; 4 << 20]);
    let long = "x".repeat(30_000);
    let mut refused = 0;
    for at in 0..8 {
        let output = place.tries("alice", &["send", "room", &format!("{at} {long}"), "--wait", "1"]);
        let text = String::from_utf8(output.stdout).unwrap();
        if !output.status.success() {
            refused += 1;
            assert_eq!(output.status.code(), Some(7), "{text}");
        }
    }
    assert!(refused > 0, "the disk never was full");
    // What is there can be read meanwhile.
    assert!(place.reads("bob", &room).contains(&"not read yet".to_owned()));
    fs::remove_file(&filler).unwrap();
    place.types("alice", &["send", "room", "after"]);
    let seen = place.reads("bob", &room);
    assert_eq!(seen.len(), 11, "{:?}", seen.iter().map(String::len).collect::<Vec<_>>());
    assert_eq!(seen.last().unwrap(), "after");
    assert_eq!(seen, place.reads("alice", &room));
}

#[test]
fn after_a_failed_fsync_nothing_more_is_acknowledged() {
    let mut place = Place::new(None);
    let trace = place.folder.path().join("trace");
    place.start_as(
        Command::new("strace")
            .args(["-f", "-qq", "-o"])
            .arg(&trace)
            .args(["-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:error=EIO:when=60"])
            .arg(program("chanceryd")),
    );
    place.people(&["alice"]);
    let room = place.room("alice", "room", &[]);
    let mut acknowledged = Vec::new();
    for at in 0..60 {
        let text = format!("message {at}");
        if !place.tries("alice", &["send", "room", &text, "--wait", "1"]).status.success() {
            break;
        }
        acknowledged.push(text);
    }
    assert!(acknowledged.len() < 60, "no fsync failed");
    assert_eq!(place.process().wait().unwrap().code(), Some(74));
    // On a disk that works again, everything that was acknowledged is there, and the rest is sent.
    place.start();
    let seen = place.reads("alice", &room);
    let sent = format!("message {}", acknowledged.len());
    assert_eq!(seen, acknowledged.into_iter().chain([sent]).collect::<Vec<_>>());
}
