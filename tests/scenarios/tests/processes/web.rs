//! The web client: people in real browsers, beside one at the command line.

use std::{path::Path, process::Command};

use super::place::{Place, program};

/// Where the web client's tests and their tools are.
#[expect(clippy::disallowed_methods, reason = "whoever runs the tests says where the tools are")]
fn tools() -> String {
    std::env::var("CHANCERY_TEST_WEB").expect("the web client's tools are missing: run `cargo xtask test`")
}

#[test]
fn two_people_in_browsers_and_one_at_the_command_line_talk_and_leave_nothing_readable() {
    let mut place = Place::new(None);
    place.start();
    // Browsers take a name for a place of its own, and no address.
    let link = place.founding_link().replace("127.0.0.1", "localhost");
    let (tools, browsers) = (tools(), place.folder.path().join("browsers"));
    let walked = Command::new("node")
        .args(["e2e/walk.mjs", &link])
        .args([&browsers, &Path::new(&tools).join("shots"), &program("chancery")])
        .current_dir(&tools)
        .output()
        .unwrap();
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(walked.status.success(), "{}{}", said(&walked.stdout), said(&walked.stderr));
    assert_eq!(said(&walked.stdout), "all of it holds\n");
}
