//! Everything a developer runs, as `cargo xtask …`: one command a file, each saying what it does.
//!
//! Built often and by everybody, so it depends on little: it calls `cargo` and the programs of this workspace as anyone
//! would, and links none of them.

mod bench;
mod ci;
mod floors;
mod fuzz;
mod generated;
mod node;
mod postgres;
mod programs;
mod python;
mod run;
mod say;
mod shell;
mod sources;
mod test;
mod tidy;

mod torture;
mod wasm;
mod web;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

/// Everything a developer runs.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
enum Command {
    /// Build and start a server on this machine, found an organisation, and say what to type next.
    Run {
        /// Where the server and the administrator's profile keep their data.
        #[arg(long, value_name = "DIR", default_value = "data")]
        data: PathBuf,
        /// The organisation's domain, when there is none yet.
        #[arg(long, default_value = "bank.example")]
        domain: String,
    },
    /// Run every test, on SQLite and on PostgreSQL.
    Test {
        /// Passed on to `cargo test`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        pass: Vec<String>,
    },
    /// Everything that must hold before a change is taken.
    Ci,
    /// Check who imports whom against floors.toml.
    Floors,
    /// Check the rules about files, words, tables and threats.
    Tidy,
    /// Write protocol/schema/{sqlite,postgres}.sql from the migrations.
    Schema(Check),
    /// Write protocol/api/v1.json from the routes.
    Api(Check),
    /// Write protocol/errors.md from the registry of refusals.
    Errors(Check),
    /// Write protocol/facts.md from the facts the duties record.
    Facts(Check),
    /// Measure what things cost, beside a bare relay with the same durability.
    Bench {
        /// Passed on to the measuring program.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        pass: Vec<String>,
    },
    /// Build the web client, which the server carries from its next build on.
    Web {
        /// Use Debian's newer compiler even when this toolchain has the target.
        #[arg(long)]
        debian: bool,
    },
    /// Give every parser in ground/ bad input for a while.
    Fuzz {
        /// How long each target is tried.
        #[arg(long, default_value_t = 20)]
        seconds: u64,
        /// Repeats a run; printed by each.
        #[arg(long)]
        seed: Option<u64>,
        /// Only the targets whose name contains this.
        target: Option<String>,
    },
    /// Play schedules of many devices on a bad network, with bad clocks and sudden death.
    Torture {
        /// Plays this one schedule again and tells it whole.
        #[arg(long)]
        seed: Option<u64>,
        /// Only the first so many actions of it.
        #[arg(long, requires = "seed")]
        cut: Option<usize>,
        /// How many schedules are played.
        #[arg(long, default_value_t = 2000)]
        schedules: u64,
        /// How many messages are sent in those that are played instead, with seeds nobody has tried.
        #[arg(long, conflicts_with = "schedules")]
        messages: Option<u64>,
    },
}

/// Whether to write or to compare.
#[derive(Clone, Copy, Debug, clap::Args)]
struct Check {
    /// Change nothing; fail when the committed file is not what would be written.
    #[arg(long)]
    check: bool,
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Run { data, domain } => run::run(&data, &domain),
        Command::Test { pass } => test::test(&pass).map(|_| ()),
        Command::Ci => ci::ci(),
        Command::Floors => floors::floors(),
        Command::Tidy => tidy::tidy(),
        Command::Schema(how) => generated::schema(how.check),
        Command::Api(how) => generated::api(how.check),
        Command::Errors(how) => generated::errors(how.check),
        Command::Facts(how) => generated::facts(how.check),
        Command::Bench { pass } => bench::bench(&pass),
        Command::Web { debian } => web::web(debian).map(|_| ()),
        Command::Fuzz { seconds, seed, target } => fuzz::fuzz(seconds, seed, target.as_deref()),
        Command::Torture { seed: Some(seed), cut, .. } => torture::again(seed, cut),
        Command::Torture { messages: Some(messages), .. } => torture::night(messages),
        Command::Torture { schedules, .. } => torture::torture(schedules),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            say::problem(&why.to_string());
            ExitCode::FAILURE
        }
    }
}
