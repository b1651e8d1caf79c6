//! The vault's key from a passphrase, by Argon2id (RFC 9106). The passphrase and the key are written nowhere.

use argon2::{Algorithm, Argon2, Params, Version};
use chancery_vault::VaultKey;
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{clock::draw, error::SdkError};

/// The fewest characters a passphrase has.
const SHORTEST: usize = 10;
/// RFC 9106's second recommended choice: 64 MiB, three passes, four lanes.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
const LANES: u32 = 4;

/// What a passphrase becomes a key with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Derivation {
    /// 128 random bits, in hexadecimal.
    salt: String,
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

impl Derivation {
    /// Chooses a salt for a new passphrase.
    pub(super) fn make(passphrase: &str) -> Result<Self, SdkError> {
        if passphrase.chars().count() < SHORTEST {
            return Err(SdkError::Passphrase(SHORTEST));
        }
        Ok(Self {
            salt: HEXLOWER.encode(&draw::<16>()),
            memory_kib: MEMORY_KIB,
            passes: PASSES,
            lanes: LANES,
        })
    }

    /// The vault's key that a passphrase stands for.
    #[cfg(not(target_family = "wasm"))]
    pub(super) fn derive(&self, passphrase: &str) -> Result<VaultKey, SdkError> {
        Ok(VaultKey::from_bytes(*self.stretch(passphrase)?))
    }

    /// What becomes of a passphrase.
    pub(super) fn stretch(&self, passphrase: &str) -> Result<Zeroizing<[u8; 32]>, SdkError> {
        let damaged = || SdkError::NoKeyring("the note about the passphrase is damaged".to_owned());
        let salt = HEXLOWER.decode(self.salt.as_bytes()).map_err(|_| damaged())?;
        let params =
            Params::new(self.memory_kib, self.passes, self.lanes, Some(32)).map_err(|_| damaged())?;
        let mut key = Zeroizing::new([0; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(passphrase.as_bytes(), &salt, key.as_mut_slice())
            .map_err(|_| damaged())?;
        Ok(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_passphrase_is_refused() {
        assert!(matches!(Derivation::make("ten chars"), Err(SdkError::Passphrase(SHORTEST))));
        assert!(Derivation::make("eleven char").is_ok());
    }
}
