//! The clock and the randomness of this machine, handed to everything below.

use chancery_engine::Entropy;
use chancery_wire::time::Instant;
#[cfg(target_family = "wasm")]
pub(crate) use gloo_timers::future::sleep;
#[cfg(not(target_family = "wasm"))]
pub(crate) use tokio::time::sleep;
// The standard library's own, but for browsers.
pub(crate) use web_time::Instant as Moment;
use web_time::SystemTime;

/// The time on this machine.
#[expect(clippy::disallowed_methods, reason = "the one place where the client reads a clock")]
pub(crate) fn now() -> Instant {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Instant(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// This moment, by the clock that is never set back, which waiting goes by.
#[expect(clippy::disallowed_methods, reason = "waiting goes by a clock that is never set back")]
pub(crate) fn moment() -> Moment {
    Moment::now()
}

/// Waits until then.
pub(crate) async fn sleep_until(then: Moment) {
    sleep(then.saturating_duration_since(moment())).await;
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
