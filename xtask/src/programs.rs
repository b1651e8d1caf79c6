//! Programs that the tests are played with: installed when that is possible.

use std::process::{Command, Stdio};

use crate::{
    say,
    shell::{Outcome, can_install, fail, install},
};

/// A program, how it is asked whether it is there, and what it is for.
struct Program {
    name: &'static str,
    asked: &'static str,
    what_for: &'static str,
}

const PROGRAMS: [Program; 2] = [
    Program {
        name: "tmux",
        // It does not know `--version`.
        asked: "-V",
        what_for: "the terminal client is tried by keystrokes (version 3.2 or later)",
    },
    Program {
        name: "chromium",
        asked: "--version",
        what_for: "pages are tried in a real browser (version 129 or later)",
    },
];

/// Makes sure that they are there.
pub(crate) fn ready() -> Outcome {
    for program in &PROGRAMS {
        let Program { name, what_for, .. } = program;
        if program.is_there() {
            continue;
        }
        if !can_install() {
            return fail(format!(
                "the tests need {name}, and it is not here: {what_for}. Install it (Debian: `apt-get install {name}`; \
                 macOS: `brew install {name}`), or run this as root"
            ));
        }
        say::step(&format!("installing {name}"));
        install(&[name])?;
        if !program.is_there() {
            return fail(format!("{name} was installed, but it does not run"));
        }
    }
    Ok(())
}

impl Program {
    fn is_there(&self) -> bool {
        let mut ask = Command::new(self.name);
        let ask = ask.arg(self.asked).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        ask.status().is_ok_and(|status| status.success())
    }
}
