//! Tools of the Python world that the tests ask for a second opinion: installed beside the build results, each at one version.

use std::{path::PathBuf, process::Command};

use crate::{
    say,
    shell::{Outcome, can_install, fail, install, run, target_folder},
};

/// What is installed, at which version. Raised together with what it then finds.
const TOOLS: [&str; 4] =
    ["schemathesis==4.32.5", "scim2-tester==0.5.2", "scim2-client[httpx2]==0.13.2", "scim2-models==0.12.3"];

/// Makes sure that they are there; answers in which folder their programs are.
pub(crate) fn ready() -> Outcome<PathBuf> {
    let folder = target_folder()?.join("python");
    let (programs, installed) = (folder.join("bin"), folder.join("installed"));
    let wanted = TOOLS.join("\n");
    if std::fs::read_to_string(&installed).is_ok_and(|there| there == wanted) {
        return Ok(programs);
    }
    say::step(&format!("installing {}", TOOLS.join(", ")));
    let venv = || run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder));
    if let Err(why) = venv() {
        if !can_install() {
            return fail(format!(
                "the tests need Python 3.10 or later with venv ({why}): install it (Debian: `apt-get install python3-venv`), or run this as root"
            ));
        }
        install(&["python3-venv"])?;
        venv()?;
    }
    run(Command::new(programs.join("pip"))
        .args(["install", "--quiet", "--disable-pip-version-check"])
        .args(TOOLS))?;
    // Written last: broken off, it is begun again.
    std::fs::write(&installed, wanted).map_err(crate::shell::about(installed.display()))?;
    Ok(programs)
}
