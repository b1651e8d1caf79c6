//! Signatures over labelled bytes: Ed25519, with the label inside, so that a signature for one purpose is none for another.

use ed25519_dalek::VerifyingKey;
use serde::{Deserialize, Serialize};

/// An Ed25519 public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PublicKey(#[serde(with = "serde_bytes")] pub [u8; 32]);

/// An Ed25519 signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature(#[serde(with = "serde_bytes")] pub [u8; 64]);

/// Something that signs with a key it keeps to itself: memory, a token, a TPM.
pub trait Sign {
    /// The public half.
    fn public(&self) -> PublicKey;
    /// Signs `message` as it stands.
    fn sign(&self, message: &[u8]) -> Signature;
}

impl Sign for ed25519_dalek::SigningKey {
    fn public(&self) -> PublicKey {
        PublicKey(self.verifying_key().to_bytes())
    }
    fn sign(&self, message: &[u8]) -> Signature {
        Signature(ed25519_dalek::Signer::sign(self, message).to_bytes())
    }
}

/// The signature is not by this key over these bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the signature is not by this key over these bytes")]
pub struct InvalidSignature;

impl PublicKey {
    /// Checks a signature, strictly (no small-order keys, no malleable signatures).
    pub fn check(&self, message: &[u8], signature: &Signature) -> Result<(), InvalidSignature> {
        let key = VerifyingKey::from_bytes(&self.0).map_err(|_| InvalidSignature)?;
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        key.verify_strict(message, &signature).map_err(|_| InvalidSignature)
    }
}

/// What is signed for a purpose: the label, a zero byte, the bytes.
pub(crate) fn labelled(label: &str, bytes: &[u8]) -> Vec<u8> {
    [label.as_bytes(), &[0], bytes].concat()
}
