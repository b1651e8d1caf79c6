//! The server: `chanceryd`. Reads the command line, does what it says, and ends with a code that says how it went.

use std::{fmt::Display, io::Write as _, path::Path, process::ExitCode};

use chancery_duties::gateway::HouseError;
use chanceryd::{
    ServerError, Tls, TlsError,
    arguments::{Arguments, Command, ConfigCommand},
    config::Config,
    describe, init, serve,
};
use clap::Parser as _;

/// It could not start, or something else went wrong.
const FAILED: u8 = 1;
/// The configuration is wrong.
const REFUSED: u8 = 2;
/// The disk failed while something was made durable (`EX_IOERR`).
const DISK: u8 = 74;

fn main() -> ExitCode {
    let ended = match Arguments::parse().command {
        Command::Init { domain, data, config, trial } => told(init(&domain, (&data, &config), trial)),
        Command::Serve(file) => run(&file.config),
        Command::Config(ConfigCommand::Check(file)) => check(&file.config),
        Command::Config(ConfigCommand::Show(file)) => load(&file.config).map(|config| say(&config.view())),
        Command::Describe { what } => {
            say(&describe(what));
            Ok(())
        }
    };
    ended.map_or_else(ExitCode::from, |()| ExitCode::SUCCESS)
}

/// Whether the server would start with this configuration, and what it amounts to.
fn check(file: &Path) -> Result<(), u8> {
    let config = load(file)?;
    if let Some(files) = config.tls.clone() {
        Tls::load(files).map_err(|why| refuse_tls(file, &why))?;
    }
    say(&format!("{}: ok\n\n{}", file.display(), config.view()));
    Ok(())
}

fn run(file: &Path) -> Result<(), u8> {
    let config = load(file)?;
    let runtime = tokio::runtime::Runtime::new().map_err(|why| complain(FAILED, why))?;
    let ended = runtime.block_on(serve(&config));
    // What still runs must not delay the end: after a failed write, nothing may be acknowledged.
    runtime.shutdown_background();
    ended.map_err(|why| match why {
        why if why.is_fatal() => complain(DISK, why),
        ServerError::Tls(why) => refuse_tls(file, &why),
        ServerError::House(HouseError::OtherDomain { .. }) => {
            complain(REFUSED, Config::refused_file(file, "domain", why.to_string()))
        }
        ServerError::Credentials(_) => {
            complain(REFUSED, Config::refused_file(file, "credentials", why.to_string()))
        }
        ServerError::Bucket { .. } => {
            complain(REFUSED, Config::refused_file(file, "bucket", why.to_string()))
        }
        _ => complain(FAILED, why),
    })
}

fn refuse_tls(file: &Path, why: &TlsError) -> u8 {
    complain(REFUSED, Config::refused_file(file, why.key(), why.to_string()))
}

fn load(file: &Path) -> Result<Config, u8> {
    Config::load(file).map_err(|why| complain(REFUSED, why))
}

fn told<E: Display>(outcome: Result<String, E>) -> Result<(), u8> {
    outcome.map(|text| say(&text)).map_err(|why| complain(FAILED, why))
}

fn say(text: &str) {
    // Nobody has to be there to read it.
    let _ = std::io::stdout().write_all(text.as_bytes());
}

/// Says what is wrong, in one line, and returns the code to end with.
fn complain(code: u8, why: impl Display) -> u8 {
    let _ = writeln!(std::io::stderr(), "{why}");
    code
}
