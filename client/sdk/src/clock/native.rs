//! The clocks of an operating system.

use std::time::{Duration, SystemTime};

pub(crate) use tokio::time::{Instant as Moment, sleep_until};

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
