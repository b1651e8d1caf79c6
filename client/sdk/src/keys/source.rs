//! Where a profile's key comes from: the system's keyring, a passphrase, or a key file.

use std::path::PathBuf;

use chancery_vault::VaultKey;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{file, keyring, passphrase};
use crate::{error::SdkError, profile::Profile};

/// How a new profile's key is kept.
#[derive(Clone, Debug)]
pub enum Unlock {
    /// In the system's keyring.
    Keyring,
    /// Nowhere: it is derived from a passphrase each time.
    Passphrase(Zeroizing<String>),
    /// In a file outside the profile's directory.
    File(PathBuf),
}

/// How a profile's key is found again. This is all that is written down, and it is no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum KeySource {
    /// In the system's keyring, under this name.
    Keyring(String),
    /// From a passphrase.
    Passphrase(passphrase::Derivation),
    /// In this file.
    File(PathBuf),
}

impl Unlock {
    /// Makes a key for a new profile, and says how it is found again.
    pub(crate) fn make(&self, profile: &Profile) -> Result<(KeySource, VaultKey), SdkError> {
        Ok(match self {
            Self::Keyring => {
                let (name, key) = keyring::make(profile.name())?;
                (KeySource::Keyring(name), key)
            }
            Self::Passphrase(words) => {
                let derivation = passphrase::Derivation::make(words)?;
                let key = derivation.derive(words)?;
                (KeySource::Passphrase(derivation), key)
            }
            Self::File(path) => {
                let path = file::make(path, profile.directory())?;
                let key = file::find(&path)?;
                (KeySource::File(path), key)
            }
        })
    }
}

impl KeySource {
    /// Finds the key; `ask` is called for a passphrase when one is needed.
    pub fn key<E: From<SdkError>>(
        &self,
        ask: impl FnOnce() -> Result<Zeroizing<String>, E>,
    ) -> Result<VaultKey, E> {
        Ok(match self {
            Self::Keyring(name) => keyring::find(name)?,
            Self::Passphrase(derivation) => derivation.derive(&ask()?)?,
            Self::File(path) => file::find(path)?,
        })
    }
}
