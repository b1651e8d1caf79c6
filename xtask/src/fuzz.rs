//! `cargo xtask fuzz`: every parser in `ground/` gets bad input made from good input, for a while.

use std::process::Command;

use crate::shell::{Outcome, built, run};

/// Runs the targets of `tests/fuzz`, each for so many seconds.
pub(crate) fn fuzz(seconds: u64, seed: Option<u64>, target: Option<&str>) -> Outcome {
    let [program] = built(["chancery-fuzz"], &[])?;
    let mut fuzz = Command::new(program);
    fuzz.args(["--seconds", &seconds.to_string()]);
    if let Some(seed) = seed {
        fuzz.args(["--seed", &seed.to_string()]);
    }
    run(fuzz.args(target))
}
