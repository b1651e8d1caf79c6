//! The clock and the randomness of this machine: the one place where the benchmark reads them.

use std::{
    sync::LazyLock,
    time::{Duration, Instant as Moment, SystemTime},
};

use chancery_engine::Entropy;
use chancery_wire::time::Instant;

/// When the program first looked at its stopwatch.
static BEGIN: LazyLock<Moment> = LazyLock::new(moment);

#[expect(clippy::disallowed_methods, reason = "what is measured is time")]
fn moment() -> Moment {
    Moment::now()
}

/// How long the program has been running.
pub(crate) fn elapsed() -> Duration {
    moment().duration_since(*BEGIN)
}

/// The time of day.
#[expect(clippy::disallowed_methods, reason = "the server checks proofs against the time of day")]
pub(crate) fn now() -> Instant {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Instant(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// The operating system's randomness.
#[derive(Debug)]
pub(crate) struct Os;

impl Entropy for Os {
    #[expect(clippy::disallowed_methods, reason = "the one place where the benchmark draws randomness")]
    fn fill(&mut self, bytes: &mut [u8]) {
        if getrandom::fill(bytes).is_err() {
            // Two devices with the same keys would measure something else.
            std::process::abort();
        }
    }
}

/// Fresh random bytes.
pub(crate) fn draw<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    Os.fill(&mut bytes);
    bytes
}

/// A stopwatch that runs only while something is measured.
#[derive(Debug, Default)]
pub(crate) struct Watch(Duration);

impl Watch {
    /// Runs `work` and counts the time it took.
    pub(crate) fn run<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let begin = elapsed();
        let done = work();
        self.0 += elapsed().saturating_sub(begin);
        done
    }

    /// Counts what another one counted.
    pub(crate) fn add(&mut self, other: &Self) {
        self.0 += other.0;
    }

    /// What was counted, in milliseconds.
    pub(crate) fn milliseconds(&self) -> f64 {
        self.0.as_secs_f64() * 1000.0
    }
}
