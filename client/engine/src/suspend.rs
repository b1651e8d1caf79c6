//! Suspending: an officer's device, or the directory's, says that nobody speaks for an account until it is restored.

use chancery_transparency::suspend;
use chancery_wire::{names::Handle, time::Instant};

use crate::{engine::Engine, error::EngineError, trust::trusted};

impl Engine {
    /// The entry by which this device suspends another account whose chain is known here, or restores it.
    pub fn suspend(
        &mut self,
        handle: &Handle,
        suspended: bool,
        now: Instant,
    ) -> Result<Vec<u8>, EngineError> {
        self.turn(now, |turn| {
            let me = &turn.me.identity;
            let acting = trusted(turn.step, &me.handle)?.ok_or(EngineError::NotEnrolled)?;
            let chain = trusted(turn.step, handle)?.ok_or_else(|| EngineError::NoAccount(handle.clone()))?;
            let entry = suspend(&chain, (&acting, me.device, turn.me), suspended, now);
            entry.ok_or_else(|| EngineError::NoSuspension(handle.clone()))
        })
    }
}
