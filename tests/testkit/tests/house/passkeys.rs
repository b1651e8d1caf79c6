//! Passkeys: who has one approves what is sensitive with it, exactly that and once; and no answer is taken that does not prove it.

use chancery_floor::{
    journal,
    store::{Db, Read as _},
    values,
};
use chancery_sdk::Identity;
use chancery_testkit::both;
use chancery_transparency::{Act, Root, Sign as _, Trusted, take_vouched, verify, vouch};
use chancery_wire::{
    api::{APPROVAL, Ceremony, CeremonyState, CeremonyView, Passkeys},
    ids::{CeremonyId, DeviceId, Digest, PasskeyId},
    problem::Code,
};
use data_encoding::BASE64URL_NOPAD;
use ed25519_dalek::SigningKey;
use p256::ecdsa::{Signature, VerifyingKey, signature::Verifier as _};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::{
    authenticator::{Forger, Honest},
    door::{Door, expected, links, now, problem, proof, sync},
};

/// What a device asks for that links another one.
pub(crate) const LINKING: &str = r#"{"linking":"aaaaaaaaaaaaaaaaaaaaaaaaaa"}"#;

/// A device with its session.
pub(crate) struct Seat {
    pub(crate) who: Identity,
    token: Vec<u8>,
}

impl Seat {
    pub(crate) async fn of(door: &Door, who: Identity) -> Self {
        Self { token: door.session(&who).await, who }
    }

    /// A request of this device.
    pub(crate) fn asks(
        &self,
        door: &Door,
        method: &Method,
        path: &str,
        body: Option<&Value>,
    ) -> RequestBuilder {
        let proof = proof(&self.who, (method.as_str(), path), Some(&self.token), door.now());
        let request = door.signed_as(method, path, &self.token, &proof);
        match body {
            Some(body) => request.header("content-type", "application/json").body(body.to_string()),
            None => request,
        }
    }

    pub(crate) async fn begins(&self, door: &Door, path: &str, body: &Value) -> Ceremony {
        let response = self.asks(door, &Method::POST, path, Some(body)).send().await.unwrap();
        assert_eq!(response.status(), 201, "{}", response.text().await.unwrap());
        response.json().await.unwrap()
    }

    /// Asks for the approval of a request.
    pub(crate) async fn asks_approval(&self, door: &Door, method: &str, path: &str, body: &str) -> Ceremony {
        let body = BASE64URL_NOPAD.encode(body.as_bytes());
        self.begins(door, "/v1/approvals", &json!({"method": method, "path": path, "body": body})).await
    }

    /// Adds the passkey of a forger who tells the truth.
    pub(crate) async fn adds(&self, door: &Door, forger: &Forger) {
        let ceremony = self.begins(door, "/v1/passkeys", &json!({"name": "key"})).await;
        let view = view(door, &ceremony).await;
        assert_eq!(finish(door, &ceremony, &forger.create(&view.options)).await.0, 200);
    }

    /// Has a request approved by a forger who tells the truth.
    pub(crate) async fn approved(
        &self,
        door: &Door,
        forger: &mut Forger,
        (method, path, body): (&str, &str, &str),
    ) -> CeremonyId {
        let ceremony = self.asks_approval(door, method, path, body).await;
        let view = view(door, &ceremony).await;
        forger.counter += 1;
        assert_eq!(finish(door, &ceremony, &forger.get(&view.options)).await.0, 200);
        ceremony.ceremony
    }

    pub(crate) async fn passkeys(&self, door: &Door) -> Passkeys {
        self.asks(door, &Method::GET, "/v1/passkeys", None).send().await.unwrap().json().await.unwrap()
    }
}

fn secret(ceremony: &Ceremony) -> &str {
    ceremony.url.split_once('#').unwrap().1
}

pub(crate) async fn view(door: &Door, ceremony: &Ceremony) -> CeremonyView {
    let asked = json!({"secret": secret(ceremony)});
    door.post("/v1/ceremonies/look").json(&asked).send().await.unwrap().json().await.unwrap()
}

pub(crate) async fn finish(door: &Door, ceremony: &Ceremony, answer: &Value) -> (u16, String) {
    problem(door.post("/v1/ceremonies/finish").json(&json!({"secret": secret(ceremony), "answer": answer})))
        .await
}

pub(crate) async fn is_done(door: &Door, seat: &Seat, ceremony: CeremonyId) -> bool {
    let path = format!("/v1/ceremonies/{ceremony}");
    let state: CeremonyState =
        seat.asks(door, &Method::GET, &path, None).send().await.unwrap().json().await.unwrap();
    state.done
}

/// The founder's device chain, as the server has it.
pub(crate) async fn chain_of(door: &Door, who: &Identity) -> Trusted {
    let mut reader = door.db.reader();
    let root = reader.row("SELECT root FROM accounts_organisation", vec![]).await.unwrap().unwrap();
    let entries = "SELECT entry FROM accounts_entries WHERE handle = $1 ORDER BY number";
    let entries = reader.rows(entries, values![who.handle.as_str()]).await.unwrap();
    let entries: Vec<Vec<u8>> = entries.iter().map(|row| row.bytes(0).unwrap()).collect();
    let root = Root(Digest(root.fixed(0).unwrap()));
    verify(&entries, &who.handle, &who.domain, root, |_| None).unwrap()
}

pub(crate) async fn open(db: Db) -> (Door, Seat, Forger) {
    let door = Door::open(db).await;
    let seat = Seat::of(&door, door.alice.enrolled().unwrap()).await;
    let forger = Forger::new(7, door.origin());
    (door, seat, forger)
}

both! {
    /// With a browser and an authenticator that others have written.
    async fn the_first_is_added_by_the_session_and_another_one_with_approval(db: Db) {
        let (door, seat, _) = open(db).await;
        let (mut first, mut second) = (Honest::new(door.origin()), Honest::new(door.origin()));
        let ceremony = seat.begins(&door, "/v1/passkeys", &json!({"name": "blue key"})).await;
        assert!(ceremony.url.starts_with(&format!("{}/passkey#", door.origin())));
        let asked = view(&door, &ceremony).await;
        assert_eq!((asked.handle.as_str(), asked.makes), ("alice", true));
        assert!(asked.words.contains("blue key"), "{}", asked.words);
        assert!(!is_done(&door, &seat, ceremony.ceremony).await);
        assert_eq!(finish(&door, &ceremony, &first.answer(true, &asked.options).await).await.0, 200);
        assert!(is_done(&door, &seat, ceremony.ceremony).await);
        // Whoever has the device alone gets no other one in.
        let another = json!({"name": "red key"});
        let add = |approval: Option<CeremonyId>| {
            let asked = seat.asks(&door, &Method::POST, "/v1/passkeys", Some(&another));
            match approval {
                Some(ceremony) => asked.header(APPROVAL, ceremony.to_string()),
                None => asked,
            }
        };
        assert_eq!(problem(add(None)).await, expected(Code::Unconfirmed));
        let approval = seat.asks_approval(&door, "POST", "/v1/passkeys", &another.to_string()).await;
        let asked = view(&door, &approval).await;
        assert!(!asked.makes && asked.words.contains("red key"), "{}", asked.words);
        // Nobody was there yet.
        assert_eq!(problem(add(Some(approval.ceremony))).await, expected(Code::NotApproved));
        assert_eq!(finish(&door, &approval, &first.answer(false, &asked.options).await).await.0, 200);
        let response = add(Some(approval.ceremony)).send().await.unwrap();
        assert_eq!(response.status(), 201);
        let ceremony: Ceremony = response.json().await.unwrap();
        let asked = view(&door, &ceremony).await;
        // The browser is told which authenticators have one already.
        assert_eq!(asked.options["excludeCredentials"].as_array().unwrap().len(), 1);
        assert_eq!(finish(&door, &ceremony, &second.answer(true, &asked.options).await).await.0, 200);
        let passkeys = seat.passkeys(&door).await.passkeys;
        let names: Vec<&str> = passkeys.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["blue key", "red key"]);
        assert!(passkeys[0].used.is_some() && passkeys[1].used.is_none());
        // It counts once.
        assert_eq!(problem(add(Some(approval.ceremony))).await, expected(Code::NotApproved));
        door.has_fact("passkeys.added", 2).await;
        door.has_fact("passkeys.approval-used", 1).await;
        door.has_told(&[Code::Unconfirmed, Code::NotApproved]).await;
    }

    /// Mallory has an approval for one thing and wants another one done; or has it from somebody else.
    async fn what_was_approved_is_done_and_nothing_else(db: Db) {
        let (mut door, seat, mut forger) = open(db).await;
        let mut phone = door.blank("phone");
        links(&mut door.alice, &mut phone).await;
        let other = Seat::of(&door, phone.enrolled().unwrap()).await;
        let bobs = Seat::of(&door, door.bob.enrolled().unwrap()).await;
        seat.adds(&door, &forger).await;
        let (good, bad) = (json!({"name": "red key"}), json!({"name": "Mallory's key"}));
        let approval = seat.approved(&door, &mut forger, ("POST", "/v1/passkeys", &good.to_string())).await;
        let with = |asked: RequestBuilder| problem(asked.header(APPROVAL, approval.to_string()));
        let refused = expected(Code::NotApproved);
        let path = format!("/v1/passkeys/{}", seat.passkeys(&door).await.passkeys[0].passkey);
        assert_eq!(with(seat.asks(&door, &Method::POST, "/v1/passkeys", Some(&bad))).await, refused);
        assert_eq!(with(seat.asks(&door, &Method::DELETE, &path, None)).await, refused);
        assert_eq!(with(seat.asks(&door, &Method::PUT, "/v1/recovery-key", Some(&good))).await, refused);
        // Of another device of the same account, and of another account.
        assert_eq!(with(other.asks(&door, &Method::POST, "/v1/passkeys", Some(&good))).await, refused);
        assert_eq!(with(bobs.asks(&door, &Method::POST, "/v1/passkeys", Some(&good))).await, refused);
        assert_eq!(seat.passkeys(&door).await.passkeys.len(), 1);
        assert_eq!(with(seat.asks(&door, &Method::POST, "/v1/passkeys", Some(&good))).await.0, 201);
        // What nobody has to approve is not put before anybody.
        let asked = json!({"method": "POST", "path": "/v1/rooms", "body": ""});
        assert_eq!(problem(seat.asks(&door, &Method::POST, "/v1/approvals", Some(&asked))).await, expected(Code::NoAct));
        // Who has no passkey has nothing to approve with.
        assert_eq!(problem(bobs.asks(&door, &Method::POST, "/v1/approvals", Some(&asked))).await, expected(Code::NoPasskeyYet));
        // Removing it asks for it as well.
        assert_eq!(problem(seat.asks(&door, &Method::DELETE, &path, None)).await, expected(Code::Unconfirmed));
        let approval = seat.approved(&door, &mut forger, ("DELETE", &path, "")).await;
        let removed = seat.asks(&door, &Method::DELETE, &path, None).header(APPROVAL, approval.to_string());
        assert_eq!(problem(removed).await.0, 204);
        let nonsense = format!("/v1/passkeys/{}", PasskeyId([9; 16]));
        assert_eq!(problem(seat.asks(&door, &Method::DELETE, &nonsense, None)).await, expected(Code::NoPasskey));
    }

    /// Every lie that a browser, an authenticator or somebody between them can tell.
    async fn an_answer_that_does_not_prove_the_person_is_refused(db: Db) {
        let (door, seat, mut forger) = open(db).await;
        let elsewhere = door.origin().replace("localhost", "1ocalhost");
        let port = format!("{}1", door.origin());
        let lies = |truth: &Forger| {
            let it = truth.clone();
            [
                ("nobody was verified", Forger { verified: false, ..it.clone() }),
                ("another page", Forger { origin: elsewhere.clone(), ..it.clone() }),
                ("another port", Forger { origin: port.clone(), ..it.clone() }),
                ("the same name without TLS where there is TLS", Forger { origin: door.origin().replace("http:", "https:"), ..it.clone() }),
                ("in a frame", Forger { framed: true, ..it.clone() }),
                ("for somebody else", Forger { party: "evil.example".to_owned(), ..it.clone() }),
                ("another challenge", Forger { challenge: Some(BASE64URL_NOPAD.encode(&[9; 32])), ..it.clone() }),
                ("another ceremony", Forger { kind: Some("payment.get"), ..it }),
            ]
        };
        let refused = expected(Code::BadPasskey);
        let ceremony = seat.begins(&door, "/v1/passkeys", &json!({"name": "key"})).await;
        let asked = view(&door, &ceremony).await;
        for (lie, forger) in lies(&forger) {
            assert_eq!(finish(&door, &ceremony, &forger.create(&asked.options)).await, refused, "{lie}");
        }
        for nonsense in [json!({}), json!([]), json!("answer"), json!({"id": 1}), forger.get(&asked.options)] {
            assert_eq!(finish(&door, &ceremony, &nonsense).await, refused, "{nonsense}");
        }
        assert!(seat.passkeys(&door).await.passkeys.is_empty());
        let made = forger.create(&asked.options);
        assert_eq!(finish(&door, &ceremony, &made).await.0, 200);
        // The ceremony is over.
        assert_eq!(finish(&door, &ceremony, &made).await, expected(Code::NoCeremony));
        let approval = seat.asks_approval(&door, "POST", "/v1/linkings", LINKING).await;
        let asked = view(&door, &approval).await;
        forger.counter += 1;
        for (lie, forger) in lies(&forger) {
            assert_eq!(finish(&door, &approval, &forger.get(&asked.options)).await, refused, "{lie}");
        }
        // Another one's passkey, and one that says it has become another kind of passkey.
        assert_eq!(finish(&door, &approval, &Forger::new(8, door.origin()).get(&asked.options)).await, refused);
        let synced = Forger { synced: true, ..forger.clone() };
        assert_eq!(finish(&door, &approval, &synced.get(&asked.options)).await, expected(Code::OtherPasskey));
        assert!(!is_done(&door, &seat, approval.ceremony).await);
        let used = forger.get(&asked.options);
        assert_eq!(finish(&door, &approval, &used).await.0, 200);
        // What was answered once is no answer to the next question.
        let next = seat.asks_approval(&door, "POST", "/v1/linkings", LINKING).await;
        assert_ne!(view(&door, &next).await.options["challenge"], asked.options["challenge"]);
        assert_eq!(finish(&door, &next, &used).await, refused);
        // Two of one passkey: the counter does not go on.
        let asked = view(&door, &next).await;
        assert_eq!(finish(&door, &next, &forger.get(&asked.options)).await, refused);
        door.has_fact("passkeys.copy-suspected", 1).await;
        // Somebody else adds the same passkey to theirs.
        let bobs = Seat::of(&door, door.bob.enrolled().unwrap()).await;
        let ceremony = bobs.begins(&door, "/v1/passkeys", &json!({"name": "key"})).await;
        let asked = view(&door, &ceremony).await;
        assert_eq!(finish(&door, &ceremony, &forger.create(&asked.options)).await, refused);
        for name in ["", "  ", "two\nlines", &"x".repeat(65)] {
            let asked = bobs.asks(&door, &Method::POST, "/v1/passkeys", Some(&json!({"name": name})));
            assert_eq!(problem(asked).await, expected(Code::Malformed), "{name:?}");
        }
    }

    /// Mallory, on Alice's device, opens a ceremony before Alice has a passkey, and finishes it afterwards.
    async fn what_was_begun_before_the_first_passkey_adds_no_second_one(db: Db) {
        let (door, seat, forger) = open(db).await;
        let early = seat.begins(&door, "/v1/passkeys", &json!({"name": "Mallory's key"})).await;
        seat.adds(&door, &forger).await;
        let asked = view(&door, &early).await;
        let hers = Forger::new(8, door.origin()).create(&asked.options);
        assert_eq!(finish(&door, &early, &hers).await, expected(Code::NoCeremony));
        assert_eq!(seat.passkeys(&door).await.passkeys.len(), 1);
        // Nor does she open more of them than are looked through.
        let mut refused = 0;
        for _ in 0..40 {
            let body = json!({"method": "POST", "path": "/v1/linkings", "body": BASE64URL_NOPAD.encode(LINKING.as_bytes())});
            let asked = problem(seat.asks(&door, &Method::POST, "/v1/approvals", Some(&body))).await;
            refused += u32::from(asked == expected(Code::TooMany));
        }
        assert_eq!(refused, 40 - 30);
    }

    /// One approved linking lets one device in, and an officer's vouching lets none in.
    async fn one_approved_linking_lets_one_device_in(db: Db) {
        let (mut door, seat, mut forger) = open(db).await;
        // What Mallory makes with the key of Alice's device.
        let linked = |seed: u8, chain: &Trusted| {
            let (device, key) = (DeviceId([seed; 16]), SigningKey::from_bytes(&[seed; 32]));
            let hers = SigningKey::from_bytes(&seat.who.signing.0);
            let offered = vouch(chain, (seat.who.device, &hers), (device, key.public()), now()).unwrap();
            take_vouched(&offered, device, &key).unwrap().1
        };
        seat.adds(&door, &forger).await;
        let chain = chain_of(&door, &seat.who).await;
        let posts = |entry: Vec<u8>| door.post("/v1/devices").json(&json!({"entry": BASE64URL_NOPAD.encode(&entry)}));
        let first = linked(11, &chain);
        assert_eq!(problem(posts(first.clone())).await, expected(Code::Unconfirmed));
        for (body, lets_in) in [(r#"{"linking":"aaaaaaaaaaaaaaaaaaaaaaaaaa","of":"bob"}"#, false), (LINKING, true)] {
            let body = if lets_in { body.replace("aaaa", "bbbb") } else { body.to_owned() };
            let approval = seat.approved(&door, &mut forger, ("POST", "/v1/linkings", &body)).await;
            let value: Value = serde_json::from_str(&body).unwrap();
            let meets = seat.asks(&door, &Method::POST, "/v1/linkings", Some(&value));
            assert_eq!(problem(meets.header(APPROVAL, approval.to_string())).await.0, 201);
            let answer = problem(posts(first.clone())).await;
            assert_eq!(answer.0 == 201, lets_in, "{answer:?}");
        }
        // The same again is answered the same; another one is not let in.
        assert_eq!(problem(posts(first)).await.0, 201);
        let chain = chain_of(&door, &seat.who).await;
        assert_eq!(problem(posts(linked(12, &chain))).await, expected(Code::Unconfirmed));
        door.has_fact("accounts.device-linked", 1).await;
        sync(&mut door.alice).await;
    }

    /// With nothing but the journal: what was approved, by which passkey, and that it was signed.
    async fn an_approval_can_be_checked_years_later(db: Db) {
        let (door, seat, mut forger) = open(db).await;
        seat.adds(&door, &forger).await;
        let body = json!({"name": "red key"}).to_string();
        seat.approved(&door, &mut forger, ("POST", "/v1/passkeys", &body)).await;
        let told = journal::read(&mut door.db.reader(), 0).await.unwrap();
        let told = told.iter().find(|told| told.kind == "passkeys.approved").unwrap();
        let (_, _, _, fact): (i64, String, String, Value) = ciborium::from_reader(told.fact.as_slice()).unwrap();
        let bytes = |name: &str| BASE64URL_NOPAD.decode(fact[name].as_str().unwrap().as_bytes()).unwrap();
        let act = Act::new(seat.who.device, ("POST", "/v1/passkeys"), body.as_bytes());
        assert_eq!(fact["body"], act.body.to_string());
        // The challenge says what was approved, and the browser has signed it.
        let challenge = act.challenge(bytes("nonce").try_into().unwrap());
        let client: Value = serde_json::from_slice(&bytes("client_data")).unwrap();
        assert_eq!(client["challenge"], BASE64URL_NOPAD.encode(&challenge.0));
        assert_eq!(client["origin"], door.origin());
        let data = bytes("authenticator_data");
        assert_eq!(data[..32], chancery_trail::digest(b"localhost").0);
        assert_eq!(data[32] & 0x05, 0x05, "present and verified");
        // And it is the key that the account has added before.
        let all = journal::read(&mut door.db.reader(), 0).await.unwrap();
        let added = all.iter().find(|told| told.kind == "passkeys.added").unwrap();
        let (_, _, _, added): (i64, String, String, Value) =
            ciborium::from_reader(added.fact.as_slice()).unwrap();
        for same in ["handle", "passkey", "key"] {
            assert_eq!(added[same], fact[same], "{same}");
        }
        let key = VerifyingKey::from_sec1_bytes(&bytes("key")).unwrap();
        let signed = [data, chancery_trail::digest(&bytes("client_data")).0.to_vec()].concat();
        key.verify(&signed, &Signature::from_der(&bytes("signature")).unwrap()).unwrap();
        // Another request is not what was signed.
        let other = Act::new(seat.who.device, ("POST", "/v1/passkeys"), b"{}");
        assert_ne!(client["challenge"], BASE64URL_NOPAD.encode(&other.challenge(bytes("nonce").try_into().unwrap()).0));
    }

    async fn a_stolen_session_gives_nothing_of_a_role(db: Db) {
        let (mut door, seat, mut forger) = open(db).await;
        // Whoever has the session before there is a passkey takes nothing up ahead of it.
        let early = seat.asks(&door, &Method::POST, "/v1/elevations", Some(&json!({ "minutes": 480 })));
        assert_eq!(problem(early).await.0, 200);
        door.has_fact("signin.elevated", 0).await;
        seat.adds(&door, &forger).await;
        let me = door.alice.enrolled().unwrap();
        let reads = ["/v1/journal/0", "/v1/suspensions", "/v1/accounts/bob/sessions", "/v1/charter/proposals"];
        for path in reads {
            let asked = seat.asks(&door, &Method::GET, path, None);
            assert_eq!(problem(asked).await, expected(match path {
                // Nobody holds auditor yet: that is no matter of taking anything up.
                "/v1/journal/0" => Code::Denied,
                _ => Code::NotTakenUp,
            }), "{path}");
        }
        // Not by itself, not for longer than a day's work, and not for others.
        let body = r#"{"minutes":60}"#;
        let minutes = |minutes: u32| json!({ "minutes": minutes });
        let asked = seat.asks(&door, &Method::POST, "/v1/elevations", Some(&minutes(60)));
        assert_eq!(problem(asked).await, expected(Code::Unconfirmed));
        let long = r#"{"minutes":481}"#;
        let approval = seat.approved(&door, &mut forger, ("POST", "/v1/elevations", long)).await;
        let asked = seat.asks(&door, &Method::POST, "/v1/elevations", Some(&minutes(481)));
        let asked = asked.header(APPROVAL, approval.to_string());
        assert_eq!(problem(asked).await, expected(Code::Malformed));
        let approval = seat.approved(&door, &mut forger, ("POST", "/v1/elevations", body)).await;
        let asked = seat.asks(&door, &Method::POST, "/v1/elevations", Some(&minutes(60)));
        assert_eq!(problem(asked.header(APPROVAL, approval.to_string())).await.0, 200);
        for path in &reads[1..] {
            assert_eq!(problem(seat.asks(&door, &Method::GET, path, None)).await.0, 200, "{path}");
        }
        door.has_fact("signin.elevated", 1).await;
        // What gives something is approved each time all the same, and another session of the same device has nothing up.
        let asked = seat.asks(&door, &Method::DELETE, "/v1/accounts/bob/passkeys", None);
        assert_eq!(problem(asked).await, expected(Code::Unconfirmed));
        let other = Seat::of(&door, me).await;
        let asked = other.asks(&door, &Method::GET, "/v1/suspensions", None);
        assert_eq!(problem(asked).await, expected(Code::NotTakenUp));
        // Who holds no role takes nothing up by it; and who has no passkey has nothing to show.
        assert!(door.bob.suspended().await.unwrap_err().is(Code::Denied));
        door.has_told(&[Code::NotTakenUp, Code::Unconfirmed]).await;
        // Her own program asks her by itself, once.
        let (ask, mut asked) = tokio::sync::mpsc::unbounded_channel();
        door.alice.ask_owner_by(Box::new(move |ceremony: &Ceremony| ask.send(ceremony.clone()).unwrap()));
        let nobody = door.blank("nobody");
        let mut alice = std::mem::replace(&mut door.alice, nobody);
        let here = async {
            alice.suspended().await.unwrap();
            alice.guests().await.unwrap();
        };
        let there = async {
            let ceremony = asked.recv().await.unwrap();
            let view = view(&door, &ceremony).await;
            assert!(view.words.contains("take up the roles of this account"), "{}", view.words);
            forger.counter += 1;
            assert_eq!(finish(&door, &ceremony, &forger.get(&view.options)).await.0, 200);
        };
        tokio::join!(here, there);
        assert!(asked.try_recv().is_err(), "it is asked for once");
    }
}
