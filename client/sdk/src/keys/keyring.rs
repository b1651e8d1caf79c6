//! The vault's key in the system's keyring: Secret Service, macOS Keychain, Windows Credential Manager.

use chancery_vault::VaultKey;
use data_encoding::HEXLOWER;
use zeroize::Zeroizing;

use crate::{clock::draw, error::SdkError};

const SERVICE: &str = "chancery vault";

/// Makes a key and keeps it in the keyring. Its name there is the profile's and something drawn, so that a profile of the
/// same name in another folder does not take its place.
pub(super) fn make(profile: &str) -> Result<(String, VaultKey), SdkError> {
    let key = Zeroizing::new(draw::<32>());
    let name = format!("{profile} {}", HEXLOWER.encode(&draw::<8>()));
    entry(&name)?.set_secret(key.as_slice()).map_err(|error| none(&error))?;
    Ok((name, VaultKey::from_bytes(*key)))
}

/// Finds the key again.
pub(super) fn find(name: &str) -> Result<VaultKey, SdkError> {
    let secret = Zeroizing::new(entry(name)?.get_secret().map_err(|error| none(&error))?);
    let bytes = secret.as_slice().try_into();
    bytes
        .map(VaultKey::from_bytes)
        .map_err(|_| SdkError::NoKeyring("the keyring holds something else".to_owned()))
}

fn entry(name: &str) -> Result<keyring::Entry, SdkError> {
    keyring::Entry::new(SERVICE, name).map_err(|error| none(&error))
}

fn none(error: &keyring::Error) -> SdkError {
    SdkError::NoKeyring(format!("the system's keyring cannot be used ({error})"))
}
