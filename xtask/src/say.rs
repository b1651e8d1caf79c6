//! What is said to the person in front of the screen. Colour is an extra: nothing depends on it.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line speaks through these")]

use std::io::IsTerminal as _;

/// Says what is being done.
pub(crate) fn step(text: &str) {
    if std::io::stderr().is_terminal() {
        eprintln!("\u{1b}[1m→ {text}\u{1b}[0m");
    } else {
        eprintln!("→ {text}");
    }
}

/// Says what is wrong.
pub(crate) fn problem(text: &str) {
    if std::io::stderr().is_terminal() {
        eprintln!("\u{1b}[31merror:\u{1b}[0m {text}");
    } else {
        eprintln!("error: {text}");
    }
}

/// Says a result.
pub(crate) fn line(text: &str) {
    println!("{text}");
}
