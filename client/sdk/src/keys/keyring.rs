//! The vault's key in the system's keyring: Secret Service, macOS Keychain, Windows Credential Manager.

use chancery_vault::VaultKey;
use zeroize::Zeroizing;

use crate::{clock::draw, error::SdkError};

const SERVICE: &str = "chancery vault";

/// Makes a key and keeps it in the keyring.
pub(super) fn make(profile: &str) -> Result<(), SdkError> {
    let key = Zeroizing::new(draw::<32>());
    entry(profile)?.set_secret(key.as_slice()).map_err(|error| none(&error))
}

/// Finds the key again.
pub(super) fn find(profile: &str) -> Result<VaultKey, SdkError> {
    let secret = Zeroizing::new(entry(profile)?.get_secret().map_err(|error| none(&error))?);
    let bytes = secret.as_slice().try_into();
    bytes
        .map(VaultKey::from_bytes)
        .map_err(|_| SdkError::NoKeyring("the keyring holds something else".to_owned()))
}

fn entry(profile: &str) -> Result<keyring::Entry, SdkError> {
    keyring::Entry::new(SERVICE, profile).map_err(|error| none(&error))
}

fn none(error: &keyring::Error) -> SdkError {
    SdkError::NoKeyring(format!("the system's keyring cannot be used ({error})"))
}
