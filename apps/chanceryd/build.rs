//! Takes the web client into the server, where it was built before (`cargo xtask web`); without it the server says so at its address.

use std::{env, ffi::OsStr, fmt::Write as _, fs, io, path::Path};

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

/// Where the web client is, below the folder of build results.
const BUNDLE: &str = "web/bundle";

fn main() -> io::Result<()> {
    #[expect(clippy::disallowed_methods, reason = "cargo tells a build script in no other way")]
    let out = env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?;
    let out = Path::new(&out);
    // The results of this build are four folders below those of all: profile, build, this crate, out.
    let bundle = out.ancestors().nth(4).ok_or(io::ErrorKind::NotFound)?.join(BUNDLE);
    // A folder that is not there would count as changed with every build.
    fs::create_dir_all(&bundle)?;
    println!("cargo::rerun-if-changed={}", bundle.display());
    let mut files = Vec::new();
    find(&bundle, &bundle, &mut files)?;
    files.sort();
    let mut code = String::from("const FILES: &[File] = &[");
    for (path, file) in files {
        let brotli = format!("{file}.br");
        let brotli = if Path::new(&brotli).exists() {
            format!("Some(include_bytes!({brotli:?}))")
        } else {
            "None".to_owned()
        };
        let hash = HEXLOWER.encode(Sha256::digest(fs::read(&file)?).get(..16).unwrap_or_default());
        let _ = write!(
            code,
            "File {{ path: {path:?}, hash: {hash:?}, plain: include_bytes!({file:?}), brotli: {brotli} }},"
        );
    }
    code.push_str("];");
    fs::write(out.join("bundle.rs"), code)
}

/// All files in a folder: as they are asked for, and where they are.
fn find(bundle: &Path, folder: &Path, into: &mut Vec<(String, String)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            find(bundle, &path, into)?;
        } else if path.extension() != Some(OsStr::new("br")) {
            let name = path.strip_prefix(bundle).map_err(io::Error::other)?;
            into.push((format!("/{}", name.display()), path.display().to_string()));
        }
    }
    Ok(())
}
