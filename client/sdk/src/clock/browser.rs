//! The clocks of a browser.

use std::time::Duration;

use web_time::SystemTime;

pub(crate) use web_time::Instant as Moment;

/// By the clock that a person can set: how long it is since 1970 began.
#[expect(clippy::disallowed_methods, reason = "the one place where the client reads a clock")]
pub(crate) fn since_1970() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

/// By the clock that is never set back, which waiting goes by.
#[expect(clippy::disallowed_methods, reason = "waiting goes by a clock that is never set back")]
pub(crate) fn moment() -> Moment {
    Moment::now()
}

/// Waits until then. What is longer than a browser's timer can wait is waited for in parts by whoever asks again.
pub(crate) async fn sleep_until(then: Moment) {
    gloo_timers::future::sleep(then.saturating_duration_since(moment())).await;
}
