//! The clock and the randomness of this machine, handed to everything below.

#[cfg(target_family = "wasm")]
mod browser;
#[cfg(not(target_family = "wasm"))]
mod native;

use std::time::Duration;

use chancery_engine::Entropy;
use chancery_wire::time::Instant;

#[cfg(target_family = "wasm")]
use browser as here;
#[cfg(not(target_family = "wasm"))]
use native as here;

pub(crate) use here::{Moment, moment, since_1970, sleep_until};

/// The time on this machine.
pub(crate) fn now() -> Instant {
    Instant(i64::try_from(since_1970().as_millis()).unwrap_or(i64::MAX))
}

/// Waits.
pub(crate) async fn sleep(pause: Duration) {
    sleep_until(moment() + pause).await;
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
