//! The machine's clock and randomness: the one place where the server's process reads them.

use std::time::{SystemTime, UNIX_EPOCH};

use chancery_floor::clock::{Clock, Entropy};
use chancery_wire::time::Instant;

/// The machine's clock.
#[derive(Clone, Copy, Debug)]
pub struct MachineClock;

impl Clock for MachineClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everybody else is handed")]
    fn now(&self) -> Instant {
        // A clock before 1970 is no clock; the first second of it is as good as any.
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Instant(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// The operating system's randomness.
#[derive(Clone, Copy, Debug)]
pub struct MachineEntropy;

impl Entropy for MachineEntropy {
    #[expect(clippy::disallowed_methods, reason = "this is the randomness that everybody else is handed")]
    fn fill(&self, out: &mut [u8]) {
        if let Err(why) = getrandom::fill(out) {
            // INVARIANT: nobody ever gets bytes that are not random. Without randomness nothing may go on.
            tracing::error!(%why, "the operating system has no randomness");
            std::process::abort();
        }
    }
}
