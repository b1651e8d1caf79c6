//! A lock: the vault's key, sealed for each of the ways in which its owner opens it. What is written down of it is no secret.
//!
//! The key is drawn once. A passphrase (Argon2id) or the secret of a passkey (WebAuthn's PRF extension, HKDF-SHA256) makes the key that it is
//! sealed under (AES-256-GCM), so that ways can be added without touching the vault.

use aes_gcm::{
    Aes256Gcm, Key, Nonce,
    aead::{Aead as _, KeyInit as _},
};
use chancery_vault::VaultKey;
use data_encoding::HEXLOWER;
use hkdf::Hkdf;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::passphrase::Derivation;
use crate::{clock::draw, error::SdkError};

/// What a passkey's secret is used for.
const PASSKEY: &[u8] = b"chancery vault lock, passkey";

/// What opens a lock.
#[derive(Clone, Copy)]
pub enum Opens<'a> {
    /// A passphrase of at least ten characters.
    Passphrase(&'a str),
    /// What a passkey answers to the PRF extension: 32 bytes that nothing else gives.
    Passkey(&'a [u8; 32]),
}

impl std::fmt::Debug for Opens<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Passphrase(_) => "Passphrase(…)",
            Self::Passkey(_) => "Passkey(…)",
        })
    }
}

/// The vault's key, sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    ways: Vec<Way>,
}

/// One way to open it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum Way {
    Passphrase { derivation: Derivation, sealed: String },
    Passkey { sealed: String },
}

impl Lock {
    /// Draws a new vault's key, and seals it.
    pub fn make(by: Opens<'_>) -> Result<(Self, VaultKey), SdkError> {
        let key = Zeroizing::new(draw::<32>());
        Ok((Self { ways: vec![Way::make(by, &key)?] }, VaultKey::from_bytes(*key)))
    }

    /// Opens it. That something opens nothing is told as a wrong key.
    pub fn open(&self, by: Opens<'_>) -> Result<VaultKey, SdkError> {
        self.find(by).map(|key| VaultKey::from_bytes(*key))
    }

    /// Adds a way to open it, in the place of an earlier one of the same kind.
    pub fn add(&mut self, by: Opens<'_>, another: Opens<'_>) -> Result<(), SdkError> {
        let way = Way::make(another, &*self.find(by)?)?;
        self.ways.retain(|it| std::mem::discriminant(it) != std::mem::discriminant(&way));
        self.ways.push(way);
        Ok(())
    }

    fn find(&self, by: Opens<'_>) -> Result<Zeroizing<[u8; 32]>, SdkError> {
        for way in &self.ways {
            let (key, sealed) = match (way, by) {
                (Way::Passphrase { derivation, sealed }, Opens::Passphrase(words)) => {
                    (derivation.stretch(words)?, sealed)
                }
                (Way::Passkey { sealed }, Opens::Passkey(secret)) => (of_passkey(secret), sealed),
                _ => continue,
            };
            if let Some(found) = unseal(&key, sealed) {
                return Ok(found);
            }
        }
        Err(chancery_vault::VaultError::WrongKey.into())
    }
}

impl Way {
    fn make(by: Opens<'_>, key: &[u8; 32]) -> Result<Self, SdkError> {
        Ok(match by {
            Opens::Passphrase(words) => {
                let derivation = Derivation::make(words)?;
                let sealed = seal(&*derivation.stretch(words)?, key)?;
                Self::Passphrase { derivation, sealed }
            }
            Opens::Passkey(secret) => Self::Passkey { sealed: seal(&of_passkey(secret), key)? },
        })
    }
}

fn of_passkey(secret: &[u8; 32]) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    // Thirty-two bytes are never too many.
    let _ = Hkdf::<Sha256>::new(None, secret).expand(PASSKEY, key.as_mut_slice());
    key
}

fn seal(with: &[u8; 32], key: &[u8; 32]) -> Result<String, SdkError> {
    let nonce = draw::<12>();
    let cipher = Aes256Gcm::new(Key::<Aes256Gcm>::from_slice(with));
    let sealed = cipher.encrypt(Nonce::from_slice(&nonce), key.as_slice());
    let sealed = sealed.map_err(|_| SdkError::NoKeyring("the key could not be sealed".to_owned()))?;
    Ok(HEXLOWER.encode(&[nonce.as_slice(), &sealed].concat()))
}

fn unseal(with: &[u8; 32], sealed: &str) -> Option<Zeroizing<[u8; 32]>> {
    let bytes = HEXLOWER.decode(sealed.as_bytes()).ok()?;
    let (nonce, sealed) = bytes.split_at_checked(12)?;
    let cipher = Aes256Gcm::new(Key::<Aes256Gcm>::from_slice(with));
    let opened = Zeroizing::new(cipher.decrypt(Nonce::from_slice(nonce), sealed).ok()?);
    opened.as_slice().try_into().ok().map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use chancery_vault::{Vault, VaultError};

    use super::*;

    const WORDS: Opens<'_> = Opens::Passphrase("correct horse");
    const KEY: Opens<'_> = Opens::Passkey(&[7; 32]);

    fn is_wrong(opened: &Result<VaultKey, SdkError>) -> bool {
        matches!(opened, Err(SdkError::Vault(VaultError::WrongKey)))
    }

    #[test]
    fn each_way_opens_the_same_vault_and_nothing_else_does() {
        let (mut lock, key) = Lock::make(WORDS).unwrap();
        assert!(is_wrong(&lock.open(KEY)), "not yet");
        lock.add(WORDS, KEY).unwrap();
        let lock: Lock = serde_json::from_str(&serde_json::to_string(&lock).unwrap()).unwrap();
        let home = tempfile::tempdir().unwrap();
        let vault = home.path().join("vault");
        drop(Vault::open(&vault, &key).unwrap());
        for by in [WORDS, KEY] {
            assert!(Vault::open(&vault, &lock.open(by).unwrap()).is_ok());
        }
        assert!(is_wrong(&lock.open(Opens::Passphrase("correct horsf"))));
        assert!(is_wrong(&lock.open(Opens::Passkey(&[8; 32]))));
        let mut bent = serde_json::to_string(&lock).unwrap();
        bent = bent.replacen("\"sealed\":\"", "\"sealed\":\"00", 2);
        let bent: Lock = serde_json::from_str(&bent).unwrap();
        assert!(is_wrong(&bent.open(WORDS)) && is_wrong(&bent.open(KEY)), "what was bent opens nothing");
    }

    #[test]
    fn whoever_cannot_open_it_adds_no_way() {
        let (mut lock, _) = Lock::make(KEY).unwrap();
        let before = lock.clone();
        assert!(lock.add(WORDS, Opens::Passphrase("another phrase")).is_err());
        assert_eq!(lock, before);
        assert!(Lock::make(Opens::Passphrase("short")).is_err());
    }
}
