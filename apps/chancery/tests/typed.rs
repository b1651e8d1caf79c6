//! The command line as it is typed, without a server: help that helps, completion, and exit codes that tell apart.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::process::{Command, Output};

fn type_in(words: &[&str]) -> Output {
    let home = std::env::temp_dir().join("chancery has no profiles here");
    let mut command = Command::new(env!("CARGO_BIN_EXE_chancery"));
    command.args(words).arg("--home").arg(home).output().unwrap()
}

#[test]
fn help_names_the_exit_codes_and_the_first_steps() {
    let help = String::from_utf8(type_in(&["--help"]).stdout).unwrap();
    for part in ["Exit codes", "chancery join '<invitation link>'", "--json", "--profile"] {
        assert!(help.contains(part), "{part}");
    }
}

#[test]
fn wrong_usage_and_a_profile_that_is_nobodys_are_told_apart() {
    assert_eq!(type_in(&["send"]).status.code(), Some(2));
    assert_eq!(type_in(&["join", "https://bank.example"]).status.code(), Some(2));
    let nobody = type_in(&["whoami", "--json"]);
    assert_eq!(nobody.status.code(), Some(3));
    assert!(String::from_utf8(nobody.stdout).unwrap().contains("client.not-enrolled"));
}

#[test]
fn completion_scripts_know_the_commands() {
    for shell in ["bash", "zsh", "fish"] {
        let script = String::from_utf8(type_in(&["completion", shell]).stdout).unwrap();
        assert!(script.contains("whoami"), "{shell}");
    }
}
