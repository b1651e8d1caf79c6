//! `cargo xtask test`: every test, on SQLite and on PostgreSQL. A run in which nothing ran is a failure.

use std::{
    io::{BufRead as _, BufReader},
    process::Stdio,
};

use crate::{
    node,
    postgres::Postgres,
    programs, python, say,
    shell::{Outcome, about, cargo, fail, shown},
    web,
};

/// Where the tests find PostgreSQL.
const POSTGRES: &str = "CHANCERY_TEST_POSTGRES";

/// Where the tests find programs of the Python world.
const PYTHON: &str = "CHANCERY_TEST_PYTHON";

/// Where the tests find programs of the Node world.
const NODE: &str = "CHANCERY_TEST_NODE";

/// Where they find the web client's tools and tests.
const WEB: &str = "CHANCERY_TEST_WEB";

/// How many tests passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) ignored: usize,
}

/// Runs `cargo test` with what was passed, beside a private PostgreSQL, and with the programs that the tests are played with at hand.
pub(crate) fn test(pass: &[String]) -> Outcome<Count> {
    programs::ready()?;
    let (python, node, web) = (python::ready()?, node::provider()?, web::web(false)?);
    let postgres = Postgres::start()?;
    let mut tests = cargo();
    tests.args(["test", "--locked", "--no-fail-fast"]);
    if !pass.iter().any(|word| word == "-p" || word == "--package") {
        tests.arg("--workspace");
    }
    tests.args(pass);
    say::step(&shown(&tests));
    let tests = tests
        .env(POSTGRES, postgres.url())
        .env(PYTHON, python)
        .env(NODE, node)
        .env(WEB, web)
        .stdout(Stdio::piped())
        .spawn();
    let mut tests = tests.map_err(about("cargo test"))?;
    let mut count = Count::default();
    if let Some(said) = tests.stdout.take() {
        for line in BufReader::new(said).lines() {
            let line = line.map_err(about("cargo test"))?;
            say::line(&line);
            count.take(&line);
        }
    }
    let status = tests.wait().map_err(about("cargo test"))?;
    drop(postgres);
    let Count { passed, failed, ignored } = count;
    say::line(&format!("\n{passed} passed, {failed} failed"));
    if !status.success() || failed > 0 {
        return fail(format!("the tests failed: {status}"));
    }
    if ignored > 0 {
        return fail(format!("{ignored} tests were not run: no test here may be ignored"));
    }
    // Whoever asks for a few tests by name may get none; a whole run may not.
    if passed == 0 && pass.is_empty() {
        return fail("no test ran");
    }
    Ok(count)
}

impl Count {
    /// Adds what a closing line of a test program says; other lines change nothing.
    fn take(&mut self, line: &str) {
        let Some(rest) = line.trim().strip_prefix("test result: ") else { return };
        for part in rest.split(['.', ';']) {
            let Some((number, what)) = part.trim().split_once(' ') else { continue };
            let Ok(number) = number.parse::<usize>() else { continue };
            match what {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.ignored += number,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_are_added_up_and_nothing_else_is() {
        let mut count = Count::default();
        for line in [
            "running 3 tests",
            "test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 2 filtered out; finished in 0.14s",
            "test result: FAILED. 1 passed; 2 failed; 1 ignored; 0 measured; 0 filtered out; finished in 1.00s",
            "12 passed in the sentence of a test",
        ] {
            count.take(line);
        }
        assert_eq!(count, Count { passed: 4, failed: 2, ignored: 1 });
    }
}
