//! Idle: whose roles are up, and who has not asked for anything for a while.
//!
//! Roles that are up go down by themselves when nothing is asked in the session for a quarter of an hour. Kept in
//! memory: after a restart, it counts from there.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use chancery_wire::{ids::SessionId, time::Instant};

/// After how many seconds without a request roles go down.
const IDLE: i64 = 900;
/// How many sessions are remembered before those that are idle anyway are forgotten.
const MANY: usize = 4096;

/// When each session in which roles are up has asked for something last.
#[derive(Clone, Debug, Default)]
pub(super) struct Idle(Arc<Mutex<HashMap<SessionId, Instant>>>);

impl Idle {
    /// A session asks for something: whether it has been idle for too long until now. `since` is when it was not idle for certain, where nothing is
    /// remembered of it.
    pub(super) fn asks(&self, session: SessionId, since: Instant, now: Instant) -> bool {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = |last: Instant| last.plus_seconds(IDLE) <= now;
        if seen.len() >= MANY {
            seen.retain(|_, last| !idle(*last));
        }
        let was_idle = idle(seen.get(&session).copied().unwrap_or(since));
        // Once idle, it stays so until the roles are taken up again.
        if !was_idle {
            seen.insert(session, now);
        }
        was_idle
    }

    /// Roles are taken up in a session.
    pub(super) fn begins(&self, session: SessionId, now: Instant) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(session, now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_go_down_after_a_quarter_of_an_hour_without_a_request() {
        let (idle, one, other) = (Idle::default(), SessionId([1; 16]), SessionId([2; 16]));
        let at = |seconds: i64| Instant(seconds * 1000);
        idle.begins(one, at(0));
        assert!(!idle.asks(one, at(0), at(899)), "it goes on");
        assert!(!idle.asks(one, at(0), at(1700)));
        assert!(idle.asks(one, at(0), at(2600)), "for too long");
        assert!(idle.asks(one, at(0), at(2601)), "and asking again does not help");
        idle.begins(one, at(2700));
        assert!(!idle.asks(one, at(0), at(2701)));
        // Of a session that was there before the process, it counts from its start.
        assert!(!idle.asks(other, at(2000), at(2899)));
        assert!(idle.asks(SessionId([3; 16]), at(2000), at(2900)));
    }

    #[test]
    fn no_more_is_remembered_than_is_of_use() {
        let idle = Idle::default();
        for n in 0..10_000_u32 {
            let mut id = [0; 16];
            id[..4].copy_from_slice(&n.to_be_bytes());
            idle.asks(SessionId(id), Instant(i64::from(n) * 1000), Instant(i64::from(n) * 1000));
        }
        assert!(idle.0.lock().unwrap().len() <= MANY);
    }
}
