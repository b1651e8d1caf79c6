//! Time and randomness, handed in by whoever starts the process; nothing below reads them by itself.

use std::fmt::Debug;

use chancery_wire::time::Instant;

/// Tells the time.
pub trait Clock: Debug + Send + Sync {
    /// Now.
    fn now(&self) -> Instant;
}

/// Gives randomness fit for secrets.
pub trait Entropy: Debug + Send + Sync {
    /// Fills `out` with random bytes.
    fn fill(&self, out: &mut [u8]);
}

impl dyn Entropy {
    /// Draws `N` random bytes.
    #[must_use]
    pub fn make<const N: usize>(&self) -> [u8; N] {
        let mut out = [0; N];
        self.fill(&mut out);
        out
    }
}
