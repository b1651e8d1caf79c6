//! The core for browsers, built with whatever compiler can be had.
//!
//! In this order: the toolchain's own target; `rustup target add`; Debian's newer compiler with the library's source.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

use crate::{
    say,
    shell::{Outcome, can_install, cargo, fail, install, is_there, output, root, run, target_folder},
};

/// The target.
const TARGET: &str = "wasm32-unknown-unknown";
/// What is built: what a page runs, and with it everything both sides stand on and what a device does.
const PACKAGE: &str = "chancery-web-core";
/// How: small before quick (Cargo.toml).
const PROFILE: &str = "web";
/// C compilers that can build SQLite for a browser, the likeliest first.
const CLANGS: [(&str, &str); 4] = [
    ("clang-19", "llvm-ar-19"),
    ("clang-20", "llvm-ar-20"),
    ("clang-18", "llvm-ar-18"),
    ("clang", "llvm-ar"),
];
/// The oldest major version of them that works.
const CLANG_LEAST: u32 = 17;

/// Builds the core; `debian` skips the toolchain's own target. Answers where it is.
pub(crate) fn core(debian: bool) -> Outcome<PathBuf> {
    let (clang, ar) = c_compiler()?;
    let mut build = if !debian && toolchain_has_target()? {
        say::step("building with this toolchain's own wasm32 target");
        cargo()
    } else {
        debian_compiler()?
    };
    // A folder of its own: another compiler must not throw away the other build results.
    let folder = target_folder()?.join("wasm");
    build.args([
        "build",
        "--locked",
        "--profile",
        PROFILE,
        "--package",
        PACKAGE,
        "--target",
        TARGET,
        "--target-dir",
    ]);
    build.arg(&folder);
    build.env("CC_wasm32_unknown_unknown", clang).env("AR_wasm32_unknown_unknown", ar);
    run(&mut build)?;
    Ok(folder.join(TARGET).join(PROFILE).join(PACKAGE.replace('-', "_")).with_extension("wasm"))
}

/// Whether the target is there, after trying to have rustup add it.
fn toolchain_has_target() -> Outcome<bool> {
    let sysroot = output(Command::new("rustc").args(["--print", "sysroot"]).current_dir(root()))?;
    let library = PathBuf::from(sysroot.trim_end()).join("lib/rustlib").join(TARGET);
    if library.exists() {
        return Ok(true);
    }
    say::step(&format!("rustup target add {TARGET}"));
    let mut rustup = Command::new("rustup");
    let added = rustup.args(["target", "add", TARGET]).current_dir(root()).status();
    Ok(added.is_ok_and(|status| status.success()) && library.exists())
}

/// Debian's newer compiler, which brings the standard library's source and builds it on the way.
fn debian_compiler() -> Outcome<Command> {
    if !is_there("/usr/lib/cargo-web/bin/cargo") && !is_there("/usr/bin/cargo") || !is_there("wasm-ld-19") {
        if !can_install() {
            return fail(format!(
                "the target {TARGET} is missing and rustup could not add it: run `rustup target add {TARGET}` where its \
                 servers can be reached, or as root on Debian, where a compiler of the distribution will be installed"
            ));
        }
        install(&["rustc-web", "cargo-web", "rust-web-src", "lld-19"])?;
    }
    say::step("building with Debian's compiler and the standard library's source");
    let mut cargo = Command::new("/usr/bin/cargo");
    cargo.current_dir(root()).arg("-Zbuild-std=std,panic_abort");
    cargo.env("PATH", "/usr/bin:/bin").env("RUSTC", "/usr/bin/rustc").env("RUSTC_BOOTSTRAP", "1");
    cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "wasm-ld-19");
    cargo.env("RUSTFLAGS", "-Clinker-flavor=wasm-ld");
    Ok(cargo)
}

/// A C compiler that can build SQLite for the browser; installs one when that is possible.
fn c_compiler() -> Outcome<(&'static str, &'static str)> {
    if let Some(found) = find_c_compiler() {
        return Ok(found);
    }
    if !can_install() {
        return fail(format!(
            "clang {CLANG_LEAST} or later is needed to build SQLite for {TARGET}: install it"
        ));
    }
    install(&["clang-19", "llvm-19"])?;
    find_c_compiler().map_or_else(|| fail("clang-19 was installed, but does not answer"), Ok)
}

fn find_c_compiler() -> Option<(&'static str, &'static str)> {
    let new_enough = |clang: &str| {
        let version = Command::new(clang).arg("-dumpversion").stderr(Stdio::null()).output().ok();
        let version = version.and_then(|version| String::from_utf8(version.stdout).ok());
        let major = version.and_then(|version| version.split('.').next()?.trim().parse::<u32>().ok());
        major.is_some_and(|major| major >= CLANG_LEAST)
    };
    CLANGS.into_iter().find(|(clang, ar)| is_there(ar) && new_enough(clang))
}
