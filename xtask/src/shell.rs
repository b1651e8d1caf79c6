//! Other programs: how they are called, and what is said when one of them fails.

use std::{
    ffi::OsString,
    fmt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::say;

/// A step that did not work, in words.
#[derive(Debug)]
pub(crate) struct Failed(pub(crate) String);

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a step comes to.
pub(crate) type Outcome<T = ()> = Result<T, Failed>;

/// Fails with a sentence.
pub(crate) fn fail<T>(why: impl Into<String>) -> Outcome<T> {
    Err(Failed(why.into()))
}

/// Makes an error of the system a sentence about `what`.
pub(crate) fn about<E: fmt::Display>(what: impl fmt::Display) -> impl FnOnce(E) -> Failed {
    move |why| Failed(format!("{what}: {why}"))
}

/// The root of the checkout.
///
/// Asked when it runs, not when it is built: checkouts that share a target directory share this program too.
pub(crate) fn root() -> PathBuf {
    let package = told("CARGO_MANIFEST_DIR").map(PathBuf::from);
    package.as_deref().and_then(Path::parent).unwrap_or(Path::new(".")).to_owned()
}

/// `cargo` at the root of the checkout.
pub(crate) fn cargo() -> Command {
    // Cargo sets this for what it runs; it is the cargo that was called, toolchain and all.
    let mut cargo = Command::new(told("CARGO").unwrap_or("cargo".into()));
    cargo.current_dir(root());
    cargo
}

#[expect(clippy::disallowed_methods, reason = "cargo tells what it runs in no other way")]
fn told(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// A command as it would be typed.
pub(crate) fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str());
    let words = std::iter::once(name).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// Runs a command to its end, its output shown.
pub(crate) fn run(command: &mut Command) -> Outcome {
    let what = shown(command);
    say::step(&what);
    let status = command.status().map_err(about(&what))?;
    if status.success() { Ok(()) } else { fail(format!("`{what}` failed: {status}")) }
}

/// Runs a command and takes what it prints; what it complains about is shown.
pub(crate) fn output(command: &mut Command) -> Outcome<String> {
    let what = shown(command);
    let output = command.stderr(Stdio::inherit()).output().map_err(about(&what))?;
    if !output.status.success() {
        return fail(format!("`{what}` failed: {}", output.status));
    }
    String::from_utf8(output.stdout).map_err(about(&what))
}

/// Builds programs of this workspace, and returns where they are, in the order of `names`.
///
/// The whole workspace is named so that cargo chooses the same features as for the tests, and nothing is built twice.
pub(crate) fn built<const N: usize>(names: [&str; N], profile: &[&str]) -> Outcome<[PathBuf; N]> {
    let mut build = cargo();
    build
        .args(["build", "--workspace", "--locked", "--message-format=json-render-diagnostics"])
        .args(profile);
    let said = output(build.args(names.iter().flat_map(|name| ["--bin", name])))?;
    let messages = said.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let programs = messages.filter_map(|message| Some(PathBuf::from(message.get("executable")?.as_str()?)));
    let programs: Vec<PathBuf> = programs.collect();
    let path = |name: &str| programs.iter().find(|path| path.file_stem().is_some_and(|stem| stem == name));
    let paths: Option<Vec<_>> = names.iter().map(|name| path(name).cloned()).collect();
    let paths = paths.and_then(|paths| paths.try_into().ok());
    paths.map_or_else(|| fail(format!("cargo did not build {}", names.join(" and "))), Ok)
}

/// Where build results are.
pub(crate) fn target_folder() -> Outcome<PathBuf> {
    let metadata = output(cargo().args(["metadata", "--format-version", "1", "--no-deps", "--locked"]))?;
    let metadata: serde_json::Value = serde_json::from_str(&metadata).map_err(about("cargo metadata"))?;
    match metadata.get("target_directory").and_then(serde_json::Value::as_str) {
        Some(folder) => Ok(PathBuf::from(folder)),
        None => fail("cargo metadata names no target directory"),
    }
}

/// Whether a program is there and answers to `--version`.
pub(crate) fn is_there(program: impl AsRef<std::ffi::OsStr>) -> bool {
    let mut ask = Command::new(program);
    let ask = ask.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    ask.status().is_ok_and(|status| status.success())
}

/// Whether this runs as root on a system with apt, so that missing packages can be installed.
pub(crate) fn can_install() -> bool {
    let id = Command::new("id").arg("-u").output();
    is_there("apt-get") && id.is_ok_and(|id| id.stdout.trim_ascii() == b"0")
}

/// Installs packages with apt.
pub(crate) fn install(packages: &[&str]) -> Outcome {
    let quiet = |command: &mut Command| {
        run(command.env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null()).stdout(Stdio::null()))
    };
    quiet(Command::new("apt-get").arg("update"))?;
    quiet(Command::new("apt-get").args(["install", "--yes", "--no-install-recommends"]).args(packages))
}
