//! `cargo xtask tidy`: rules that no compiler knows, each in a file, each with a test that plants a violation.

mod shape;
mod tables;
mod threats;
mod words;

use std::fmt;

use crate::{
    say,
    shell::{Outcome, fail},
    sources::{self, Source},
};

/// A broken rule, and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Untidy {
    path: String,
    line: usize,
    why: String,
}

impl fmt::Display for Untidy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.why)
    }
}

impl Untidy {
    fn at(source: &Source, line: usize, why: impl Into<String>) -> Self {
        Self { path: source.path.clone(), line, why: why.into() }
    }
}

/// Checks every file of the checkout.
pub(crate) fn tidy() -> Outcome {
    let sources = sources::read()?;
    let rules = [shape::check, words::check, tables::check, threats::check];
    let mut broken: Vec<_> = rules.iter().flat_map(|rule| rule(&sources)).collect();
    broken.sort();
    if broken.is_empty() {
        say::line(&format!("tidy: {} files are as they should be", sources.len()));
        return Ok(());
    }
    let lines: Vec<_> = broken.iter().map(Untidy::to_string).collect();
    fail(format!("{} things are not tidy:\n  {}", lines.len(), lines.join("\n  ")))
}

/// One planted file, for the rules' tests.
#[cfg(test)]
fn planted(path: &str, text: &str) -> Source {
    Source { path: path.to_owned(), text: text.to_owned() }
}

/// What a rule says about planted files, as it is shown.
#[cfg(test)]
fn said(rule: fn(&[Source]) -> Vec<Untidy>, sources: &[Source]) -> Vec<String> {
    rule(sources).iter().map(Untidy::to_string).collect()
}
