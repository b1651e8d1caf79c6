//! `cargo xtask ci`: everything that must hold before a change is taken, the quick checks first.

use std::time::Duration;

use crate::{
    floors, fuzz, generated, say,
    shell::{Outcome, cargo, fail, run},
    test, tidy, torture, web,
};

/// How long each fuzz target is tried here.
const FUZZ_SECONDS: u64 = 3;
/// How many schedules of torture are played here: about 0.7 s of one core each, in the program as the tests are built.
const SCHEDULES: u64 = 2000;

/// Runs every check, tells about each, and fails when one did.
pub(crate) fn ci() -> Outcome {
    let mut counted = test::Count::default();
    let mut tests = || test::test(&[]).map(|count| counted = count);
    let steps: [(&str, &mut dyn FnMut() -> Outcome); 9] = [
        ("tidy", &mut tidy::tidy),
        ("floors", &mut floors::floors),
        ("fmt", &mut || run(cargo().args(["fmt", "--all", "--check"]))),
        ("clippy", &mut clippy),
        ("web", &mut || web::web(false).map(|_| ())),
        ("test", &mut tests),
        ("generated documents", &mut generated::unchanged),
        ("fuzz", &mut || fuzz::fuzz(FUZZ_SECONDS, None, None)),
        ("torture", &mut || torture::torture(SCHEDULES)),
    ];
    let mut table = Vec::new();
    let mut failed = Vec::new();
    for (name, check) in steps {
        say::step(&format!("ci: {name}"));
        let (outcome, took) = timed(check);
        if let Err(why) = &outcome {
            say::problem(&format!("{name}: {why}"));
            failed.push(name);
        }
        let verdict = if outcome.is_ok() { "ok" } else { "FAILED" };
        table.push(format!("{name:<22}{verdict:<8}{:>6} s", took.as_secs()));
    }
    say::line(&format!("\n{}\n", table.join("\n")));
    say::line(&format!("{} passed, {} failed", counted.passed, counted.failed));
    if failed.is_empty() { Ok(()) } else { fail(format!("failed: {}", failed.join(", "))) }
}

/// All lints of the workspace as errors, tests included.
fn clippy() -> Outcome {
    let check = ["clippy", "--workspace", "--all-targets", "--locked", "--", "--deny", "warnings"];
    run(cargo().args(check))
}

#[expect(
    clippy::disallowed_methods,
    reason = "a person wants to know how long it took; nothing depends on it"
)]
fn timed(check: &mut dyn FnMut() -> Outcome) -> (Outcome, Duration) {
    let start = std::time::Instant::now();
    let outcome = check();
    (outcome, start.elapsed())
}
