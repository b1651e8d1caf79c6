//! Instants: milliseconds since 1970-01-01 UTC, handed in by whoever owns a clock.

use serde::{Deserialize, Serialize};

/// A point in time, in milliseconds since 1970-01-01T00:00:00Z.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(transparent)]
pub struct Instant(pub i64);

impl Instant {
    /// This instant, `seconds` later (or earlier, when negative). Saturates at the ends of time.
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1000)))
    }
}

/// Seconds in a day.
pub const DAY: i64 = 86_400;
