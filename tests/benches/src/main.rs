//! What things cost: the engine's work, and delivery over real sockets beside a bare relay with the same durability.
//!
//! It measures and asserts nothing about time. The server and the relay run in processes of their own, on the same disk,
//! under the same load, one shape after the other, so that their figures can be set side by side. `cargo xtask bench`
//! builds a release of it and of the server, and runs it.

mod catch_up;
mod clock;
mod connect;
mod cost;
mod fill;
mod hall;
mod house;
mod line;
mod load;
mod people;
mod process;
mod relay;
mod report;
mod request;
mod round;
mod search;
mod speech;

use std::{error::Error, io::Write as _, path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand, ValueEnum};

use crate::report::Report;

/// What went wrong: nobody tells the reasons apart, everybody reads them.
type Failure = Box<dyn Error + Send + Sync>;
/// What every step comes to.
type Outcome<T = ()> = Result<T, Failure>;

/// Measures what things cost, and prints a table.
///
/// The CPU time per 1,000 deliveries is the figure to compare by: what else the machine does hardly changes it.
#[derive(Debug, Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Only these parts; all of them when none is named.
    parts: Vec<Part>,
    /// Prints JSON and no table.
    #[arg(long)]
    json: bool,
    /// How long each shape of load is measured, after a second of warming up.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// How many are in the rooms whose keys are measured.
    #[arg(long, value_delimiter = ',', default_value = "2,10,100,1000")]
    members: Vec<usize>,
    /// How many messages are searched.
    #[arg(long, default_value_t = 1_000_000)]
    messages: u64,
    /// Where the databases are put for the time of the run; the system's folder for such things when none is named.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// What else this program can be.
#[derive(Debug, Subcommand)]
enum Command {
    /// Be the bare relay: this is how the benchmark starts it.
    #[command(hide = true)]
    Relay {
        /// Where its log lies.
        #[arg(long)]
        dir: PathBuf,
    },
}

/// A part of the benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// What a device does itself, without a network.
    Engine,
    /// What commits weigh in a large room, by how many have renewed their leaf.
    Fill,
    /// 200 connections, each talking with one other.
    Pairs,
    /// A room of 100 in which one speaks.
    Room,
    /// One device that fetches 10,000 entries.
    CatchUp,
    /// Searching 1,000,000 messages in one vault.
    Search,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            let _ = writeln!(std::io::stderr(), "bench: {why}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Outcome {
    let threads = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    if let Some(Command::Relay { dir }) = &arguments.command {
        return threads.block_on(relay::serve(dir));
    }
    let wanted = |part| arguments.parts.is_empty() || arguments.parts.contains(&part);
    let mut report = Report::default();
    if wanted(Part::Engine) {
        report.engine = cost::measure(&arguments.members)?;
    }
    if wanted(Part::Fill) {
        report.fill = fill::measure(arguments.members.iter().copied().max().unwrap_or(1000).max(8))?;
    }
    let shapes: Vec<Part> =
        [Part::Pairs, Part::Room, Part::CatchUp].into_iter().filter(|it| wanted(*it)).collect();
    if !shapes.is_empty() {
        let dir = folder(arguments)?;
        threads.block_on(load::measure(&shapes, arguments.seconds, dir.path(), &mut report))?;
    }
    if wanted(Part::Search) {
        report.search = search::measure(arguments.messages, folder(arguments)?.path())?;
    }
    let text = if arguments.json { report.json()? } else { report.tables() };
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(())
}

/// A folder for the time of the run.
fn folder(arguments: &Arguments) -> Outcome<tempfile::TempDir> {
    Ok(match &arguments.dir {
        Some(dir) => tempfile::tempdir_in(dir)?,
        None => tempfile::tempdir()?,
    })
}

/// Says how far the run is, to whoever waits for it.
fn tell(what: &str) {
    let _ = writeln!(std::io::stderr(), "bench: {what}");
}
