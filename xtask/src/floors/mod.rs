//! `cargo xtask floors`: who imports whom, held against `floors.toml` (invariants I1, I6, I8).

mod duties;
mod graph;

use std::{collections::BTreeMap, fs, process::Command};

use serde::Deserialize;

use crate::{
    say,
    shell::{Outcome, about, cargo, fail, output, root},
    sources,
};
use graph::Graph;

/// What stands in `floors.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Floors {
    /// Of each crate of ours, which of ours it may depend on.
    crates: BTreeMap<String, Vec<String>>,
    /// What must not be reached by whom.
    never: Vec<Never>,
    /// The order of the duties.
    duties: Duties,
}

/// A crate or folder of crates from which others must not be reached.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Never {
    why: String,
    who: Vec<String>,
    reaches: Vec<String>,
}

/// The duties, from top to bottom.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Duties {
    folder: String,
    order: Vec<String>,
}

/// Checks crates and duties.
pub(crate) fn floors() -> Outcome {
    let text = fs::read_to_string(root().join("floors.toml")).map_err(about("floors.toml"))?;
    let floors: Floors = toml::from_str(&text).map_err(about("floors.toml"))?;
    let metadata = output(cargo().args(["metadata", "--format-version", "1", "--locked"]).args(platform()?))?;
    let graph = Graph::read(&metadata)?;
    let mut broken = graph.check_crates(&floors.crates);
    for never in &floors.never {
        let ways = graph.check_never(never).into_iter().filter(|way| is_built(way));
        broken.extend(ways.map(|way| format!("{} ({})", way.join(" → "), never.why)));
    }
    broken.extend(duties::check(&floors.duties, &sources::read()?));
    if broken.is_empty() {
        say::line(&format!(
            "floors: {} crates and {} duties stand as they should",
            floors.crates.len(),
            floors.duties.order.len()
        ));
        return Ok(());
    }
    fail(format!("floors.toml is not kept:\n  {}", broken.join("\n  ")))
}

/// Only what is built on this kind of machine counts; other kinds would have to be downloaded to be looked at.
fn platform() -> Outcome<[String; 2]> {
    let version = output(Command::new("rustc").arg("-vV").current_dir(root()))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map_or_else(
        || fail("rustc does not say what it builds for"),
        |host| Ok(["--filter-platform".into(), host.into()]),
    )
}

/// Whether the end of a way is really built for its start. `cargo metadata` switches features on that only other platforms
/// ask for; `cargo tree` knows better, one crate at a time.
fn is_built(way: &[String]) -> bool {
    let (Some(start), Some(end)) = (way.first(), way.last()) else { return false };
    let mut tree = cargo();
    tree.args(["tree", "--locked", "--edges", "normal,build", "--package", start, "--invert", end]);
    // An error, such as two versions of the same name, is looked at by a person.
    tree.output().map_or(true, |tree| !tree.status.success() || !tree.stdout.is_empty())
}
