//! What a provider may say, and what it may not: tokens that others made, for others, in other ways.

use ed25519_dalek::SigningKey;
use serde_json::json;

use super::*;
use crate::{InvalidChain, Root, Trusted, found, join_by_provider, verify};

const AT: Instant = Instant(1_000_000);
const MO: DeviceId = DeviceId([2; 16]);
const ISSUER: &str = "https://id.bank.example";

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn bank() -> Domain {
    "bank.example".parse().unwrap()
}

fn mo() -> Handle {
    "mo".parse().unwrap()
}

/// The provider's own key number `seed`, as it publishes it.
fn published(seed: u8) -> Value {
    let x = BASE64URL_NOPAD.encode(key(seed).verifying_key().as_bytes());
    json!({"kty": "OKP", "crv": "Ed25519", "x": x, "kid": seed.to_string(), "use": "sig", "alg": "EdDSA"})
}

fn alice() -> (Root, Trusted) {
    let entry = found(bank(), "alice".parse().unwrap(), DeviceId([1; 16]), AT, &key(1));
    let root = Root(chancery_wire::ids::Digest(Sha256::digest(&entry).into()));
    (root, verify(&[entry], &"alice".parse().unwrap(), &bank(), root, |_| None).unwrap())
}

/// What Alice signs: this provider may vouch.
fn provider() -> Provider {
    Provider {
        domain: bank(),
        issuer: ISSUER.to_owned(),
        client: "chancery".to_owned(),
        claim: "preferred_username".to_owned(),
        suffix: String::new(),
        keys: Provider::usable_keys(&json!({"keys": [published(71), published(72)]}).to_string()),
        acr: vec![],
        vouches: true,
        by: "alice".parse().unwrap(),
        device: DeviceId([1; 16]),
        at: AT,
    }
}

/// What the provider says of Mo, whose device has key number 2.
fn said() -> Value {
    json!({
        "iss": ISSUER, "aud": "chancery", "sub": "4711", "preferred_username": "mo", "iat": 1000, "exp": 1300,
        "auth_time": 990, "nonce": nonce(&bank(), MO, &key(2).public()), "acr": "phr",
    })
}

/// A token, with any header, signed with key number `seed`.
fn token(header: &Value, said: &Value, seed: u8) -> String {
    let part = |it: &Value| BASE64URL_NOPAD.encode(it.to_string().as_bytes());
    let text = format!("{}.{}", part(header), part(said));
    let signature = BASE64URL_NOPAD.encode(&Sign::sign(&key(seed), text.as_bytes()).0);
    format!("{text}.{signature}")
}

fn good(said: &Value) -> String {
    token(&json!({"alg": "EdDSA", "kid": "71"}), said, 71)
}

fn read(token: &str) -> Result<Claims, InvalidToken> {
    provider().read(token, (MO, &key(2).public()))
}

/// What is made of what the provider says when one claim of it is another.
fn with(name: &str, claim: Value) -> Result<Claims, InvalidToken> {
    let mut said = said();
    said[name] = claim;
    read(&good(&said))
}

fn entry(provider: &Provider, officer: u8, token: &str, device: u8) -> Vec<u8> {
    let statement = provider.sign(&key(officer)).unwrap();
    join_by_provider((&statement, token), (bank(), mo()), DeviceId([device; 16]), AT, &key(device))
}

fn check(entry: Vec<u8>) -> Result<Trusted, InvalidChain> {
    let (root, alice) = alice();
    verify(&[entry], &mo(), &bank(), root, |_| Some(alice.clone()))
}

#[test]
fn what_a_token_commits_to_is_written_as_the_document_states() {
    let document = include_str!("../../../../protocol/providers.md");
    let stated = document.split_once("```text nonce\n").unwrap().1.lines().next().unwrap();
    assert_eq!(nonce(&bank(), MO, &key(2).public()), stated);
}

#[test]
fn a_provider_vouches_for_a_first_device_and_it_shows() {
    let claims = read(&good(&said())).unwrap();
    assert_eq!((claims.subject.as_str(), &claims.handle), ("4711", &mo()));
    assert_eq!(claims.signed_in, Some(Instant(990_000)));
    assert!(claims.is_current(Instant(1_100_000)));
    let mo = check(entry(&provider(), 1, &good(&said()), 2)).unwrap();
    assert_eq!(mo.devices[0].provider.as_deref(), Some(ISSUER));
    assert_eq!(mo.devices[0].invited_by.as_ref().map(Handle::as_str), Some("alice"));
    assert!(!mo.devices[0].officer);
}

#[test]
fn a_provider_that_no_officer_lets_vouch_opens_nothing() {
    // The server's own statement, one for signing in only, one that was changed, one for another organisation.
    assert_eq!(check(entry(&provider(), 66, &good(&said()), 2)), Err(InvalidChain::Signature));
    let only_signs_in = Provider { vouches: false, ..provider() };
    assert_eq!(check(entry(&only_signs_in, 1, &good(&said()), 2)), Err(InvalidChain::NoRightToVouch));
    let elsewhere = Provider { domain: "evil.example".parse().unwrap(), ..provider() };
    assert_eq!(check(entry(&elsewhere, 1, &good(&said()), 2)), Err(InvalidChain::SomebodyElse));
    let (root, mut alice) = alice();
    alice.devices[0].officer = false;
    let found =
        verify(&[entry(&provider(), 1, &good(&said()), 2)], &mo(), &bank(), root, |_| Some(alice.clone()));
    assert_eq!(found, Err(InvalidChain::NoRightToVouch));
}

#[test]
fn a_provider_adds_no_device_to_an_account() {
    let mut chain = check(entry(&provider(), 1, &good(&said()), 2)).unwrap();
    let mut said = said();
    said["nonce"] = nonce(&bank(), DeviceId([3; 16]), &key(3).public()).into();
    let another = entry(&provider(), 1, &good(&said), 3);
    assert!(check(another.clone()).is_ok(), "it would open an account that there is not");
    let (_, alice) = alice();
    assert_eq!(chain.extend(&another, &mut |_| Some(alice.clone())), Err(InvalidChain::NoRightToVouch));
}

#[test]
fn a_token_for_one_device_vouches_for_no_other() {
    let stolen = good(&said());
    assert_eq!(check(entry(&provider(), 1, &stolen, 66)), Err(InvalidToken::OtherDevice.into()));
    let other_key = provider().read(&stolen, (MO, &key(66).public()));
    assert_eq!(other_key, Err(InvalidToken::OtherDevice));
    let other_device = provider().read(&stolen, (DeviceId([66; 16]), &key(2).public()));
    assert_eq!(other_device, Err(InvalidToken::OtherDevice));
    let elsewhere = Provider { domain: "evil.example".parse().unwrap(), ..provider() };
    assert_eq!(elsewhere.read(&stolen, (MO, &key(2).public())), Err(InvalidToken::OtherDevice));
}

#[test]
fn only_what_is_signed_with_a_key_that_was_taken_counts() {
    let header = json!({"alg": "EdDSA", "kid": "71"});
    assert_eq!(read(&token(&header, &said(), 72)), Err(InvalidToken::Signature));
    assert_eq!(
        read(&token(&json!({"alg": "EdDSA", "kid": "73"}), &said(), 73)),
        Err(InvalidToken::UnknownKey)
    );
    // Without a name it is not clear with which of two.
    assert_eq!(read(&token(&json!({"alg": "EdDSA"}), &said(), 71)), Err(InvalidToken::UnknownKey));
    let one = Provider { keys: vec![published(71).to_string()], ..provider() };
    assert!(one.read(&token(&json!({"alg": "EdDSA"}), &said(), 71), (MO, &key(2).public())).is_ok());
    // The provider's next key.
    let next = Provider { keys: vec![published(73).to_string()], ..provider() };
    let rotated = token(&json!({"alg": "EdDSA", "kid": "73"}), &said(), 73);
    assert!(next.read(&rotated, (MO, &key(2).public())).is_ok());
    assert_eq!(next.read(&good(&said()), (MO, &key(2).public())), Err(InvalidToken::UnknownKey));
}

#[test]
fn a_token_does_not_say_how_it_is_to_be_checked() {
    for header in [
        json!({"alg": "none"}),
        json!({"alg": "HS256", "kid": "71"}),
        json!({"alg": "ES256", "kid": "71"}),
        json!({"alg": "EdDSA", "kid": "71", "crit": ["exp"]}),
        json!({"alg": "EdDSA", "kid": "66", "jwk": published(66)}),
        json!({"alg": "EdDSA", "kid": "66", "jku": "https://evil.example/keys"}),
    ] {
        assert!(read(&token(&header, &said(), 66)).is_err(), "{header}");
        assert!(read(&token(&header, &said(), 71)).is_err(), "{header}");
    }
    // Signed with what everybody has: the public key as the secret.
    let mut shared = jsonwebtoken::Header::new(Algorithm::HS256);
    shared.kid = Some("71".to_owned());
    for secret in [key(71).verifying_key().as_bytes().to_vec(), provider().keys[0].clone().into_bytes()] {
        let secret = jsonwebtoken::EncodingKey::from_secret(&secret);
        let forged = jsonwebtoken::encode(&shared, &said(), &secret).unwrap();
        assert_eq!(read(&forged), Err(InvalidToken::Malformed));
    }
    assert_eq!(read("x.y.z"), Err(InvalidToken::Malformed));
    assert_eq!(read(&"x".repeat(TOKEN_LIMIT + 1)), Err(InvalidToken::Malformed));
}

#[test]
fn what_another_provider_says_or_says_to_another_program_is_not_mixed_up() {
    for (name, claim) in [
        ("iss", json!("https://evil.example")),
        ("iss", json!([ISSUER, "https://evil.example"])),
        ("iss", json!(format!("{ISSUER}/"))),
        ("aud", json!("payroll")),
        ("aud", json!([])),
        ("aud", json!(["chancery", "payroll"])),
        ("azp", json!("payroll")),
        ("azp", json!(7)),
    ] {
        assert_eq!(with(name, claim.clone()), Err(InvalidToken::SomebodyElse), "{name} {claim}");
    }
    assert!(with("aud", json!(["chancery"])).is_ok());
    let mut several = said();
    several["aud"] = json!(["chancery", "payroll"]);
    several["azp"] = json!("chancery");
    assert!(read(&good(&several)).is_ok());
}

#[test]
fn what_a_token_does_not_say_is_not_made_up() {
    for name in ["iss", "aud", "sub", "iat", "exp", "nonce", "preferred_username"] {
        let mut said = said();
        said.as_object_mut().unwrap().remove(name);
        assert!(read(&good(&said)).is_err(), "{name}");
    }
    assert_eq!(with("preferred_username", json!("Mo Mao")), Err(InvalidToken::NoAccount));
    assert_eq!(with("preferred_username", json!("MO")).unwrap().handle, mo());
    for sub in ["", "a\u{0}b", "é", &"x".repeat(256)] {
        assert_eq!(with("sub", json!(sub)), Err(InvalidToken::NoAccount));
    }
    let mut silent = said();
    silent.as_object_mut().unwrap().remove("auth_time");
    assert_eq!(read(&good(&silent)).unwrap().signed_in, None);
    // About somebody else, it opens nobody's account but theirs.
    let mut said = said();
    said["preferred_username"] = json!("bob");
    assert_eq!(check(entry(&provider(), 1, &good(&said), 2)), Err(InvalidChain::SomebodyElse));
}

#[test]
fn a_name_with_what_follows_it_belongs_to_this_organisation_only() {
    let provider = Provider { claim: "email".to_owned(), suffix: "@bank.example".to_owned(), ..provider() };
    let named = |email: &str| {
        let mut said = said();
        said["email"] = email.into();
        said["email_verified"] = true.into();
        provider.read(&good(&said), (MO, &key(2).public())).map(|claims| claims.handle)
    };
    assert_eq!(named("mo@bank.example"), Ok(mo()));
    assert_eq!(named("Mo@Bank.Example"), Ok(mo()));
    // An address that a person has written there themselves.
    for verified in [json!(false), json!("true"), Value::Null] {
        let mut said = said();
        (said["email"], said["email_verified"]) = ("mo@bank.example".into(), verified);
        let read = provider.read(&good(&said), (MO, &key(2).public()));
        assert_eq!(read, Err(InvalidToken::NoAccount));
    }
    for email in ["mo@evil.example", "mo", "@bank.example", "mo@bank.example.evil.example"] {
        assert_eq!(named(email), Err(InvalidToken::NoAccount), "{email}");
    }
}

#[test]
fn a_weak_sign_in_at_the_provider_is_refused() {
    let provider = Provider { acr: vec!["phr".to_owned(), "phrh".to_owned()], ..provider() };
    let read = |said: &Value| provider.read(&good(said), (MO, &key(2).public()));
    assert!(read(&said()).is_ok());
    let mut weak = said();
    weak["acr"] = json!("urn:password");
    assert_eq!(read(&weak), Err(InvalidToken::Assurance));
    weak.as_object_mut().unwrap().remove("acr");
    assert_eq!(read(&weak), Err(InvalidToken::Assurance));
}

#[test]
fn a_token_is_good_for_its_time_only() {
    let claims = read(&good(&said())).unwrap();
    assert!(!claims.is_current(Instant(1_300_000 + 60_000)));
    assert!(!claims.is_current(Instant(1_000_000 - 60_001)));
    assert!(with("exp", json!(i64::MAX)).is_err());
    assert!(with("iat", json!(-1)).is_err());
}

#[test]
fn every_flipped_bit_of_an_entry_is_noticed() {
    let good = entry(&provider(), 1, &good(&said()), 2);
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1;
        assert!(check(bad).is_err(), "byte {at}");
    }
}

#[test]
fn an_officer_signs_no_provider_that_could_not_be_checked() {
    let refused = |provider: Provider| provider.sign(&key(1)).unwrap_err();
    for issuer in
        ["", "http://id.bank.example", "https://", "https://id.bank.example?x", "https://me@evil.example"]
    {
        assert_eq!(refused(Provider { issuer: issuer.to_owned(), ..provider() }), InvalidProvider::Issuer);
    }
    assert!(Provider { issuer: "http://127.0.0.1:3000".to_owned(), ..provider() }.sign(&key(1)).is_ok());
    assert_eq!(refused(Provider { client: String::new(), ..provider() }), InvalidProvider::Text);
    assert_eq!(refused(Provider { claim: "a\nb".to_owned(), ..provider() }), InvalidProvider::Text);
    assert_eq!(refused(Provider { keys: vec![], ..provider() }), InvalidProvider::Keys);
    // A secret that is shared, a key that only encrypts, weak ones, ones that are cut off, and ones that nothing is checked with.
    let number =
        |zeros: usize, many: usize| BASE64URL_NOPAD.encode(&[vec![0; zeros], vec![0xC1; many]].concat());
    let point = |curve: &str, long: usize| json!({"kty": "EC", "crv": curve, "x": number(0, long), "y": number(0, long)});
    for key in [
        point("P-256", 31),
        point("P-384", 32),
        point("P-521", 66),
        json!({"kty": "OKP", "crv": "Ed25519", "x": "AA"}),
        json!({"kty": "OKP", "crv": "Ed25519", "x": number(0, 31)}),
        json!({"kty": "OKP", "crv": "X25519", "x": number(0, 32)}),
        json!({"kty": "RSA", "n": number(128, 128), "e": "AQAB"}),
        json!({"kty": "RSA", "n": number(0, 1024), "e": "AQAB"}),
        json!({"kty": "RSA", "n": number(0, 256), "e": "AQAB", "alg": "RSA-OAEP"}),
        json!({"kty": "oct", "k": "c2VjcmV0", "kid": "1"}),
        json!({"kty": "OKP", "crv": "Ed25519", "x": published(71)["x"], "use": "enc"}),
        json!({"kty": "RSA", "n": number(0, 128), "e": "AQAB"}),
        json!("no key"),
    ] {
        assert!(Provider::usable_keys(&json!({"keys": [key]}).to_string()).is_empty(), "{key}");
        assert_eq!(refused(Provider { keys: vec![key.to_string()], ..provider() }), InvalidProvider::Keys);
    }
    assert!(Provider::usable_keys("nothing").is_empty());
    for good in
        [point("P-256", 32), point("P-384", 48), json!({"kty": "RSA", "n": number(1, 256), "e": "AQAB"})]
    {
        assert_eq!(Provider::usable_keys(&json!({"keys": [good]}).to_string()).len(), 1);
    }
    let keys = vec![json!({"kty": "RSA", "n": number(0, 512), "e": "AQAB", "kid": "1"}).to_string(); 8];
    assert_eq!(refused(Provider { keys, ..provider() }), InvalidProvider::TooLarge);
}

/// Whoever signs a statement may put any text there for a key: who checks a token with it must not fail on that.
#[test]
fn a_key_that_is_none_does_no_harm_to_whoever_checks_with_it() {
    for x in ["", "AA", "!", &BASE64URL_NOPAD.encode(&[7; 33])] {
        let key = json!({"kty": "OKP", "crv": "Ed25519", "x": x, "kid": "71"}).to_string();
        let provider = Provider { keys: vec![key.clone()], ..provider() };
        assert_eq!(
            provider.read(&good(&said()), (MO, &self::key(2).public())),
            Err(InvalidToken::UnknownKey)
        );
        assert!(Provider::peek(&envelope::seal(LABEL, &provider, &self::key(1))).is_none(), "{key}");
        // Nor does whoever reads a chain in which it stands.
        let statement = envelope::seal(LABEL, &provider, &self::key(1));
        let token = good(&said());
        let entry = join_by_provider((&statement, &token), (bank(), mo()), MO, AT, &self::key(2));
        assert_eq!(check(entry), Err(InvalidChain::Malformed));
    }
}

#[test]
fn a_key_is_used_in_the_way_it_is_for() {
    let point = |curve: &str, long: usize| {
        let x = BASE64URL_NOPAD.encode(&vec![0xC1; long]);
        usable(&json!({"kty": "EC", "crv": curve, "x": x, "y": x}).to_string()).unwrap()
    };
    assert!(signs(&point("P-256", 32), Algorithm::ES256) && !signs(&point("P-256", 32), Algorithm::ES384));
    assert!(signs(&point("P-384", 48), Algorithm::ES384) && !signs(&point("P-384", 48), Algorithm::ES256));
    let prints = provider().fingerprints();
    assert!(prints.len() == 2 && prints[0] != prints[1] && prints[0].len() == 12, "{prints:?}");
}
