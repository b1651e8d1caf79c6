//! The vault's key: 256 bits that are never kept beside the database.

use zeroize::{Zeroize, ZeroizeOnDrop};

/// The key of a vault. Where it comes from (keyring, passphrase, key file) is for the caller.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct VaultKey([u8; 32]);

impl VaultKey {
    /// Takes 32 bytes of full strength; SQLCipher uses them as they are.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// SQLCipher's notation of a raw key.
    pub(crate) fn pragma(&self) -> zeroize::Zeroizing<String> {
        use std::fmt::Write as _;
        let mut text = zeroize::Zeroizing::new(String::with_capacity(67));
        text.push_str("x'");
        for byte in self.0 {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        text.push('\'');
        text
    }
}

impl std::fmt::Debug for VaultKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("VaultKey(…)")
    }
}
