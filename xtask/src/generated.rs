//! `cargo xtask schema|api|errors|facts`: documents that are written from the code and committed, to be read as diffs.

use std::{fs, process::Command};

use crate::{
    say,
    shell::{Outcome, about, built, fail, output, root},
};

/// The assembled schemas of both databases.
pub(crate) fn schema(check: bool) -> Outcome {
    document("schema-sqlite", "protocol/schema/sqlite.sql", check)?;
    document("schema-postgres", "protocol/schema/postgres.sql", check)
}

/// The OpenAPI description.
pub(crate) fn api(check: bool) -> Outcome {
    document("api", "protocol/api/v1.json", check)
}

/// Every refusal.
pub(crate) fn errors(check: bool) -> Outcome {
    document("errors", "protocol/errors.md", check)
}

/// Every fact.
pub(crate) fn facts(check: bool) -> Outcome {
    document("facts", "protocol/facts.md", check)
}

/// All of them, compared with what is committed.
pub(crate) fn unchanged() -> Outcome {
    schema(true).and(api(true)).and(errors(true)).and(facts(true))
}

/// Writes what `chanceryd describe` says to `path`, or compares the two.
fn document(subject: &str, path: &str, check: bool) -> Outcome {
    let [chanceryd] = built(["chanceryd"], &["--quiet"])?;
    let fresh = output(Command::new(chanceryd).args(["describe", subject]))?;
    let file = root().join(path);
    let committed = fs::read_to_string(&file).unwrap_or_default();
    if fresh == committed {
        say::line(&format!("{path} is up to date"));
        return Ok(());
    }
    if check {
        let command = subject.split('-').next().unwrap_or(subject);
        let line = 1 + fresh.lines().zip(committed.lines()).take_while(|(new, old)| new == old).count();
        return fail(format!(
            "{path} is not what the code says, from line {line} on: run `cargo xtask {command}` and read the diff"
        ));
    }
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).map_err(about(folder.display()))?;
    }
    fs::write(&file, fresh).map_err(about(path))?;
    say::line(&format!("wrote {path}"));
    Ok(())
}
