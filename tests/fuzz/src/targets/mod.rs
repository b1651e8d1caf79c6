//! The targets: every parser in `ground/`, with valid inputs to begin from and a promise to hold.

mod groups;
mod transparency;
mod wire;

use crate::case::Parts;

/// Runs one input. `Ok` tells how it was answered, `ok…` when it was accepted; `Err` which promise it broke.
pub(crate) type Run = fn(&[Vec<u8>]) -> Result<String, String>;

/// A parser.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// What it is called.
    pub(crate) name: &'static str,
    /// Valid inputs.
    pub(crate) seeds: Vec<Parts>,
    /// How many of an input's first parts are left as they are.
    pub(crate) fixed: usize,
    /// The parser and its promise.
    pub(crate) run: Run,
}

impl Target {
    /// A target that reads one text or row of bytes.
    fn of(name: &'static str, seeds: impl IntoIterator<Item = Vec<u8>>, run: Run) -> Self {
        Self { name, seeds: seeds.into_iter().map(|seed| vec![seed]).collect(), fixed: 0, run }
    }
}

/// All of them.
pub(crate) fn all() -> Vec<Target> {
    [wire::targets(), transparency::targets(), groups::targets()].concat()
}

/// The first part of an input.
fn only(parts: &[Vec<u8>]) -> &[u8] {
    parts.first().map(Vec::as_slice).unwrap_or_default()
}

/// What was accepted must survive being written and read again.
fn survives<T: PartialEq>(value: &T, again: Option<&T>) -> Result<(), String> {
    if again == Some(value) { Ok(()) } else { Err("it is not read back as it was written".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_accepts_its_seeds_and_refuses_nothing_at_all() {
        let targets = all();
        assert!(targets.len() >= 15);
        for target in targets {
            assert!(!target.seeds.is_empty(), "{}", target.name);
            for seed in &target.seeds {
                let answer = (target.run)(seed).unwrap();
                assert!(answer.starts_with("ok"), "{}: {answer}", target.name);
                let mut empty = seed.clone();
                empty.iter_mut().skip(target.fixed).for_each(Vec::clear);
                let answer = (target.run)(&empty).unwrap();
                assert!(!answer.starts_with("ok"), "{}: {answer}", target.name);
            }
        }
    }
}
