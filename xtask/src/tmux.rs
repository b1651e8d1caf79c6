//! tmux, in which the terminal client is tried by keystrokes: installed when that is possible.

use std::process::{Command, Stdio};

use crate::{
    say,
    shell::{Outcome, can_install, fail, install},
};

/// Makes sure that it is there.
pub(crate) fn ready() -> Outcome {
    if is_there() {
        return Ok(());
    }
    if !can_install() {
        return fail(
            "the tests need tmux (version 3.2 or later), and it is not here: install it (Debian: `apt-get install tmux`; \
             macOS: `brew install tmux`), or run this as root",
        );
    }
    say::step("installing tmux");
    install(&["tmux"])?;
    if is_there() { Ok(()) } else { fail("tmux was installed, but it does not run") }
}

/// Whether it answers. It does not know `--version`.
fn is_there() -> bool {
    let mut ask = Command::new("tmux");
    let ask = ask.arg("-V").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    ask.status().is_ok_and(|status| status.success())
}
