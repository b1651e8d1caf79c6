//! Acts: one request of one device, as the challenge that a passkey signs when its owner approves it.
//!
//! The challenge is a digest of the request itself, so an assertion says by itself what was approved, and whoever has the passkey's
//! public key can check that years later, without the server (`protocol/passkeys.md`).

use chancery_wire::ids::{DeviceId, Digest};
use serde::Serialize;
use serde_bytes::Bytes;
use sha2::{Digest as _, Sha256};

use crate::signed::labelled;

/// What a challenge is made of.
const LABEL: &str = "chancery act 1";

/// A request, as far as its approval is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Act<'a> {
    /// The device that makes it.
    pub device: DeviceId,
    /// The method, in capitals.
    pub method: &'a str,
    /// The path, without host and query.
    pub path: &'a str,
    /// The SHA-256 of the body, byte for byte.
    pub body: Digest,
}

impl<'a> Act<'a> {
    /// The act of making a request with this body.
    #[must_use]
    pub fn new(device: DeviceId, (method, path): (&'a str, &'a str), body: &[u8]) -> Self {
        Self { device, method, path, body: Digest(Sha256::digest(body).into()) }
    }

    /// The challenge for a passkey. `nonce` is fresh for every time somebody is asked.
    #[must_use]
    pub fn challenge(&self, nonce: [u8; 16]) -> Digest {
        let parts = (
            Bytes::new(&nonce),
            Bytes::new(&self.device.0),
            self.method,
            self.path,
            Bytes::new(&self.body.0),
        );
        let mut body = Vec::new();
        // Writing CBOR into memory cannot fail.
        let _ = ciborium::into_writer(&parts, &mut body);
        Digest(Sha256::digest(labelled(LABEL, &body)).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACT: Act<'_> =
        Act { device: DeviceId([2; 16]), method: "POST", path: "/v1/invitations", body: Digest([3; 32]) };

    #[test]
    fn the_challenge_is_as_the_document_states() {
        let document = include_str!("../../../protocol/passkeys.md");
        let (_, rest) = document.split_once("```hex challenge\n").unwrap();
        assert_eq!(ACT.challenge([1; 16]).to_string(), rest.split_once("\n```").unwrap().0);
    }

    #[test]
    fn another_request_has_another_challenge() {
        let good = ACT.challenge([1; 16]);
        for other in [
            Act { device: DeviceId([3; 16]), ..ACT },
            Act { method: "PUT", ..ACT },
            Act { path: "/v1/invitation", ..ACT },
            Act { body: Digest([4; 32]), ..ACT },
            // What ends one part does not begin the next one.
            Act { method: "POST/", path: "v1/invitations", ..ACT },
        ] {
            assert_ne!(other.challenge([1; 16]), good, "{other:?}");
        }
        assert_ne!(ACT.challenge([2; 16]), good);
    }
}
