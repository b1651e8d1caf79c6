//! `cargo xtask bench`: what things cost, measured on a release build.

use std::process::Command;

use crate::{
    say,
    shell::{Outcome, built, run},
};

/// Builds the measuring program, and the server it measures, and runs it with what was passed.
pub(crate) fn bench(pass: &[String]) -> Outcome {
    say::step("building for release (many minutes the first time)");
    let [bench, _] = built(["bench", "chanceryd"], &["--release"])?;
    run(Command::new(bench).args(pass))
}
