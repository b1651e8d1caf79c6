//! A watchman for inputs that never end: when one takes too long, it says so and ends the process.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// How long one input may take. They are small: a thousandth of it is long.
const PATIENCE: Duration = Duration::from_secs(10);

/// Tells the watchman that something still happens.
#[derive(Clone, Debug)]
pub(crate) struct Watch(Arc<AtomicU64>);

impl Watch {
    /// Sets a watchman over a target whose current input is in the file `case`. He goes when the last clone does.
    pub(crate) fn over(target: &'static str, case: PathBuf) -> Self {
        let beats = Arc::new(AtomicU64::new(0));
        let watched = Arc::downgrade(&beats);
        thread::spawn(move || {
            let mut last = u64::MAX;
            while let Some(beats) = watched.upgrade() {
                let now = beats.load(Ordering::Relaxed);
                drop(beats);
                if now == last {
                    give_up(target, &case);
                }
                last = now;
                thread::park_timeout(PATIENCE);
            }
        });
        Self(beats)
    }

    /// One input is done.
    pub(crate) fn beat(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[expect(clippy::print_stderr, reason = "the thread that is stuck cannot say it")]
fn give_up(target: &str, case: &std::path::Path) {
    eprintln!("{target}: an input takes longer than {} s; it is in {}", PATIENCE.as_secs(), case.display());
    std::process::exit(1);
}

/// Now, for measuring how long something takes.
#[expect(clippy::disallowed_methods, reason = "a fuzzer runs for a time; no parser is told what time it is")]
pub(crate) fn now() -> Instant {
    Instant::now()
}
