//! What somebody signs by itself, outside a chain: the bytes that were signed, and the signature.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    chain::{cbor, read},
    signed::{Sign, Signature, labelled},
};

/// A body as it was signed, so that nobody has to write it again.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope {
    #[serde(with = "serde_bytes")]
    body: Vec<u8>,
    signature: Signature,
}

/// Signs a body for the purpose that the label names.
pub(crate) fn seal(label: &str, body: &impl Serialize, signer: &dyn Sign) -> Vec<u8> {
    let body = cbor(body);
    cbor(&Envelope { signature: signer.sign(&labelled(label, &body)), body })
}

/// Reads a body of at most so many bytes, with the bytes that were signed. The signature is not checked yet.
pub(crate) fn open<T: DeserializeOwned>(signed: &[u8], limit: usize) -> Option<(T, Vec<u8>, Signature)> {
    let Envelope { body, signature } = read(signed).filter(|_| signed.len() <= limit)?;
    Some((read(&body)?, body, signature))
}
