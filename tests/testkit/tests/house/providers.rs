//! Identity providers: what an officer lets one do, and nothing that it was not let; here with tokens of the tests' own making.

use chancery_duties::gateway::Settings;
use chancery_floor::{blobs::Blobs, store::Db};
use chancery_sdk::Identity;
use chancery_testkit::both;
use chancery_transparency::{Provider, Sign as _, join_by_provider, nonce};
use chancery_wire::{
    api::{self, Session},
    bytes::Opaque,
    ids::DeviceId,
    problem::Code,
    time::Instant,
};
use data_encoding::BASE64URL_NOPAD;
use ed25519_dalek::SigningKey;
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    authenticator::Forger,
    door::{Door, expected, links, now, problem, proof, sync},
    passkeys::{Seat, view},
};

const ISSUER: &str = "https://id.bank.example";
const LIST: &str = "/v1/providers";
const JOIN: &str = "/v1/providers/accounts";
const WITHDRAW: &str = "/v1/providers/withdrawals";

/// A house with a provider that is trusted or may be, and the officer's seat.
struct Bank {
    door: Door,
    alice: Identity,
    seat: Seat,
    provider: SigningKey,
}

/// What an officer's device says about a provider.
fn statement(officer: &Identity, provider: &SigningKey, at: Instant) -> Provider {
    let x = BASE64URL_NOPAD.encode(provider.verifying_key().as_bytes());
    Provider {
        domain: officer.domain.clone(),
        issuer: ISSUER.to_owned(),
        client: "chancery".to_owned(),
        claim: "preferred_username".to_owned(),
        suffix: String::new(),
        keys: vec![json!({"kty": "OKP", "crv": "Ed25519", "x": x, "kid": "1"}).to_string()],
        acr: vec![],
        vouches: true,
        by: officer.handle.clone(),
        device: officer.device,
        at,
    }
}

fn signed(provider: &Provider, officer: &Identity) -> Vec<u8> {
    provider.sign(&SigningKey::from_bytes(&officer.signing.0)).unwrap()
}

/// Somebody who has no account yet: the device and its key are numbered.
fn newcomer(door: &Identity, name: &str, number: u8) -> Identity {
    let mut it = door.clone();
    (it.handle, it.device) = (name.parse().unwrap(), DeviceId([number; 16]));
    it.signing.0 = [number; 32];
    it
}

/// What somebody asks for who joins by what the provider says.
fn entry(who: &Identity, (statement, token): (&[u8], &str)) -> Value {
    let about = (who.domain.clone(), who.handle.clone());
    let key = SigningKey::from_bytes(&who.signing.0);
    json!({"entry": Opaque(join_by_provider((statement, token), about, who.device, now(), &key))})
}

impl Bank {
    async fn open(db: Db, hours: Option<u32>) -> Self {
        let mut settings = Settings::new("bank.example".parse().unwrap());
        settings.provider_hours = hours;
        let door = Door::with(db, Blobs::in_memory(), settings).await;
        let alice = door.alice.enrolled().unwrap();
        let seat = Seat::of(&door, alice.clone()).await;
        Self { door, alice, seat, provider: SigningKey::from_bytes(&[200; 32]) }
    }

    async fn asks(&self, method: Method, path: &str, body: &Value) -> (u16, String) {
        problem(self.seat.asks(&self.door, &method, path, Some(body))).await
    }

    async fn trusts(&self, statement: &[u8]) -> (u16, String) {
        self.asks(Method::PUT, LIST, &json!({"statement": Opaque(statement.to_vec())})).await
    }

    /// Has the officer trust the provider, as it is.
    async fn trust(&self) -> Vec<u8> {
        let statement = signed(&statement(&self.alice, &self.provider, now()), &self.alice);
        assert_eq!(self.trusts(&statement).await.0, 200);
        statement
    }

    /// What the provider says of somebody who signed in there so many seconds before, and asked for the token now.
    fn token_after(&self, who: &Identity, (subject, ago): (&str, Option<i64>)) -> String {
        let at = now().0 / 1000;
        self.says(
            who,
            json!({"sub": subject, "iat": at, "exp": at + 300, "auth_time": ago.map(|ago| at - ago)}),
        )
    }

    /// What the provider says: that the device is of whoever has this name and subject, who signed in so many seconds ago.
    fn token(&self, who: &Identity, (subject, ago): (&str, i64)) -> String {
        let at = now().0 / 1000 - ago;
        self.says(who, json!({"sub": subject, "iat": at, "exp": at + 300, "auth_time": at}))
    }

    fn says(&self, who: &Identity, mut said: Value) -> String {
        let key = SigningKey::from_bytes(&who.signing.0).public();
        (said["iss"], said["aud"]) = (ISSUER.into(), "chancery".into());
        said["preferred_username"] = who.handle.as_str().into();
        said["nonce"] = nonce(&who.domain, who.device, &key).into();
        let part = |it: Value| BASE64URL_NOPAD.encode(it.to_string().as_bytes());
        let text = format!("{}.{}", part(json!({"alg": "EdDSA", "kid": "1"})), part(said));
        let signature = self.provider.sign(text.as_bytes());
        format!("{text}.{}", BASE64URL_NOPAD.encode(&signature.0))
    }

    async fn joins(&self, who: &Identity, statement: &[u8], token: &str) -> (u16, String) {
        problem(self.door.post(JOIN).json(&entry(who, (statement, token)))).await
    }

    /// Opens a session, and shows what the provider says.
    async fn signs_in(&self, who: &Identity, token: Option<&str>) -> Result<Session, (u16, String)> {
        let proof = proof(who, ("POST", "/v1/sessions"), None, now());
        let mut request = self.door.post("/v1/sessions").header("dpop", proof);
        if let Some(token) = token {
            request = request.json(&json!({"token": token}));
        }
        let response = request.send().await.unwrap();
        if response.status() == 201 {
            return Ok(response.json().await.unwrap());
        }
        let problem: chancery_wire::problem::Problem = response.json().await.unwrap();
        Err((problem.status, problem.code))
    }

    async fn shown(&self) -> api::Providers {
        let path = format!("{LIST}/{}", self.alice.root);
        self.door.get(&path).send().await.unwrap().json().await.unwrap()
    }
}

both! {
    async fn officers_say_which_provider_counts_and_nobody_else(db: Db) {
        let bank = Bank::open(db, None).await;
        let good = statement(&bank.alice, &bank.provider, now());
        let bob = bank.door.bob.enrolled().unwrap();
        let own = signed(&statement(&bob, &bank.provider, now()), &bob);
        let body = json!({"statement": Opaque(own.clone())});
        let by_bob = Seat::of(&bank.door, bob.clone()).await;
        let denied = expected(Code::Denied);
        assert_eq!(problem(by_bob.asks(&bank.door, &Method::PUT, LIST, Some(&body))).await, denied);
        assert_eq!(problem(bank.door.post(WITHDRAW).json(&json!({"issuer": ISSUER}))).await, expected(Code::NoSession));
        // In another's name, by another's key, about another organisation, from the future, nothing at all.
        let bad = expected(Code::BadProvider);
        assert_eq!(bank.trusts(&own).await, bad);
        assert_eq!(bank.trusts(&signed(&good, &bob)).await, bad);
        let mut elsewhere = good.clone();
        elsewhere.domain = "evil.example".parse().unwrap();
        assert_eq!(bank.trusts(&signed(&elsewhere, &bank.alice)).await, bad);
        let mut in_bobs_name = good.clone();
        in_bobs_name.by = "bob".parse().unwrap();
        assert_eq!(bank.trusts(&signed(&in_bobs_name, &bank.alice)).await, bad);
        let mut future = good.clone();
        future.at = now().plus_seconds(600);
        assert_eq!(bank.trusts(&signed(&future, &bank.alice)).await, bad);
        assert_eq!(bank.trusts(b"nothing").await, bad);
        assert!(bank.shown().await.providers.is_empty());
        let good = signed(&good, &bank.alice);
        assert_eq!(bank.trusts(&good).await.0, 200);
        assert_eq!(bank.trusts(&good).await.0, 200, "the same again");
        let shown = bank.shown().await;
        assert_eq!(shown.providers, [api::Provider { statement: Opaque(good) }]);
        assert_eq!(shown.chains[0].handle, bank.alice.handle);
        bank.door.has_fact("providers.trusted", 1).await;
        // Who does not know the root learns nothing, not even who the officers are.
        let other = format!("{LIST}/{}", "0".repeat(64));
        assert_eq!(problem(bank.door.get(&other)).await, expected(Code::NoProvider));
    }

    async fn a_statement_that_was_withdrawn_does_not_come_back(db: Db) {
        let bank = Bank::open(db, None).await;
        let old = bank.trust().await;
        let withdraw = json!({"issuer": ISSUER});
        assert_eq!(bank.asks(Method::POST, WITHDRAW, &withdraw).await.0, 200);
        assert_eq!(bank.asks(Method::POST, WITHDRAW, &withdraw).await, expected(Code::NoProvider));
        assert_eq!(bank.trusts(&old).await, expected(Code::BadProvider));
        let mo = newcomer(&bank.alice, "mo", 40);
        assert_eq!(bank.joins(&mo, &old, &bank.token(&mo, ("1", 0))).await, expected(Code::NoProvider));
        let new = bank.trust().await;
        assert_eq!(bank.joins(&mo, &old, &bank.token(&mo, ("1", 0))).await, expected(Code::NoProvider));
        assert_eq!(bank.joins(&mo, &new, &bank.token(&mo, ("1", 0))).await.0, 201);
        bank.door.has_fact("providers.withdrawn", 1).await;
    }

    async fn what_an_officer_signed_counts_no_more_when_the_device_was_revoked(db: Db) {
        let mut bank = Bank::open(db, None).await;
        let mut laptop = bank.door.blank("laptop");
        links(&mut bank.door.alice, &mut laptop).await;
        sync(&mut laptop).await;
        let there = laptop.enrolled().unwrap();
        let seat = Seat::of(&bank.door, there.clone()).await;
        let statement = signed(&statement(&there, &bank.provider, now()), &there);
        let body = json!({"statement": Opaque(statement.clone())});
        assert_eq!(problem(seat.asks(&bank.door, &Method::PUT, LIST, Some(&body))).await.0, 200);
        assert_eq!(bank.shown().await.providers.len(), 1);
        bank.door.alice.revoke(there.device, &mut |_| {}).await.unwrap();
        assert!(bank.shown().await.providers.is_empty());
        let mo = newcomer(&bank.alice, "mo", 40);
        assert_eq!(bank.joins(&mo, &statement, &bank.token(&mo, ("1", 0))).await, expected(Code::NoProvider));
    }

    async fn whom_the_provider_names_joins_once(db: Db) {
        let bank = Bank::open(db, None).await;
        let statement = bank.trust().await;
        let mo = newcomer(&bank.alice, "mo", 40);
        let token = bank.token(&mo, ("4711", 0));
        let entry = entry(&mo, (&statement, &token));
        for _ in 0..2 {
            assert_eq!(problem(bank.door.post(JOIN).json(&entry)).await.0, 201, "the same again is answered the same");
        }
        assert!(bank.signs_in(&mo, None).await.is_ok());
        bank.door.has_fact("providers.joined", 1).await;
        // Somebody who came by later with the same name, and the same person with another one.
        let again = newcomer(&bank.alice, "mo", 41);
        let taken = expected(Code::HandleTaken);
        assert_eq!(bank.joins(&again, &statement, &bank.token(&again, ("4712", 0))).await, taken);
        let second = newcomer(&bank.alice, "mo2", 42);
        let refused = expected(Code::OtherSubject);
        assert_eq!(bank.joins(&second, &statement, &bank.token(&second, ("4711", 0))).await, refused);
        // Nobody is let in where somebody is already: alice is an officer, and no provider becomes her.
        let alice = newcomer(&bank.alice, "alice", 43);
        assert_eq!(bank.joins(&alice, &statement, &bank.token(&alice, ("1", 0))).await, taken);
    }

    async fn a_token_that_is_old_stolen_or_anothers_opens_nothing(db: Db) {
        let bank = Bank::open(db, None).await;
        let statement = bank.trust().await;
        let (mo, thief) = (newcomer(&bank.alice, "mo", 40), newcomer(&bank.alice, "mo", 66));
        let bad = expected(Code::BadToken);
        assert_eq!(bank.joins(&mo, &statement, &bank.token(&mo, ("1", 3600))).await, bad);
        // Somebody who is signed in there all day, or of whom it does not say since when: they may not know of this.
        for ago in [Some(3600), None] {
            let token = bank.token_after(&mo, ("1", ago));
            assert_eq!(bank.joins(&mo, &statement, &token).await, bad, "{ago:?}");
            assert!(bank.signs_in(&mo, None).await.is_err());
        }
        assert_eq!(bank.joins(&thief, &statement, &bank.token(&mo, ("1", 0))).await, bad);
        let evil = Bank { provider: SigningKey::from_bytes(&[66; 32]), ..bank };
        assert_eq!(evil.joins(&mo, &statement, &evil.token(&mo, ("1", 0))).await, bad);
        // About an account that it does not name.
        let bob = newcomer(&evil.alice, "bobby", 44);
        let bank = Bank { provider: SigningKey::from_bytes(&[200; 32]), ..evil };
        let about = Identity { handle: "mo".parse().unwrap(), ..bob.clone() };
        assert_eq!(bank.joins(&bob, &statement, &bank.token(&about, ("1", 0))).await, expected(Code::BadEntry));
        // The server's own statement, and an invitation in its place.
        let forged = signed(&super::statement(&bank.alice, &bank.provider, now()), &mo);
        assert_eq!(bank.joins(&mo, &forged, &bank.token(&mo, ("1", 0))).await, expected(Code::NoProvider));
        let founding = json!({"entry": Opaque(bank.alice.entry.clone())});
        assert_eq!(problem(bank.door.post(JOIN).json(&founding)).await.0, 201, "what is there is there");
        bank.door.has_fact("providers.joined", 0).await;
    }

    async fn people_sign_in_at_the_provider_from_time_to_time(db: Db) {
        let bank = Bank::open(db, Some(2)).await;
        let bob = bank.door.bob.enrolled().unwrap();
        // Nobody is asked before there is a provider.
        assert_eq!(bank.signs_in(&bob, None).await.unwrap().seconds, 3600);
        bank.trust().await;
        let needed = expected(Code::SignInNeeded);
        assert_eq!(bank.signs_in(&bob, None).await.unwrap_err(), needed);
        // Officers are not asked: they could not withdraw a provider that is away, or in the wrong hands.
        assert!(bank.signs_in(&bank.alice, None).await.is_ok());
        assert_eq!(bank.signs_in(&bob, Some(&bank.token(&bob, ("7", 0)))).await.unwrap().seconds, 3600);
        assert_eq!(bank.signs_in(&bob, None).await.unwrap().seconds, 3600);
        let mallory = bank.door.mallory.enrolled().unwrap();
        assert!(bank.signs_in(&mallory, Some(&bank.token(&mallory, ("8", 0)))).await.is_ok());
        // Another account's token, another person of the same name, somebody else's subject.
        let other = expected(Code::OtherSubject);
        let as_mallory = Identity { handle: mallory.handle.clone(), ..bob.clone() };
        assert_eq!(bank.signs_in(&bob, Some(&bank.token(&as_mallory, ("9", 0)))).await.unwrap_err(), other);
        assert_eq!(bank.signs_in(&bob, Some(&bank.token(&bob, ("10", 0)))).await.unwrap_err(), other);
        assert_eq!(bank.signs_in(&bob, Some(&bank.token(&bob, ("8", 0)))).await.unwrap_err(), other);
        // Whoever is called otherwise there since then is the same person all the same.
        assert!(bank.signs_in(&bob, Some(&bank.token(&as_mallory, ("7", 0)))).await.is_ok());
        // For another device, from another time.
        let bad = expected(Code::BadToken);
        assert_eq!(bank.signs_in(&bob, Some(&bank.token(&mallory, ("7", 0)))).await.unwrap_err(), bad);
        assert_eq!(bank.signs_in(&bob, Some(&bank.token(&bob, ("7", 3600)))).await.unwrap_err(), bad);
        assert_eq!(bank.signs_in(&bob, Some("nonsense")).await.unwrap_err(), bad);
        // With the provider withdrawn, what it said is worth nothing, and nobody is asked for what nobody could show.
        assert_eq!(bank.asks(Method::POST, WITHDRAW, &json!({"issuer": ISSUER})).await.0, 200);
        assert!(bank.signs_in(&bob, None).await.is_ok());
    }

    async fn a_session_ends_with_the_sign_in_that_it_rests_on(db: Db) {
        let mut bank = Bank::open(db, Some(1)).await;
        bank.trust().await;
        let bob = bank.door.bob.enrolled().unwrap();
        let ends = bank.signs_in(&bob, Some(&bank.token(&bob, ("7", 240)))).await.unwrap();
        assert!((3300..=3360).contains(&ends.seconds), "{}", ends.seconds);
        // An hour after signing in there, not after the last session.
        let late = bank.token_after(&bob, ("7", Some(3590)));
        let ends = bank.signs_in(&bob, Some(&late)).await.unwrap();
        assert!((1..=10).contains(&ends.seconds), "{}", ends.seconds);
        let later = bank.token_after(&bob, ("7", Some(3601)));
        assert_eq!(bank.signs_in(&bob, Some(&later)).await.unwrap_err(), expected(Code::SignInNeeded));
        // A server that asks less often is content with what it was shown.
        let mut settings = Settings::new("bank.example".parse().unwrap());
        settings.session_minutes = 600;
        settings.provider_hours = Some(24);
        bank.door.reopen(settings).await;
        assert_eq!(bank.signs_in(&bob, Some(&bank.token(&bob, ("7", 0)))).await.unwrap().seconds, 36_000);
    }

    /// A door that was closed is not opened by an officer's new laptop, nor by taking the provider back.
    async fn who_was_asked_is_asked_on(db: Db) {
        let mut bank = Bank::open(db, Some(2)).await;
        let mut laptop = bank.door.blank("laptop");
        links(&mut bank.door.alice, &mut laptop).await;
        sync(&mut laptop).await;
        let there = laptop.enrolled().unwrap();
        let seat = Seat::of(&bank.door, there.clone()).await;
        let statement = signed(&statement(&there, &bank.provider, now()), &there);
        let body = json!({"statement": Opaque(statement)});
        assert_eq!(problem(seat.asks(&bank.door, &Method::PUT, LIST, Some(&body))).await.0, 200);
        let bob = bank.door.bob.enrolled().unwrap();
        assert!(bank.signs_in(&bob, Some(&bank.token(&bob, ("7", 0)))).await.is_ok());
        bank.door.alice.revoke(there.device, &mut |_| {}).await.unwrap();
        let mallory = bank.door.mallory.enrolled().unwrap();
        assert_eq!(bank.signs_in(&mallory, None).await.unwrap_err(), expected(Code::SignInNeeded));
        assert!(bank.signs_in(&bob, None).await.is_ok(), "what was shown before is good to its end");
        let none = bank.signs_in(&mallory, Some(&bank.token(&mallory, ("8", 0)))).await;
        assert_eq!(none.unwrap_err(), expected(Code::NoProvider));
        // With the provider withdrawn and taken back, what it had said in the meantime does not count.
        bank.trust().await;
        assert_eq!(bank.asks(Method::POST, WITHDRAW, &json!({"issuer": ISSUER})).await.0, 200);
        bank.trust().await;
        assert_eq!(bank.signs_in(&bob, None).await.unwrap_err(), expected(Code::SignInNeeded));
        assert!(bank.signs_in(&bob, Some(&bank.token(&bob, ("7", 0)))).await.is_ok());
        // Nor under other terms. Other keys are no other terms.
        bank.trust().await;
        assert!(bank.signs_in(&bob, None).await.is_ok());
        let mut stricter = super::statement(&bank.alice, &bank.provider, now());
        stricter.acr = vec!["phr".to_owned()];
        assert_eq!(bank.trusts(&signed(&stricter, &bank.alice)).await.0, 200);
        assert_eq!(bank.signs_in(&bob, None).await.unwrap_err(), expected(Code::SignInNeeded));
    }

    /// The further device of somebody who has signed in goes by that, until it signs in itself.
    async fn a_device_is_linked_where_people_sign_in_at_a_provider(db: Db) {
        let mut bank = Bank::open(db, Some(2)).await;
        bank.trust().await;
        let bob = bank.door.bob.enrolled().unwrap();
        assert!(bank.signs_in(&bob, Some(&bank.token(&bob, ("7", 0)))).await.is_ok());
        let mut phone = bank.door.blank("phone");
        links(&mut bank.door.bob, &mut phone).await;
        let phone = phone.enrolled().unwrap();
        assert!(bank.signs_in(&phone, None).await.is_ok());
        let old = bank.token_after(&phone, ("7", Some(7201)));
        assert_eq!(bank.signs_in(&phone, Some(&old)).await.unwrap_err(), expected(Code::SignInNeeded));
        assert!(bank.signs_in(&phone, Some(&bank.token(&phone, ("7", 0)))).await.is_ok());
    }

    /// What decides who comes in is approved as everything else that does.
    async fn an_officer_with_a_passkey_approves_what_is_said_about_a_provider(db: Db) {
        let bank = Bank::open(db, None).await;
        let mut forger = Forger::new(7, bank.door.origin());
        bank.seat.adds(&bank.door, &forger).await;
        let statement = signed(&statement(&bank.alice, &bank.provider, now()), &bank.alice);
        assert_eq!(bank.trusts(&statement).await, expected(Code::Unconfirmed));
        let body = json!({"statement": Opaque(statement)}).to_string();
        let ceremony = bank.seat.asks_approval(&bank.door, "PUT", LIST, &body).await;
        let shown = view(&bank.door, &ceremony).await;
        // A key of a thief's under the provider's name looks otherwise.
        let print = super::statement(&bank.alice, &bank.provider, now()).fingerprints().join(" ");
        for part in [ISSUER, "vouch for new accounts", "client chancery", "claim preferred_username", &print] {
            assert!(shown.words.contains(part), "{part} is not in {}", shown.words);
        }
        let approved = bank.seat.approved(&bank.door, &mut forger, ("PUT", LIST, &body)).await;
        let body: Value = serde_json::from_str(&body).unwrap();
        let trust = bank.seat.asks(&bank.door, &Method::PUT, LIST, Some(&body));
        assert_eq!(problem(trust.header(api::APPROVAL, approved.to_string())).await.0, 200);
        let withdraw = json!({"issuer": ISSUER});
        assert_eq!(bank.asks(Method::POST, WITHDRAW, &withdraw).await, expected(Code::Unconfirmed));
        let ceremony = bank.seat.asks_approval(&bank.door, "POST", WITHDRAW, &withdraw.to_string()).await;
        assert!(view(&bank.door, &ceremony).await.words.contains(ISSUER));
    }
}
