//! The command line: users, administrators, scripts.

mod arguments;
mod chat;
mod commands;
mod failure;
mod output;
mod unlock;

use std::process::ExitCode;

use clap::Parser as _;

use crate::{arguments::Arguments, output::Output};

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error),
    };
    let mut output = Output::new(arguments.common.json);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let done = match runtime {
        Ok(runtime) => runtime.block_on(commands::run(arguments, &mut output)),
        Err(error) => Err(failure::Failure::from(error)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !failure.is_unheard() {
                output.fail(&failure);
            }
            ExitCode::from(failure.exit())
        }
    }
}

/// What was typed is no command: help and version are answers, everything else a refusal, in JSON where that was asked for.
fn usage(error: &clap::Error) -> ExitCode {
    let json = std::env::args_os().any(|word| word == "--json");
    if error.use_stderr() && json {
        let text = error.to_string();
        let what = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
        let failure = failure::Failure::Usage(what.to_owned());
        Output::new(true).fail(&failure);
        return ExitCode::from(failure.exit());
    }
    // Nobody is left to tell when the output is gone.
    let _ = error.print();
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}
