//! Limits: how often somebody may do something. A stock that fills again by the minute (GCRA).
//!
//! Kept in memory, for each process: a limit is against floods, and is no account of anything.

use std::{
    fmt::{self, Debug},
    hash::Hash,
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chancery_wire::time::Instant;
use governor::{
    Quota, RateLimiter, clock::Clock as Ticks, middleware::NoOpMiddleware, state::keyed::DashMapStateStore,
};

use crate::clock::Clock;

/// How often each of many may do something.
pub struct Limit<K: Clone + Hash + Eq> {
    limiter: RateLimiter<K, DashMapStateStore<K>, Time, NoOpMiddleware<Duration>>,
}

/// The stock is used up. Log-safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("that was too much at once; it goes on in {seconds} s")]
pub struct UsedUp {
    /// After how many seconds there is one more: at least 1.
    pub seconds: u64,
}

/// The clock that was handed in, as the library reads one: it only goes forward. One that is put back stands for as long as it takes to
/// be read again.
struct Time {
    clock: Arc<dyn Clock>,
    /// What was read last, and how far it has gone since the first time.
    read: Mutex<(Instant, Duration)>,
}

impl Ticks for Time {
    type Instant = Duration;

    fn now(&self) -> Duration {
        let now = self.clock.now();
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let (last, gone) = *read;
        let step = u64::try_from(now.0.saturating_sub(last.0)).unwrap_or(0);
        *read = (now, gone.saturating_add(Duration::from_millis(step)));
        read.1
    }
}

impl<K: Clone + Hash + Eq> Limit<K> {
    /// A stock of `at_once` for each, of which one comes back every `period`.
    #[must_use]
    pub fn new(at_once: NonZeroU32, period: Duration, clock: Arc<dyn Clock>) -> Self {
        let period = period.max(Duration::from_nanos(1));
        // Only a period of nothing is no quota.
        let quota = Quota::with_period(period).unwrap_or(Quota::per_second(at_once));
        let read = Mutex::new((clock.now(), Duration::ZERO));
        let time = Time { clock, read };
        Self { limiter: RateLimiter::new(quota.allow_burst(at_once), DashMapStateStore::default(), time) }
    }

    /// Takes one out of somebody's stock; or says when there is one again.
    pub fn take(&self, who: &K) -> Result<(), UsedUp> {
        self.limiter.check_key(who).map_err(|until| {
            let wait = until.wait_time_from(self.limiter.clock().now());
            UsedUp { seconds: wait.as_millis().div_ceil(1000).max(1).try_into().unwrap_or(u64::MAX) }
        })
    }

    /// Forgets those whose stock is full again.
    pub fn forget(&self) {
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
    }
}

impl<K: Clone + Hash + Eq> Debug for Limit<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limit").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    /// A clock that stands until it is set.
    #[derive(Debug, Default)]
    struct Standing(AtomicI64);

    impl Clock for Standing {
        fn now(&self) -> Instant {
            Instant(self.0.load(Ordering::Relaxed))
        }
    }

    #[test]
    fn a_stock_is_used_up_and_fills_again_for_each_by_itself() {
        let clock = Arc::new(Standing(AtomicI64::new(1_700_000_000_000)));
        let limit = Limit::new(NonZeroU32::new(3).unwrap(), Duration::from_secs(10), clock.clone());
        for _ in 0..3 {
            assert_eq!(limit.take(&"a"), Ok(()));
        }
        assert_eq!(limit.take(&"a"), Err(UsedUp { seconds: 10 }));
        assert_eq!(limit.take(&"b"), Ok(()));
        clock.0.fetch_add(9_500, Ordering::Relaxed);
        assert_eq!(limit.take(&"a"), Err(UsedUp { seconds: 1 }));
        clock.0.fetch_add(500, Ordering::Relaxed);
        assert_eq!(limit.take(&"a"), Ok(()));
        assert!(limit.take(&"a").is_err());
        // A clock that is put back gives nothing away, and locks nobody out for the time by which it was.
        clock.0.fetch_sub(3_600_000, Ordering::Relaxed);
        assert_eq!(limit.take(&"a"), Err(UsedUp { seconds: 10 }));
        clock.0.fetch_add(10_000, Ordering::Relaxed);
        assert_eq!(limit.take(&"a"), Ok(()));
    }

    #[test]
    fn whose_stock_is_full_again_is_forgotten() {
        let clock = Arc::new(Standing(AtomicI64::new(1_700_000_000_000)));
        let limit = Limit::new(NonZeroU32::new(2).unwrap(), Duration::from_secs(1), clock.clone());
        for who in 0..1000 {
            limit.take(&who).unwrap();
        }
        clock.0.fetch_add(2_500, Ordering::Relaxed);
        limit.take(&7).unwrap();
        limit.forget();
        assert_eq!(limit.limiter.len(), 1);
    }
}
