//! Proofs of possession: a device shows with every request that it holds its key (DPoP, RFC 9449).
//!
//! A proof is a JWT signed with the device key, for one method, one address, one moment and, when there is a session, one
//! token. A stolen token is worth nothing without the key; a stolen proof is good for one request, once, for a minute.

use chancery_wire::{ids::DeviceId, time::Instant};
use data_encoding::BASE64URL_NOPAD as BASE64URL;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::signed::{PublicKey, Sign, Signature};

/// How far a proof's time may lie from the server's, in seconds, either way.
pub const PROOF_WINDOW: i64 = 60;
/// The most bytes a proof has.
const LIMIT: usize = 2048;

/// The JOSE header of a proof.
#[derive(Serialize, Deserialize)]
struct Header {
    typ: String,
    alg: String,
    jwk: Jwk,
}

/// An Ed25519 public key as a JWK (RFC 8037).
#[derive(Serialize, Deserialize)]
struct Jwk {
    kty: String,
    crv: String,
    x: String,
}

/// The claims of a proof (RFC 9449 section 4.2), and the device that makes it.
#[derive(Serialize, Deserialize)]
struct Claims {
    jti: String,
    htm: String,
    htu: String,
    iat: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ath: Option<String>,
    device: DeviceId,
}

/// What a request is, as far as its proof is concerned.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The HTTP method, in capitals.
    pub method: &'a str,
    /// The path, without host and query: servers stand behind names they need not know.
    pub path: &'a str,
    /// The session's token, when there is one.
    pub token: Option<&'a [u8]>,
}

/// A proof that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Possession {
    /// The device that says it made it.
    pub device: DeviceId,
    /// The key that signed it. Whether it is that device's key is for the caller.
    pub key: PublicKey,
    /// Its own id, to be accepted once.
    pub id: String,
    /// When it was made, by the device's clock.
    pub at: Instant,
}

/// Why a proof does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidProof {
    /// It is no proof, or for another request, or its signature does not hold.
    #[error("the proof does not hold for this request")]
    Wrong,
    /// It was made too long ago or in the future.
    #[error("the proof is too old or from the future")]
    Stale,
}

/// Proves possession of `key` for one request at `at`; `id` is fresh randomness.
#[must_use]
pub fn prove(request: Request<'_>, device: DeviceId, at: Instant, id: [u8; 16], key: &dyn Sign) -> String {
    let header = Header {
        typ: "dpop+jwt".to_owned(),
        alg: "EdDSA".to_owned(),
        jwk: Jwk { kty: "OKP".to_owned(), crv: "Ed25519".to_owned(), x: BASE64URL.encode(&key.public().0) },
    };
    let claims = Claims {
        jti: BASE64URL.encode(&id),
        htm: request.method.to_owned(),
        htu: request.path.to_owned(),
        iat: at.0.div_euclid(1000),
        ath: request.token.map(hash),
        device,
    };
    let signed = format!("{}.{}", part(&header), part(&claims));
    let signature = BASE64URL.encode(&key.sign(signed.as_bytes()).0);
    format!("{signed}.{signature}")
}

impl Possession {
    /// Checks a proof for `request` at `now`. Whether its id was seen before is for the caller.
    pub fn check(proof: &str, request: Request<'_>, now: Instant) -> Result<Self, InvalidProof> {
        let (signed, header, claims, signature) = split(proof).ok_or(InvalidProof::Wrong)?;
        let known = header.typ == "dpop+jwt" && header.alg == "EdDSA";
        if !known || header.jwk.kty != "OKP" || header.jwk.crv != "Ed25519" {
            return Err(InvalidProof::Wrong);
        }
        let key = fixed(&header.jwk.x).map(PublicKey).ok_or(InvalidProof::Wrong)?;
        let meant = claims.htm == request.method && claims.htu == request.path;
        if !meant || claims.ath != request.token.map(hash) || claims.jti.len() > 64 {
            return Err(InvalidProof::Wrong);
        }
        key.check(signed.as_bytes(), &signature).map_err(|_| InvalidProof::Wrong)?;
        if (now.0.div_euclid(1000)).abs_diff(claims.iat) > PROOF_WINDOW.unsigned_abs() {
            return Err(InvalidProof::Stale);
        }
        let at = Instant(claims.iat.saturating_mul(1000));
        Ok(Self { device: claims.device, key, id: claims.jti, at })
    }
}

fn split(proof: &str) -> Option<(&str, Header, Claims, Signature)> {
    if proof.len() > LIMIT {
        return None;
    }
    let (signed, signature) = proof.rsplit_once('.')?;
    let (header, claims) = signed.split_once('.')?;
    Some((signed, read(header)?, read(claims)?, Signature(fixed(signature)?)))
}

fn hash(token: &[u8]) -> String {
    // RFC 9449 hashes the token as it stands in the request: in base64url.
    BASE64URL.encode(&Sha256::digest(BASE64URL.encode(token)))
}

fn part(value: &impl Serialize) -> String {
    // Plain structs of text and numbers always serialise.
    BASE64URL.encode(&serde_json::to_vec(value).unwrap_or_default())
}

fn read<T: serde::de::DeserializeOwned>(part: &str) -> Option<T> {
    serde_json::from_slice(&BASE64URL.decode(part.as_bytes()).ok()?).ok()
}

fn fixed<const N: usize>(part: &str) -> Option<[u8; N]> {
    BASE64URL.decode(part.as_bytes()).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;

    use super::*;

    const NOW: Instant = Instant(1_700_000_000_000);
    const GET: Request<'_> = Request { method: "GET", path: "/v1/rooms", token: Some(b"token") };

    fn proof() -> String {
        prove(GET, DeviceId([1; 16]), NOW, [2; 16], &SigningKey::from_bytes(&[3; 32]))
    }

    #[test]
    fn a_proof_is_written_as_the_document_states() {
        let document = include_str!("../../../protocol/devices.md");
        let (_, rest) = document.split_once("```text proof\n").unwrap();
        assert_eq!(rest.lines().next(), Some(proof().as_str()));
    }

    #[test]
    fn a_proof_holds_for_its_request_and_no_other() {
        let found = Possession::check(&proof(), GET, NOW).unwrap();
        assert_eq!((found.device, found.at), (DeviceId([1; 16]), NOW));
        for other in [
            Request { method: "POST", ..GET },
            Request { path: "/v1/room", ..GET },
            Request { token: Some(b"other"), ..GET },
            Request { token: None, ..GET },
        ] {
            assert_eq!(Possession::check(&proof(), other, NOW), Err(InvalidProof::Wrong), "{other:?}");
        }
    }

    #[test]
    fn a_proof_is_good_for_a_minute() {
        assert!(Possession::check(&proof(), GET, NOW.plus_seconds(60)).is_ok());
        for seconds in [-61, 61] {
            let found = Possession::check(&proof(), GET, NOW.plus_seconds(seconds));
            assert_eq!(found, Err(InvalidProof::Stale));
        }
    }

    #[test]
    fn every_changed_letter_is_noticed() {
        let good = proof();
        for at in 0..good.len() {
            let mut bad = good.clone().into_bytes();
            bad[at] = if bad[at] == b'A' { b'B' } else { b'A' };
            let bad = String::from_utf8(bad).unwrap();
            if bad != good {
                assert!(Possession::check(&bad, GET, NOW).is_err(), "letter {at}");
            }
        }
    }
}
