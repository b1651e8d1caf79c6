//! A private PostgreSQL for the tests: installed when that is possible, started for one run, gone after it.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use crate::{
    say,
    shell::{Outcome, about, can_install, fail, install, is_there},
};

/// What keeps it, and ends it when this program ends.
const KEEPER: &str = include_str!("postgres.sh");
/// Where distributions put the programs of each version.
const VERSIONS: &str = "/usr/lib/postgresql";

/// A running PostgreSQL that ends when this is dropped, or this program ends in any other way.
#[derive(Debug)]
pub(crate) struct Postgres {
    keeper: Child,
    url: String,
}

impl Postgres {
    /// Starts one.
    pub(crate) fn start() -> Outcome<Self> {
        let programs = programs()?;
        say::step("starting a private PostgreSQL");
        // PostgreSQL does not run as root.
        let mut keeper = Command::new("sh");
        if can_install() {
            let somebody = if is_user("postgres") { "postgres" } else { "nobody" };
            keeper = Command::new("runuser");
            keeper.args(["-u", somebody, "--", "sh"]);
        }
        keeper.args(["-c", KEEPER, "postgres.sh"]).arg(&programs).current_dir("/");
        let keeper = keeper.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut keeper = keeper.map_err(about("PostgreSQL's keeper"))?;
        let mut home = String::new();
        if let Some(said) = keeper.stdout.take() {
            BufReader::new(said).read_line(&mut home).map_err(about("PostgreSQL's keeper"))?;
        }
        let home = home.trim_end();
        if home.is_empty() {
            return fail("PostgreSQL did not start; what it said stands above");
        }
        Ok(Self { url: format!("postgres:///postgres?host={home}&user=chancery"), keeper })
    }

    /// How a program reaches it.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // Its keeper ends it when the input closes.
        drop(self.keeper.stdin.take());
        if self.keeper.wait().is_err() {
            say::problem("the private PostgreSQL may still be running");
        }
    }
}

/// The folder of PostgreSQL's programs; installs them when they are missing and that is possible.
fn programs() -> Outcome<PathBuf> {
    if let Some(found) = find() {
        return Ok(found);
    }
    if !can_install() {
        return fail(
            "the tests need PostgreSQL (initdb, postgres and pg_isready, version 13 or later), and it is not here: \
             install it (Debian: `apt-get install postgresql`; macOS: `brew install postgresql`), or run this as root",
        );
    }
    say::step("installing PostgreSQL");
    install(&["postgresql"])?;
    find().map_or_else(|| fail("PostgreSQL was installed, but its programs are not where they should be"), Ok)
}

/// The newest version that is installed, or the one in the path.
fn find() -> Option<PathBuf> {
    let complete =
        |folder: &Path| ["initdb", "postgres", "pg_isready"].iter().all(|it| is_there(folder.join(it)));
    let versions = fs::read_dir(VERSIONS).into_iter().flatten().flatten().map(|entry| entry.path());
    let number = |folder: &Path| folder.file_name()?.to_str()?.parse::<u32>().ok();
    let mut versions: Vec<_> = versions.filter_map(|folder| Some((number(&folder)?, folder))).collect();
    versions.sort();
    let newest =
        versions.into_iter().rev().map(|(_, folder)| folder.join("bin")).find(|folder| complete(folder));
    newest.or_else(|| {
        let asked = Command::new("pg_config").arg("--bindir").output().ok()?;
        let folder = PathBuf::from(String::from_utf8(asked.stdout).ok()?.trim_end());
        complete(&folder).then_some(folder)
    })
}

fn is_user(name: &str) -> bool {
    let mut ask = Command::new("id");
    ask.arg(name).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}
