//! `ground/transparency`: chain entries, invitations, amendments of the charter, proofs of possession. What is accepted must be what was signed.

use chancery_transparency::{
    Amendment, Change, Charter, Enrol, InvalidChain, Invitation, Permission, Possession, Provider, Request,
    Root, Secret, Sign as _, Trusted, found, join, nonce, prove, verify,
};
use chancery_wire::{
    ids::{AmendmentId, DeviceId, Digest, InvitationId},
    names::{Domain, Handle},
    time::Instant,
};
use data_encoding::BASE64URL_NOPAD;
use ed25519_dalek::SigningKey;

use super::{Target, only};

const AT: Instant = Instant(1_700_000_000_000);
const ALICE: DeviceId = DeviceId([1; 16]);
const BOB: DeviceId = DeviceId([2; 16]);
const INVITATION: InvitationId = InvitationId([9; 16]);
const ASK: Request<'_> = Request { method: "POST", path: "/v1/rooms", token: Some(b"token") };

pub(super) fn targets() -> Vec<Target> {
    let founding = founding().into_iter();
    vec![
        Target::of("chain-founding", founding.clone(), founded),
        Target::of("chain-invited", bobs_entry(), invited),
        Target::of("invitation", invitation(), signed),
        Target::of("provider", provider().and_then(|it| it.sign(&key(1)).ok()), stated),
        Target::of("token", [token().into_bytes()], said),
        Target::of("amendment", amendments(), amended),
        Target::of("possession", [prove(ASK, ALICE, AT, [4; 16], &key(1)).into_bytes()], possession),
    ]
}

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn bank() -> Option<Domain> {
    "bank.example".parse().ok()
}

fn handle(name: &str) -> Option<Handle> {
    name.parse().ok()
}

fn founding() -> Option<Vec<u8>> {
    Some(found(bank()?, handle("alice")?, ALICE, AT, &key(1)))
}

fn root() -> Option<Root> {
    founding().map(|entry| Root(chancery_trail::digest(&entry)))
}

fn alice() -> Option<Trusted> {
    verify(&[founding()?], &handle("alice")?, &bank()?, root()?, |_| None).ok()
}

fn invitation() -> Option<Vec<u8>> {
    let invitation = Invitation {
        id: INVITATION,
        domain: bank()?,
        handle: handle("bob")?,
        officer: false,
        until: AT.plus_seconds(86_400),
        key: Secret([5; 16]).derive_key(INVITATION).public(),
        by: handle("alice")?,
        device: ALICE,
        chain: Digest([0; 32]),
        bot: None,
        guest: None,
    };
    Some(invitation.sign(&key(1)))
}

fn bobs_entry() -> Option<Vec<u8>> {
    join(&invitation()?, &Secret([5; 16]), BOB, AT, &key(2))
}

/// What a chain's check says, in few words.
fn answer(found: &Result<Trusted, InvalidChain>) -> String {
    match found {
        Ok(_) => "ok".to_owned(),
        Err(why) => format!("{why:?}").split('(').next().unwrap_or_default().to_owned(),
    }
}

fn founded(parts: &[Vec<u8>]) -> Result<String, String> {
    let entry = only(parts).to_vec();
    let (Some(handle), Some(bank), Some(root)) = (handle("alice"), bank(), root()) else {
        return Ok("ok".into());
    };
    let found = verify(std::slice::from_ref(&entry), &handle, &bank, root, |_| None);
    // The root is the digest of the entry: no other bytes may pass.
    if found.is_ok() && Some(&entry) != founding().as_ref() {
        return Err("other bytes than the founding's pass for it".to_owned());
    }
    let peeked = Enrol::peek(&entry).map(|_| ()).map_err(|why| why.to_string());
    Ok(format!("{} {peeked:?}", answer(&found)))
}

fn invited(parts: &[Vec<u8>]) -> Result<String, String> {
    let (Some(handle), Some(bank), Some(root)) = (handle("bob"), bank(), root()) else {
        return Ok("ok".into());
    };
    let found = verify(&[only(parts).to_vec()], &handle, &bank, root, |_| alice());
    // Only the key that Bob's invitation and device signed for may come out.
    if found.as_ref().is_ok_and(|trusted| {
        trusted.devices.iter().any(|device| device.key != key(2).public() || device.id != BOB)
    }) {
        return Err("a chain that nobody signed is trusted".to_owned());
    }
    Ok(answer(&found))
}

fn signed(parts: &[Vec<u8>]) -> Result<String, String> {
    let bytes = only(parts);
    let peeked = Invitation::peek(bytes).is_some();
    let real = invitation().and_then(|real| Invitation::peek(&real));
    match Invitation::checked(bytes, &key(1).public()) {
        Some(checked) if Some(&checked) != real.as_ref() => {
            Err("an invitation that nobody signed holds".to_owned())
        }
        Some(_) => Ok("ok".to_owned()),
        None => Ok(format!("refused, readable: {peeked}")),
    }
}

/// What Alice signs about a provider, whose key is number 7.
fn provider() -> Option<Provider> {
    let x = BASE64URL_NOPAD.encode(&key(7).public().0);
    Some(Provider {
        domain: bank()?,
        issuer: "https://id.bank.example".to_owned(),
        client: "chancery".to_owned(),
        claim: "preferred_username".to_owned(),
        suffix: String::new(),
        keys: vec![format!(r#"{{"crv":"Ed25519","kid":"1","kty":"OKP","x":"{x}"}}"#)],
        acr: vec!["phr".to_owned()],
        vouches: true,
        by: handle("alice")?,
        device: ALICE,
        at: AT,
    })
}

/// What the provider says: that Bob's device is his.
fn token() -> String {
    let nonce = bank().map(|bank| nonce(&bank, BOB, &key(2).public())).unwrap_or_default();
    let claims = format!(
        r#"{{"iss":"https://id.bank.example","aud":"chancery","sub":"1","preferred_username":"bob","iat":1,"exp":2,"acr":"phr","nonce":"{nonce}"}}"#
    );
    let part = |it: &str| BASE64URL_NOPAD.encode(it.as_bytes());
    let text = format!("{}.{}", part(r#"{"alg":"EdDSA","kid":"1"}"#), part(&claims));
    format!("{text}.{}", BASE64URL_NOPAD.encode(&key(7).sign(text.as_bytes()).0))
}

fn stated(parts: &[Vec<u8>]) -> Result<String, String> {
    let bytes = only(parts);
    let peeked = Provider::peek(bytes).is_some();
    match Provider::checked(bytes, &key(1).public()) {
        Some(checked) if Some(&checked) != provider().as_ref() => {
            Err("a statement that nobody signed holds".to_owned())
        }
        Some(_) => Ok("ok".to_owned()),
        None => Ok(format!("refused, readable: {peeked}")),
    }
}

fn said(parts: &[Vec<u8>]) -> Result<String, String> {
    let (Ok(text), Some(provider)) = (std::str::from_utf8(only(parts)), provider()) else {
        return Ok("no text".to_owned());
    };
    match provider.read(text, (BOB, &key(2).public())) {
        Ok(_) if text != token() => Err("a token that the provider did not sign holds".to_owned()),
        Ok(_) => Ok("ok".to_owned()),
        Err(why) => Ok(format!("{why:?}")),
    }
}

/// What Alice amends, each as the first amendment.
fn amendments() -> Vec<Vec<u8>> {
    let changes = || -> Option<Vec<Change>> {
        Some(vec![
            Change::Define { role: "desk".parse().ok()?, permissions: vec![Permission::SeeSuspended] },
            Change::Rule {
                name: "no".parse().ok()?,
                cedar: Some("forbid (principal is Account);".to_owned()),
            },
            Change::TwoPersons { on: true },
            Change::Map { group: "desk".to_owned(), role: "help-desk".parse().ok()?, holds: true },
            Change::Segment { name: "research".parse().ok()?, add: vec![handle("bob")?], remove: vec![] },
        ])
    };
    let signed = |(change, id): (Change, u8)| {
        let (charter, own) = (Charter::new(bank()?, root()?), alice()?);
        let own = (&own, ALICE, &key(1) as &dyn chancery_transparency::Sign);
        Amendment::propose(&charter, own, (AmendmentId([id; 16]), change), AT)
    };
    changes().unwrap_or_default().into_iter().zip(1..).filter_map(signed).collect()
}

fn amended(parts: &[Vec<u8>]) -> Result<String, String> {
    let bytes = only(parts);
    let (Some(bank), Some(root)) = (bank(), root()) else { return Ok("ok".into()) };
    let mut charter = Charter::new(bank, root);
    let peeked = Amendment::peek(bytes).is_some();
    match charter.take(bytes, &mut |whose| alice().filter(|_| whose.as_str() == "alice")) {
        Ok(_) if !amendments().iter().any(|it| it == bytes) => {
            Err("an amendment that nobody signed is taken in".to_owned())
        }
        Ok(_) => Ok("ok".to_owned()),
        Err(why) => Ok(format!("{} {peeked}", format!("{why:?}").split('(').next().unwrap_or_default())),
    }
}

fn possession(parts: &[Vec<u8>]) -> Result<String, String> {
    let Ok(text) = std::str::from_utf8(only(parts)) else { return Ok("no text".to_owned()) };
    let found = Possession::check(text, ASK, AT);
    let real =
        Possession { device: ALICE, key: key(1).public(), id: "BAQEBAQEBAQEBAQEBAQEBA".to_owned(), at: AT };
    match found {
        // Anybody can sign with a key of his own; with this one only its holder can.
        Ok(other) if other.key == real.key && other != real => {
            Err("a proof that nobody signed holds".to_owned())
        }
        Ok(_) => Ok("ok".to_owned()),
        Err(why) => Ok(format!("{why:?}")),
    }
}
