//! One target, tried for a while: change an input, run it, look at what it did, keep it if its answer is new.

use std::{
    collections::BTreeSet,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    time::Duration,
};

use crate::{
    MEMORY,
    case::{Case, Parts},
    dice::Dice,
    mutate::mutate,
    targets::Target,
    watch::{Watch, now},
};

/// The most memory an input may take beyond its own measure, in bytes.
const MEMORY_BASE: usize = 8 * 1024 * 1024;
/// The most memory an input may take for each of its bytes.
const MEMORY_PER_BYTE: usize = 512;
/// How long one input may take.
const SLOW: Duration = Duration::from_secs(2);
/// How many inputs are kept to be changed further.
const KEPT: usize = 512;

/// What a target did well.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Report {
    runs: u64,
    accepted: u64,
    answers: usize,
    most_memory: usize,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { runs, accepted, answers, most_memory } = self;
        let kilobytes = most_memory / 1024;
        write!(
            f,
            "{runs:>9} inputs, {accepted:>8} of them valid, {answers:>3} answers, at most {kilobytes} kB"
        )
    }
}

/// What a target did badly, and the file with the input.
#[derive(Debug)]
pub(crate) struct Broken {
    why: String,
    seed: u64,
    pub(crate) case: PathBuf,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (--seed {}; the input is in {})", self.why, self.seed, self.case.display())
    }
}

/// Tries a target with dice of this seed.
pub(crate) fn run(target: &Target, seed: u64, time: Duration) -> Result<Report, Broken> {
    let broken = |case: PathBuf| move |why: String| Broken { why, seed, case };
    let case = Case::open(target.name).map_err(|why| broken(std::env::temp_dir())(why.to_string()))?;
    let path = case.path().to_owned();
    let report = tries(target, &case, seed, time).map_err(broken(path.clone()))?;
    case.remove().map_err(|why| broken(path)(why.to_string()))?;
    Ok(report)
}

fn tries(target: &Target, case: &Case, seed: u64, time: Duration) -> Result<Report, String> {
    let watch = Watch::over(target.name, case.path().to_owned());
    let mut dice = Dice::new(seed);
    let mut answers = BTreeSet::new();
    let mut kept = target.seeds.clone();
    let mut report = Report { runs: 0, accepted: 0, answers: 0, most_memory: 0 };
    for seed in &target.seeds {
        let answer = measured(target, case, seed, &mut report)?;
        if !answer.starts_with("ok") {
            return Err(format!("a valid input is refused: {answer}"));
        }
        answers.insert(answer);
    }
    let end = now() + time;
    while now() < end {
        let (Some(base), Some(other)) = (dice.pick(&kept).cloned(), dice.pick(&kept).cloned()) else { break };
        let mut parts = base;
        let at = target.fixed + dice.below(parts.len() - target.fixed);
        if let (Some(part), Some(other)) = (parts.get_mut(at), other.get(at)) {
            mutate(part, other, &mut dice);
        }
        let answer = measured(target, case, &parts, &mut report)?;
        watch.beat();
        if answers.insert(answer) && kept.len() < KEPT {
            kept.push(parts);
        }
    }
    report.answers = answers.len();
    Ok(report)
}

/// Runs one input under measure.
fn measured(target: &Target, case: &Case, parts: &Parts, report: &mut Report) -> Result<String, String> {
    case.keep(parts).map_err(|why| why.to_string())?;
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let start = now();
    let answer = catch_unwind(AssertUnwindSafe(|| (target.run)(parts)));
    let (took, memory) = (start.elapsed(), MEMORY.peak_usage().saturating_sub(before));
    report.runs += 1;
    report.most_memory = report.most_memory.max(memory);
    let answer = answer.map_err(|_| "it panicked".to_owned())??;
    report.accepted += u64::from(answer.starts_with("ok"));
    let size: usize = parts.iter().map(Vec::len).sum();
    if memory > MEMORY_BASE + MEMORY_PER_BYTE * size {
        return Err(format!("{size} bytes took {memory} bytes of memory"));
    }
    if took > SLOW {
        return Err(format!("{size} bytes took {} ms", took.as_millis()));
    }
    Ok(answer)
}

/// Runs one input on the first of some targets, without any measure.
pub(crate) fn once(targets: &[Target], parts: &Parts) -> Option<Result<String, String>> {
    targets.first().map(|target| (target.run)(parts))
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, PoisonError};

    use super::*;

    const SHORT: Duration = Duration::from_millis(300);
    /// Memory is counted for the whole process, so these tests take turns.
    static TURN: Mutex<()> = Mutex::new(());

    fn planted(run: fn(&[Vec<u8>]) -> Result<String, String>) -> Target {
        Target { name: "planted", seeds: vec![vec![vec![1; 8]]], fixed: 0, run }
    }

    fn said(how: fn(&[Vec<u8>]) -> Result<String, String>) -> String {
        let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let broken = run(&planted(how), 1, SHORT).unwrap_err();
        std::fs::remove_file(&broken.case).unwrap();
        broken.to_string()
    }

    #[test]
    fn a_panic_is_found_and_its_input_kept() {
        let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let broken = run(
            &planted(|parts| {
                assert!(parts[0].len() < 9, "planted");
                Ok("ok".to_owned())
            }),
            1,
            SHORT,
        );
        let broken = broken.unwrap_err();
        assert!(broken.to_string().contains("it panicked"), "{broken}");
        assert!(crate::case::read(&broken.case).unwrap()[0].len() > 8);
        std::fs::remove_file(&broken.case).unwrap();
    }

    #[test]
    fn memory_beyond_measure_is_found() {
        let said = said(|parts| {
            let size = if parts[0].len() > 8 { 1 << 26 } else { 1 };
            let memory = std::hint::black_box(vec![1_u8; size]);
            Ok(format!("ok {}", memory.len()))
        });
        assert!(said.contains("bytes of memory"), "{said}");
    }

    #[test]
    fn a_target_whose_good_input_is_refused_does_not_pass() {
        assert!(said(|_| Ok("refused".to_owned())).contains("a valid input is refused"));
    }

    #[test]
    fn a_broken_promise_is_found() {
        let promise = |parts: &[Vec<u8>]| {
            if parts[0].contains(&0xff) {
                Err("not what was written".to_owned())
            } else {
                Ok("ok".to_owned())
            }
        };
        assert!(said(promise).contains("not what was written"));
    }
}
