//! `cargo xtask run`: a server on this machine, an organisation in it, and what to type next.

use std::{
    io::{BufRead as _, BufReader, Lines},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
};

use crate::{
    say,
    shell::{Outcome, about, cargo, fail, output, root, run as call},
};

/// The profile that founds the organisation.
const ADMIN: &str = "admin";
/// Whom the first invitation is for.
const GUEST: &str = "bob";

/// Builds and starts the server, founds the organisation when there is none, and waits for Ctrl-C.
pub(crate) fn run(data: &Path, domain: &str) -> Outcome {
    let (chanceryd, chancery) = build()?;
    let data = std::path::absolute(data).map_err(about(data.display()))?;
    std::fs::create_dir_all(&data).map_err(about(data.display()))?;
    let config = data.join("chancery.toml");
    if !config.exists() {
        let mut init = Command::new(&chanceryd);
        init.args(["init", "--domain", domain, "--data"]).arg(data.join("server"));
        call(init.arg("--config").arg(&config).stdout(Stdio::null()))?;
    }
    // The terminal sends Ctrl-C to the server as well; this program waits until it has stopped.
    ctrlc::set_handler(|| {}).map_err(about("Ctrl-C"))?;
    let mut server = Server::start(&chanceryd, &config)?;
    let founded = server.ready().and_then(|link| welcome(&chancery, link.as_deref()));
    if founded.is_err() {
        server.stop();
    }
    founded?;
    server.wait()
}

/// Founds the organisation when there is a link for it, and says what to type next.
fn welcome(chancery: &Path, link: Option<&str>) -> Outcome {
    if let Some(link) = link {
        call(Command::new(chancery).args(["--profile", ADMIN, "found", link, "--as", ADMIN]))?;
    }
    let shown = chancery.display();
    let mut invite = Command::new(chancery);
    // Whoever ran this before has invited bob already, and may invite others by the same command.
    let invited = output(invite.args(["--profile", ADMIN, "invite", GUEST])).ok();
    say::line("\nThe server runs. In other terminals:\n");
    match invited.as_deref().and_then(|said| said.split_whitespace().find(|word| word.contains("#join="))) {
        Some(link) => say::line(&format!("  {shown} --profile {GUEST} join '{link}'")),
        None => say::line(&format!("  {shown} --profile {ADMIN} invite carol")),
    }
    say::line(&format!("  {shown} --profile {ADMIN} room new 'First room'"));
    say::line(&format!("  {shown} --profile {ADMIN} room add 'First room' {GUEST}"));
    say::line(&format!("  {shown} --profile {ADMIN} send 'First room' 'Hello'"));
    say::line(&format!("  {shown} --profile {GUEST} tail --follow"));
    say::line("\nCtrl-C stops the server.");
    Ok(())
}

/// The running server.
struct Server {
    process: Child,
    said: Lines<BufReader<ChildStdout>>,
}

impl Server {
    fn start(chanceryd: &Path, config: &Path) -> Outcome<Self> {
        say::step(&format!("chanceryd serve --config {}", config.display()));
        let mut serve = Command::new(chanceryd);
        let process = serve.args(["serve", "--config"]).arg(config).stdout(Stdio::piped()).spawn();
        let mut process = process.map_err(about("chanceryd"))?;
        match process.stdout.take() {
            Some(said) => Ok(Self { process, said: BufReader::new(said).lines() }),
            None => fail("chanceryd says nothing"),
        }
    }

    /// Waits until it listens. Returns the founding link if it printed one.
    fn ready(&mut self) -> Outcome<Option<String>> {
        let mut link = None;
        for said in self.said.by_ref() {
            let said = said.map_err(about("chanceryd"))?;
            // The last line it prints when it starts.
            if said.starts_with("listening on ") {
                return Ok(link);
            }
            let found = said.split_whitespace().find(|word| word.contains("#found="));
            link = found.map(|word| word.trim_matches('\'').to_owned()).or(link);
        }
        fail("chanceryd did not start; what it said stands above")
    }

    /// Ends it without ceremony: it is of no use.
    fn stop(&mut self) {
        // It may have ended by itself; either way it is gone afterwards.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// Waits until it ends.
    fn wait(mut self) -> Outcome {
        let status = self.process.wait().map_err(about("chanceryd"))?;
        if status.success() { Ok(()) } else { fail(format!("chanceryd ended: {status}")) }
    }
}

/// Builds server and client, and returns where they are.
fn build() -> Outcome<(PathBuf, PathBuf)> {
    say::step("building the server and the command line (a few minutes the first time)");
    let build = [
        "build",
        "--locked",
        "-p",
        "chanceryd",
        "-p",
        "chancery",
        "--message-format=json-render-diagnostics",
    ];
    let said = output(cargo().args(build).current_dir(root()))?;
    let messages = said.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let programs = messages.filter_map(|message| Some(PathBuf::from(message.get("executable")?.as_str()?)));
    let programs: Vec<PathBuf> = programs.collect();
    let named = |name: &str| {
        programs.iter().find(|program| program.file_stem().is_some_and(|stem| stem == name)).cloned()
    };
    match (named("chanceryd"), named("chancery")) {
        (Some(chanceryd), Some(chancery)) => Ok((chanceryd, chancery)),
        _ => fail("cargo built something, but not chanceryd and chancery"),
    }
}
