//! Bad input made from good input, for every parser in `ground/`: no panic, no hang, no memory beyond the input's measure.
//!
//! Every target starts from real, valid bytes and changes them by dice with a printed seed. What an input is answered with
//! tells whether it is worth changing further. The input that broke something is left in a file that can be run again.
//! It needs nothing but the stable toolchain; a coverage-guided fuzzer can use the same targets.

mod campaign;
mod case;
mod dice;
mod mutate;
mod room;
mod targets;
mod watch;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use clap::Parser;
use peak_alloc::PeakAlloc;

/// Counts what is allocated.
#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Gives every parser in ground/ bad input for a while.
#[derive(Debug, Parser)]
struct Arguments {
    /// How long each target is tried.
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// The dice of an earlier run.
    #[arg(long)]
    seed: Option<u64>,
    /// Runs the one input in this file, which an earlier run left, and nothing else.
    #[arg(long, value_name = "FILE", requires = "target")]
    replay: Option<PathBuf>,
    /// Only the targets whose name contains this.
    target: Option<String>,
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line speaks through these")]
fn main() -> ExitCode {
    let Arguments { seconds, seed, replay, target } = Arguments::parse();
    let wanted = target.unwrap_or_default();
    let targets: Vec<_> = targets::all().into_iter().filter(|target| target.name.contains(&wanted)).collect();
    if targets.is_empty() {
        eprintln!("there is no target whose name contains {wanted}");
        return ExitCode::FAILURE;
    }
    if let Some(file) = replay {
        let outcome = case::read(&file).map(|parts| campaign::once(&targets, &parts));
        println!("{outcome:?}");
        return ExitCode::SUCCESS;
    }
    let seed = seed.unwrap_or_else(dice::surprise);
    println!("{} targets, {seconds} s each, --seed {seed}", targets.len());
    for target in &targets {
        match campaign::run(target, seed, Duration::from_secs(seconds)) {
            Ok(report) => println!("{:<16} {report}", target.name),
            Err(broken) => {
                eprintln!("{}: {broken}", target.name);
                eprintln!(
                    "repeat it: cargo run -p chancery-fuzz -- --replay {} {}",
                    broken.case.display(),
                    target.name
                );
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}
