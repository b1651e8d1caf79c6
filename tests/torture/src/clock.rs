//! Clocks: one true time for the whole world, and each device's own opinion of it.

use std::{cell::Cell, rc::Rc};

use chancery_wire::time::Instant;

/// The time as one device, or the hub, takes it to be.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    truth: Rc<Cell<i64>>,
    off: Rc<Cell<i64>>,
}

impl Clock {
    /// The true time, from `start` on.
    pub(crate) fn new(start: Instant) -> Self {
        Self { truth: Rc::new(Cell::new(start.0)), off: Rc::default() }
    }

    /// Another clock of the same world, which is right for now.
    pub(crate) fn another(&self) -> Self {
        Self { truth: self.truth.clone(), off: Rc::default() }
    }

    /// What it shows.
    pub(crate) fn now(&self) -> Instant {
        Instant(self.truth.get() + self.off.get())
    }

    /// Time passes, for everybody.
    pub(crate) fn pass(&self, milliseconds: i64) {
        self.truth.set(self.truth.get() + milliseconds);
    }

    /// This clock is set wrong by so much; by nothing, when it is set right.
    pub(crate) fn is_off_by(&self, milliseconds: i64) {
        self.off.set(milliseconds);
    }

    /// How wrong it is.
    pub(crate) fn off(&self) -> i64 {
        self.off.get()
    }
}
