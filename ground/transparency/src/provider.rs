//! Identity providers: an officer's device signs that a provider may say who somebody is, and with which keys it says so.
//!
//! What the provider says is an `OpenID` Connect ID token whose `nonce` commits to the key of a device. Everybody checks it with the
//! keys that the officer signed: nobody asks the provider, and the server cannot put other keys in their place.

use std::ops::RangeInclusive;

use chancery_wire::{
    ids::DeviceId,
    names::{Domain, Handle},
    time::Instant,
};
use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::{
    Algorithm, AlgorithmFamily, DecodingKey, Validation, decode, decode_header,
    errors::ErrorKind,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse, ThumbprintHash},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::{
    chain::cbor,
    envelope,
    signed::{PublicKey, Sign, labelled},
};

/// The label of an officer's signature.
const LABEL: &str = "chancery provider 1";
/// The label of what a `nonce` commits to.
const NONCE: &str = "chancery provider 1 nonce";
/// The most bytes a signed statement has.
const LIMIT: usize = 4096;
/// The most bytes a token has: with the statement it fits into an entry of a device chain.
const TOKEN_LIMIT: usize = 3072;
/// The most bytes of any text in a statement, but for keys.
const TEXT_LIMIT: usize = 255;
/// The most keys a provider signs with at a time.
const KEYS: usize = 16;
/// How many bits the modulus of an RSA key has: fewer are weak, and more are not checked.
const RSA_BITS: RangeInclusive<usize> = 2048..=4096;
/// How far the provider's clock may be off, in seconds.
const SKEW: i64 = 60;
/// The ways to sign that are taken: only such where whoever checks cannot sign.
const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// What an officer's device signs about a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// The organisation.
    pub domain: Domain,
    /// Who the provider is: the `iss` of its tokens, an `https` address.
    pub issuer: String,
    /// As whom programs of this organisation ask it: the `aud` of its tokens.
    pub client: String,
    /// Which claim has the account's name in it.
    pub claim: String,
    /// What follows the account's name in that claim, such as `@bank.example`; often nothing.
    pub suffix: String,
    /// The keys it signs with, each as a JSON Web Key (RFC 7517).
    pub keys: Vec<String>,
    /// One of these has to be the `acr` of a token; any will do where there is none.
    pub acr: Vec<String>,
    /// Whether it may vouch for the first device of an account that there is not yet.
    pub vouches: bool,
    /// The officer.
    pub by: Handle,
    /// The officer's device that signs.
    pub device: DeviceId,
    /// When, by that device's clock: a later statement about the same provider takes its place.
    pub at: Instant,
}

/// What a provider has said about somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// Who it is at the provider, for ever.
    pub subject: String,
    /// The account.
    pub handle: Handle,
    /// When the person signed in there, if it says so.
    pub signed_in: Option<Instant>,
    /// When the token was made.
    pub from: Instant,
    /// Until when it is good.
    pub until: Instant,
    /// How the person signed in there: the authentication context class, if it says so.
    pub acr: Option<String>,
}

/// Why a token is not to be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidToken {
    /// It cannot be read, or is signed in a way that is not taken.
    #[error("the provider's token cannot be read, or is too large")]
    Malformed,
    /// It is signed with a key that the organisation does not know.
    #[error(
        "the provider's token is signed with a key that no officer has taken: an officer runs `chancery provider trust` again"
    )]
    UnknownKey,
    /// The signature does not hold.
    #[error("the signature of the provider's token does not hold")]
    Signature,
    /// It is another provider's, or meant for another program.
    #[error("the token is another provider's, or is meant for another program")]
    SomebodyElse,
    /// It was made for another device.
    #[error("the provider's token was made for another device")]
    OtherDevice,
    /// The person did not sign in there as the organisation asks.
    #[error("the person did not sign in at the provider in the way the organisation asks for")]
    Assurance,
    /// It does not say which account it is about.
    #[error("the provider's token does not name an account of this organisation")]
    NoAccount,
    /// It is over, or not yet begun.
    #[error("the provider's token is too old, or from the future")]
    Stale,
    /// It does not say when the person signed in, or that was too long ago.
    #[error("the provider does not say (auth_time) that the person has signed in there just now")]
    NotNow,
}

/// Why a statement about a provider is not signed, or not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidProvider {
    /// The issuer is no address of the kind.
    #[error("an issuer is an https address without `?` and `#`, of at most 255 bytes")]
    Issuer,
    /// A text is missing, too long or no single line.
    #[error("client, claim, suffix and acr are single lines of at most 255 bytes")]
    Text,
    /// There is no key that can be used, or one that cannot.
    #[error("the provider has no key that can be used: RSA of 2,048 to 4,096 bits, P-256, P-384 or Ed25519")]
    Keys,
    /// It is too large to be part of a device chain.
    #[error("the provider's keys are too many or too large")]
    TooLarge,
}

/// What the `nonce` of a token has to be, so that it vouches for this device and no other.
#[must_use]
pub fn nonce(domain: &Domain, device: DeviceId, key: &PublicKey) -> String {
    BASE64URL_NOPAD.encode(&Sha256::digest(labelled(NONCE, &cbor(&(domain, device, key)))))
}

impl Provider {
    /// Signs the statement with an officer's key.
    pub fn sign(&self, officer: &dyn Sign) -> Result<Vec<u8>, InvalidProvider> {
        self.is_sound()?;
        let signed = envelope::seal(LABEL, self, officer);
        if signed.len() > LIMIT { Err(InvalidProvider::TooLarge) } else { Ok(signed) }
    }

    /// Reads a statement that can be used, without knowing yet whether its signer may make it.
    #[must_use]
    pub fn peek(signed: &[u8]) -> Option<Self> {
        let (provider, ..): (Self, _, _) = envelope::open(signed, LIMIT)?;
        provider.is_sound().is_ok().then_some(provider)
    }

    /// Checks the signature by `key` and returns what was signed.
    #[must_use]
    pub fn checked(signed: &[u8], key: &PublicKey) -> Option<Self> {
        let (provider, body, signature): (Self, _, _) = envelope::open(signed, LIMIT)?;
        key.check(&labelled(LABEL, &body), &signature).ok()?;
        provider.is_sound().is_ok().then_some(provider)
    }

    /// Whether everything in it can be used.
    fn is_sound(&self) -> Result<(), InvalidProvider> {
        let line = |text: &str| text.len() <= TEXT_LIMIT && !text.chars().any(char::is_control);
        if !line(&self.issuer) || !Self::is_issuer(&self.issuer) {
            return Err(InvalidProvider::Issuer);
        }
        let named = [&self.client, &self.claim].into_iter().chain(&self.acr);
        if !named.into_iter().all(|text| !text.is_empty() && line(text)) || !line(&self.suffix) {
            return Err(InvalidProvider::Text);
        }
        if self.keys.is_empty()
            || self.keys.len() > KEYS
            || !self.keys.iter().all(|key| usable(key).is_some())
        {
            return Err(InvalidProvider::Keys);
        }
        Ok(())
    }

    /// Whether an address is one that a provider may have: encrypted, or on this very machine.
    #[must_use]
    pub fn is_issuer(address: &str) -> bool {
        let rest = address.strip_prefix("https://").or_else(|| {
            let rest = address.strip_prefix("http://")?;
            let host = rest.split(['/', ':']).next()?;
            matches!(host, "localhost" | "127.0.0.1").then_some(rest)
        });
        rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(['?', '#', '@', ' ', '\\']))
    }

    /// By what people tell its keys apart: the beginning of each one's thumbprint (RFC 7638).
    #[must_use]
    pub fn fingerprints(&self) -> Vec<String> {
        let print = |key: &String| usable(key)?.thumbprint(ThumbprintHash::SHA256).ok();
        self.keys.iter().filter_map(print).map(|print| print.chars().take(12).collect()).collect()
    }

    /// The keys of a key set (RFC 7517) that tokens can be checked with, and no more of each than that takes.
    #[must_use]
    pub fn usable_keys(set: &str) -> Vec<String> {
        let set: Value = serde_json::from_str(set).unwrap_or_default();
        let keys = set.get("keys").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let needed = ["kty", "kid", "use", "alg", "crv", "n", "e", "x", "y"];
        let slim = |key: &Value| {
            let parts = key.as_object()?.iter().filter(|(name, _)| needed.contains(&name.as_str()));
            let parts: Map<String, Value> = parts.map(|(name, part)| (name.clone(), part.clone())).collect();
            let key = Value::Object(parts).to_string();
            usable(&key).map(|_| key)
        };
        keys.iter().filter_map(slim).collect()
    }

    /// Checks that this provider says, in `token`, whose the device with this key is. Whether it is too old is for
    /// [`Claims::is_current`]: whoever reads a chain later cannot know.
    pub fn read(&self, token: &str, (device, key): (DeviceId, &PublicKey)) -> Result<Claims, InvalidToken> {
        if token.len() > TOKEN_LIMIT {
            return Err(InvalidToken::Malformed);
        }
        let claims = self.signed(token)?;
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let time = |name: &str| claims.get(name).and_then(Value::as_i64).and_then(seconds);
        // The library takes a list of issuers as well.
        if text("iss") != Some(&self.issuer) {
            return Err(InvalidToken::SomebodyElse);
        }
        // A token that is meant for several says who asked for it, and that has to be us.
        let several = claims.get("aud").and_then(Value::as_array).is_some_and(|all| all.len() > 1);
        if claims.contains_key("azp") && text("azp") != Some(&self.client)
            || several && !claims.contains_key("azp")
        {
            return Err(InvalidToken::SomebodyElse);
        }
        if text("nonce") != Some(nonce(&self.domain, device, key).as_str()) {
            return Err(InvalidToken::OtherDevice);
        }
        let acr = text("acr").map(str::to_owned);
        if !self.acr.is_empty() && !acr.as_ref().is_some_and(|acr| self.acr.contains(acr)) {
            return Err(InvalidToken::Assurance);
        }
        // What a person may write there themselves says nothing before the provider has looked.
        if self.claim == "email" && claims.get("email_verified") != Some(&Value::Bool(true)) {
            return Err(InvalidToken::NoAccount);
        }
        let name = text(&self.claim).map(str::to_ascii_lowercase);
        let handle = name.as_ref().and_then(|name| name.strip_suffix(&self.suffix.to_ascii_lowercase()));
        let handle = handle.and_then(|name| name.parse().ok()).ok_or(InvalidToken::NoAccount)?;
        let plain = |sub: &&str| {
            (1..=TEXT_LIMIT).contains(&sub.len()) && sub.bytes().all(|it| it.is_ascii_graphic() || it == b' ')
        };
        let subject = text("sub").filter(plain);
        let subject = subject.ok_or(InvalidToken::NoAccount)?.to_owned();
        let (from, until) = (time("iat"), time("exp"));
        let (from, until) = from.zip(until).ok_or(InvalidToken::Malformed)?;
        Ok(Claims { subject, handle, signed_in: time("auth_time"), from, until, acr })
    }

    /// What is in the token, if this provider has signed it for us.
    fn signed(&self, token: &str) -> Result<Map<String, Value>, InvalidToken> {
        let header = decode_header(token).map_err(|_| InvalidToken::Malformed)?;
        // What it says is critical would have to be understood (RFC 7515, 4.1.11).
        if header.crit.is_some() || !ALGORITHMS.contains(&header.alg) {
            return Err(InvalidToken::Malformed);
        }
        let keys: Vec<Jwk> = self.keys.iter().filter_map(|key| usable(key)).collect();
        let named = |key: &&Jwk| header.kid.is_none() || key.common.key_id == header.kid;
        let fits = |key: &&Jwk| {
            let said = key.common.key_algorithm;
            said.is_none_or(|said| said == KeyAlgorithm::from(header.alg)) && signs(key, header.alg)
        };
        let mut fitting = keys.iter().filter(named).filter(fits);
        // Without a name there has to be one only: what does not hold must not be tried with one after the other.
        let (Some(key), None) = (fitting.next(), fitting.next()) else {
            return Err(InvalidToken::UnknownKey);
        };
        let key = DecodingKey::from_jwk(key).map_err(|_| InvalidToken::UnknownKey)?;
        let mut rules = Validation::new(header.alg);
        rules.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
        rules.set_issuer(&[&self.issuer]);
        rules.set_audience(&[&self.client]);
        rules.validate_exp = false;
        match decode::<Map<String, Value>>(token, &key, &rules) {
            Ok(token) => Ok(token.claims),
            Err(error) => Err(match error.kind() {
                ErrorKind::InvalidSignature => InvalidToken::Signature,
                ErrorKind::InvalidIssuer | ErrorKind::InvalidAudience => InvalidToken::SomebodyElse,
                _ => InvalidToken::Malformed,
            }),
        }
    }
}

impl Claims {
    /// Whether the token is good now.
    #[must_use]
    pub fn is_current(&self, now: Instant) -> bool {
        self.from <= now.plus_seconds(SKEW) && now < self.until.plus_seconds(SKEW)
    }
}

/// A time that a token names in seconds.
fn seconds(seconds: i64) -> Option<Instant> {
    seconds.checked_mul(1000).filter(|_| seconds >= 0).map(Instant)
}

/// A key that a token can be checked with. The library takes any text for one, and fails on some only when it checks.
fn usable(key: &str) -> Option<Jwk> {
    let key: Jwk = serde_json::from_str(key).ok()?;
    let signs_at_all = key.common.public_key_use.as_ref().is_none_or(|it| *it == PublicKeyUse::Signature);
    let said = key.common.key_algorithm;
    let mut ways = ALGORITHMS.into_iter().filter(|way| said.is_none_or(|it| it == KeyAlgorithm::from(*way)));
    let strong = match &key.algorithm {
        AlgorithmParameters::RSA(rsa) => bits(&rsa.n).is_some_and(|bits| RSA_BITS.contains(&bits)),
        AlgorithmParameters::EllipticCurve(point) => {
            let long = if point.curve == EllipticCurve::P384 { 48 } else { 32 };
            has_bytes(&point.x, long) && has_bytes(&point.y, long)
        }
        AlgorithmParameters::OctetKeyPair(pair) => has_bytes(&pair.x, 32),
        _ => false,
    };
    (signs_at_all && strong && ways.any(|way| signs(&key, way))).then_some(key)
}

/// Whether a key is one for this way to sign.
fn signs(key: &Jwk, way: Algorithm) -> bool {
    match (&key.algorithm, way) {
        (AlgorithmParameters::RSA(_), _) => way.family() == AlgorithmFamily::Rsa,
        (AlgorithmParameters::EllipticCurve(point), Algorithm::ES256) => point.curve == EllipticCurve::P256,
        (AlgorithmParameters::EllipticCurve(point), Algorithm::ES384) => point.curve == EllipticCurve::P384,
        (AlgorithmParameters::OctetKeyPair(pair), Algorithm::EdDSA) => pair.curve == EllipticCurve::Ed25519,
        _ => false,
    }
}

fn has_bytes(text: &str, many: usize) -> bool {
    BASE64URL_NOPAD.decode(text.as_bytes()).is_ok_and(|bytes| bytes.len() == many)
}

/// How many bits a number has.
fn bits(number: &str) -> Option<usize> {
    let bytes = BASE64URL_NOPAD.decode(number.as_bytes()).ok()?;
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let first = bytes.get(zeros)?;
    Some((bytes.len() - zeros) * 8 - usize::try_from(first.leading_zeros()).ok()?)
}

#[cfg(test)]
mod tests;
