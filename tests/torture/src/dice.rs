//! Dice that fall the same way again (`SplitMix64`), for the schedule and for what engines draw. Not for secrets.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use chancery_engine::Entropy;

/// Dice with a seed.
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    /// The dice of a seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// 64 bits.
    pub(crate) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`; 0 when there is none.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.roll() % end).unwrap_or_default()
    }

    /// From `low` up to and with `high`.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        low + i64::try_from(self.below(usize::try_from(high - low + 1).unwrap_or(1))).unwrap_or(0)
    }

    /// Whether it happens, so many times in a thousand.
    pub(crate) fn happens(&mut self, per_mille: usize) -> bool {
        self.below(1000) < per_mille
    }

    /// One of some things.
    pub(crate) fn pick<T: Clone>(&mut self, things: &[T]) -> Option<T> {
        let at = self.below(things.len());
        things.get(at).cloned()
    }
}

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
        for part in bytes.chunks_mut(8) {
            let roll = self.dice.roll().to_le_bytes();
            part.copy_from_slice(&roll[..part.len()]);
        }
    }
}
