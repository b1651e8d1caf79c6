//! What engines draw, and when their process dies of it.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use chancery_engine::Entropy;
use chancery_play::dice::Dice;

/// What an engine unwinds with when its process is killed inside a turn: the transaction is rolled back, as it is after a crash.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Killed;

/// After how many draws the process dies; never, when negative.
#[derive(Clone, Debug)]
pub(crate) struct Fuse(Arc<AtomicI64>);

impl Default for Fuse {
    fn default() -> Self {
        Self(Arc::new(AtomicI64::new(-1)))
    }
}

impl Fuse {
    /// Dies at the draw after so many.
    pub(crate) fn light(&self, draws: i64) {
        self.0.store(draws, Ordering::Relaxed);
    }

    /// Does not die.
    pub(crate) fn put_out(&self) {
        self.light(-1);
    }
}

/// The randomness of one run of a program, and its end.
#[derive(Debug)]
pub(crate) struct Draws {
    dice: Dice,
    fuse: Fuse,
}

impl Draws {
    /// The draws of a seed, until the fuse has burnt.
    pub(crate) fn new(seed: u64, fuse: &Fuse) -> Self {
        Self { dice: Dice::new(seed), fuse: fuse.clone() }
    }
}

impl Entropy for Draws {
    fn fill(&mut self, bytes: &mut [u8]) {
        if self.fuse.0.load(Ordering::Relaxed) >= 0 && self.fuse.0.fetch_sub(1, Ordering::Relaxed) == 0 {
            std::panic::resume_unwind(Box::new(Killed));
        }
        self.dice.fill(bytes);
    }
}
