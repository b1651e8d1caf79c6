//! Tools of the Node world: installed beside the build results, each at the version that is written down, and without running anything of theirs.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    say,
    shell::{Outcome, about, can_install, fail, install, root, run, target_folder},
};

/// What says what is installed, at which version.
const LISTS: [&str; 2] = ["package.json", "package-lock.json"];

/// Makes sure that what a folder of the checkout lists is installed; answers where.
pub(crate) fn installed(from: &str, name: &str) -> Outcome<PathBuf> {
    let (from, folder) = (root().join(from), target_folder()?.join("node").join(name));
    let read = |name: &str| fs::read_to_string(from.join(name)).map_err(about(name));
    let (installed, wanted) =
        (folder.join("installed"), LISTS.map(read).into_iter().collect::<Result<String, _>>()?);
    fs::create_dir_all(&folder).map_err(about(folder.display()))?;
    if fs::read_to_string(&installed).is_ok_and(|there| there == wanted) {
        return Ok(folder);
    }
    for name in LISTS {
        fs::copy(from.join(name), folder.join(name)).map_err(about(name))?;
    }
    say::step(&format!("installing what {} lists", from.join(LISTS[0]).display()));
    there()?;
    run(Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
        .current_dir(&folder))?;
    // Written last: broken off, it is begun again.
    fs::write(&installed, wanted).map_err(about(installed.display()))?;
    Ok(folder)
}

/// The identity provider that the tests are played against; answers in which folder it is.
pub(crate) fn provider() -> Outcome<PathBuf> {
    const FROM: &str = "tests/testkit/provider";
    const PROGRAM: &str = "provider.mjs";
    let folder = installed(FROM, "provider")?;
    fs::copy(root().join(FROM).join(PROGRAM), folder.join(PROGRAM)).map_err(about(PROGRAM))?;
    Ok(folder)
}

/// Lays a folder of the checkout over another one, but for what is in it and not in the first: libraries and results.
pub(crate) fn lay(from: &Path, to: &Path) -> Outcome {
    fs::create_dir_all(to).map_err(about(to.display()))?;
    for entry in fs::read_dir(from).map_err(about(from.display()))? {
        let entry = entry.map_err(about(from.display()))?;
        let (path, there) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            // What was taken away in the checkout is taken away here.
            if there.exists() {
                fs::remove_dir_all(&there).map_err(about(there.display()))?;
            }
            lay(&path, &there)?;
        } else {
            fs::copy(&path, &there).map_err(about(path.display()))?;
        }
    }
    Ok(())
}

fn there() -> Outcome {
    let ask = Command::new("npm").arg("--version").output();
    if ask.is_ok_and(|said| said.status.success()) {
        return Ok(());
    }
    if !can_install() {
        return fail(
            "Node.js 20 or later with npm is needed: install it (Debian: `apt-get install npm`), or run this as root",
        );
    }
    install(&["npm"])
}
