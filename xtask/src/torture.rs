//! `cargo xtask torture`: schedules of many devices on a bad network; one that fails is played again by its seed.

use std::process::Command;

use crate::shell::{Outcome, built, run};

/// Plays the schedules of the seeds from 1 on, with the program as the tests are built: nothing is built for it alone.
pub(crate) fn torture(schedules: u64) -> Outcome {
    run(Command::new(program(&[])?).args(["--schedules", &schedules.to_string()]))
}

/// Plays schedules until so many messages were sent, with seeds that no run before has tried.
pub(crate) fn night(messages: u64) -> Outcome {
    run(Command::new(program(&["--release"])?).args(["--messages", &messages.to_string(), "--surprise"]))
}

/// Plays the schedule of a seed again, whole or its first actions only.
pub(crate) fn again(seed: u64, cut: Option<usize>) -> Outcome {
    let mut torture = Command::new(program(&[])?);
    torture.args(["--seed", &seed.to_string()]);
    if let Some(cut) = cut {
        torture.args(["--cut", &cut.to_string()]);
    }
    run(&mut torture)
}

/// A night is worth a release.
fn program(profile: &[&str]) -> Outcome<std::path::PathBuf> {
    let [program] = built(["chancery-torture"], profile)?;
    Ok(program)
}
