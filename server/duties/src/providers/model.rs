//! The nouns of identity providers.

use chancery_transparency::Provider;

/// A provider that the organisation trusts: what an officer's device signed last about it.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    /// The statement, as signed.
    pub(super) signed: Vec<u8>,
    /// What it says.
    pub(super) provider: Provider,
}
