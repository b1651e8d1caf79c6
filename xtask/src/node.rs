//! Tools of the Node world that the tests are played against: installed beside the build results, each at one version.

use std::{fs, path::PathBuf, process::Command};

use crate::{
    say,
    shell::{Outcome, about, can_install, fail, install, root, run, target_folder},
};

/// Where it is said what is installed, at which version.
const TOOLS: &str = "tests/testkit/provider";
/// What says it.
const LISTS: [&str; 2] = ["package.json", "package-lock.json"];
/// What is run with them.
const PROGRAM: &str = "provider.mjs";

/// Makes sure that they are there; answers in which folder.
pub(crate) fn ready() -> Outcome<PathBuf> {
    let (from, folder) = (root().join(TOOLS), target_folder()?.join("node/provider"));
    let read = |name: &str| fs::read_to_string(from.join(name)).map_err(about(name));
    let (installed, wanted) =
        (folder.join("installed"), LISTS.map(read).into_iter().collect::<Result<String, _>>()?);
    fs::create_dir_all(&folder).map_err(about(folder.display()))?;
    for name in LISTS.into_iter().chain([PROGRAM]) {
        fs::copy(from.join(name), folder.join(name)).map_err(about(name))?;
    }
    if fs::read_to_string(&installed).is_ok_and(|there| there == wanted) {
        return Ok(folder);
    }
    say::step("installing oidc-provider");
    let ask = || Command::new("npm").arg("--version").output().is_ok_and(|said| said.status.success());
    if !ask() {
        if !can_install() {
            return fail(
                "the tests need Node.js 20 or later with npm: install it (Debian: `apt-get install npm`), or run this as root",
            );
        }
        install(&["npm"])?;
    }
    run(Command::new("npm")
        .args(["ci", "--no-audit", "--no-fund", "--loglevel=error"])
        .current_dir(&folder))?;
    // Written last: broken off, it is begun again.
    fs::write(&installed, wanted).map_err(about(installed.display()))?;
    Ok(folder)
}
