//! Programs of the Python world, which the test runner has installed.

use std::path::PathBuf;

/// Names the folder in which they are.
const FOLDER: &str = "CHANCERY_TEST_PYTHON";

/// A program by its name.
pub fn program(name: &str) -> Result<PathBuf, String> {
    #[expect(clippy::disallowed_methods, reason = "only the test runner knows where they are")]
    let folder = std::env::var_os(FOLDER);
    let folder = folder
        .ok_or_else(|| format!("{FOLDER} is not set: run `cargo xtask test`, which installs {name}"))?;
    Ok(PathBuf::from(folder).join(name))
}
