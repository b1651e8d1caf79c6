//! The clock and the randomness of this machine, handed to everything below.

use std::time::SystemTime;

use chancery_engine::Entropy;
use chancery_wire::time::Instant;

/// The time on this machine.
#[expect(clippy::disallowed_methods, reason = "the one place where the client reads a clock")]
pub(crate) fn now() -> Instant {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Instant(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// The operating system's randomness.
#[derive(Debug)]
pub(crate) struct Os;

impl Entropy for Os {
    fn fill(&mut self, bytes: &mut [u8]) {
        fill(bytes);
    }
}

/// Fresh random bytes.
pub(crate) fn draw<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    fill(&mut bytes);
    bytes
}

#[expect(clippy::disallowed_methods, reason = "the one place where the client draws randomness")]
fn fill(bytes: &mut [u8]) {
    if getrandom::fill(bytes).is_err() {
        // Going on without randomness would give keys away; there is nobody to report to.
        std::process::abort();
    }
}
