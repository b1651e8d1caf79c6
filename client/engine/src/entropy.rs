//! Randomness, handed in.

/// A source of randomness fit for keys.
///
/// The MLS library's own provider additionally draws from the operating system (`protocol/decisions/`).
pub trait Entropy: Send {
    /// Fills `bytes`.
    fn fill(&mut self, bytes: &mut [u8]);
}

/// Draws `N` fresh bytes.
pub(crate) fn draw<const N: usize>(entropy: &mut dyn Entropy) -> [u8; N] {
    let mut bytes = [0; N];
    entropy.fill(&mut bytes);
    bytes
}
