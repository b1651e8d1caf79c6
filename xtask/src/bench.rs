//! `cargo xtask bench`: what things cost, measured on a release build.

use crate::shell::{Outcome, cargo, run};

/// Builds the measuring program and runs it with what was passed.
pub(crate) fn bench(pass: &[String]) -> Outcome {
    let build = ["build", "--release", "--locked", "-p", "chancery-benches", "-p", "chanceryd"];
    run(cargo().args(build))?;
    run(cargo()
        .args(["run", "--release", "--locked", "-p", "chancery-benches", "--bin", "bench", "--"])
        .args(pass))
}
