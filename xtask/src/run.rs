//! `cargo xtask run`: a server on this machine, an organisation in it, and what to type next.

use std::{
    io::{BufRead as _, BufReader, Lines},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
};

use crate::{
    say,
    shell::{Outcome, about, built, fail, run as call},
    web,
};

/// The profile that founds the organisation.
const ADMIN: &str = "admin";
/// Whom the first invitation is for.
const GUEST: &str = "bob";

/// Builds and starts the server, founds the organisation when there is none, and waits for Ctrl-C.
pub(crate) fn run(data: &Path, domain: &str) -> Outcome {
    say::step("building the web client, the server and the command line (some minutes the first time)");
    web::web(false)?;
    let [chanceryd, chancery] = built(["chanceryd", "chancery"], &[])?;
    let data = std::path::absolute(data).map_err(about(data.display()))?;
    let keys = data.join("keys");
    std::fs::create_dir_all(&keys).map_err(about(keys.display()))?;
    let config = data.join("chancery.toml");
    if !config.exists() {
        let mut init = Command::new(&chanceryd);
        init.args(["init", "--trial", "--domain", domain, "--data"]).arg(data.join("server"));
        call(init.arg("--config").arg(&config).stdout(Stdio::null()))?;
    }
    // The terminal sends Ctrl-C to the server as well; this program waits until it has stopped.
    ctrlc::set_handler(|| {}).map_err(about("Ctrl-C"))?;
    let mut server = Server::start(&chanceryd, &config)?;
    let client = Client { program: chancery, home: data.join("profiles"), keys };
    let founded = server.ready().and_then(|link| client.found(link.as_deref()));
    if founded.is_err() {
        server.stop();
    }
    founded?;
    client.tell();
    server.wait()
}

/// The command line, and where its profiles are.
struct Client {
    program: PathBuf,
    home: PathBuf,
    keys: PathBuf,
}

impl Client {
    /// The key file of a profile. Nobody is asked for a passphrase in a trial.
    fn key(&self, profile: &str) -> PathBuf {
        self.keys.join(format!("{profile}.key"))
    }

    /// The command line as the first administrator.
    fn admin(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("--home").arg(&self.home).args(["--profile", ADMIN]);
        command
    }

    /// Founds the organisation when there is a link for it.
    fn found(&self, link: Option<&str>) -> Outcome {
        let Some(link) = link else { return Ok(()) };
        let mut found = self.admin();
        found.args(["--unlock", "file", "--key-file"]).arg(self.key(ADMIN));
        call(found.args(["found", link, "--as", ADMIN]))
    }

    /// An invitation for the guest; `None` when he has joined already.
    fn invitation(&self) -> Option<String> {
        let said = self.admin().args(["invite", GUEST]).stderr(Stdio::null()).output().ok()?;
        let said = String::from_utf8(said.stdout).ok()?;
        let found = said.split_whitespace().find(|word| word.contains("#join="))?;
        Some(found.trim_matches('\'').to_owned())
    }

    /// Says what to type next.
    fn tell(&self) {
        let folder = self.program.parent().unwrap_or(&self.program);
        let (home, folder) = (self.home.display(), folder.display());
        let join = match self.invitation() {
            Some(link) => {
                let key = self.key(GUEST);
                format!("chancery --profile {GUEST} --key-file '{}' join '{link}'", key.display())
            }
            None => format!("chancery --profile {ADMIN} invite carol"),
        };
        say::line(&format!(
            "\nThe server runs. In another terminal:\n\n  \
             export CHANCERY_HOME='{home}' PATH=\"{folder}:$PATH\"\n  \
             {join}\n  \
             chancery --profile {ADMIN} room new 'First room' {GUEST}\n  \
             chancery --profile {ADMIN} send 'First room' 'good morning'\n  \
             chancery --profile {GUEST} tail 'First room' --follow\n\n\
             Ctrl-C stops the server."
        ));
    }
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
