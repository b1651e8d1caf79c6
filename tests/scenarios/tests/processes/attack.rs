//! Bad input and stolen things, against the real server: each is refused with its code, and the server goes on.

use chancery_sdk::{Client, Identity, KeySource, Profile, SdkError};
use chancery_transparency::{Request, prove};
use chancery_wire::{problem::Problem, time::Instant};
use data_encoding::BASE64URL_NOPAD;
use ed25519_dalek::SigningKey;
use reqwest::{Method, StatusCode};

use super::place::Place;

/// Somebody who speaks to the server directly.
struct Mallory {
    client: reqwest::Client,
    server: String,
    proofs: u8,
}

fn now() -> Instant {
    let since = std::time::UNIX_EPOCH.elapsed().unwrap();
    Instant(i64::try_from(since.as_millis()).unwrap())
}

fn identity(place: &Place, who: &str) -> Identity {
    let profile = Profile::new(&place.home(), who).unwrap();
    let key = KeySource::File(place.key(who)).key(|| Err(SdkError::ProfileName)).unwrap();
    Client::open(&profile, &key, None).unwrap().enrolled().unwrap()
}

impl Mallory {
    fn new(place: &Place) -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { client, server: format!("http://{}", place.address("listening on ")), proofs: 0 }
    }

    /// A proof for a request, signed with a device's key.
    fn proof(
        &mut self,
        of: &Identity,
        key: [u8; 32],
        method: &str,
        path: &str,
        token: Option<&[u8]>,
    ) -> String {
        self.proofs += 1;
        let request = Request { method, path, token };
        prove(request, of.device, now(), [self.proofs; 16], &SigningKey::from_bytes(&key))
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, String)],
        body: impl Into<reqwest::Body>,
    ) -> (StatusCode, String) {
        let mut request = self.client.request(method, format!("{}{path}", self.server));
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let request = request.header("content-type", "application/json").body(body);
        let response = request.send().await.unwrap();
        let (status, body) = (response.status(), response.bytes().await.unwrap());
        let code = serde_json::from_slice::<Problem>(&body).map(|problem| problem.code);
        (status, code.unwrap_or_default())
    }

    /// Signs in as somebody whose key is known.
    async fn session(&mut self, of: &Identity) -> Vec<u8> {
        let proof = self.proof(of, of.signing.0, "POST", "/v1/sessions", None);
        let request = self.client.post(format!("{}/v1/sessions", self.server)).header("dpop", proof);
        let session: serde_json::Value =
            serde_json::from_slice(&request.send().await.unwrap().bytes().await.unwrap()).unwrap();
        BASE64URL_NOPAD.decode(session["token"].as_str().unwrap().as_bytes()).unwrap()
    }
}

fn headers(token: &[u8], proof: String) -> Vec<(&'static str, String)> {
    vec![("authorization", format!("DPoP {}", BASE64URL_NOPAD.encode(token))), ("dpop", proof)]
}

#[tokio::test]
async fn a_stolen_token_or_proof_is_worth_nothing() {
    let mut place = Place::new(None);
    place.start();
    place.people(&["alice", "bob"]);
    let (alice, bob) = (identity(&place, "alice"), identity(&place, "bob"));
    let mut mallory = Mallory::new(&place);
    let token = mallory.session(&alice).await;
    // With the key, it works.
    let proof = mallory.proof(&alice, alice.signing.0, "GET", "/v1/rooms", Some(&token));
    let good = headers(&token, proof);
    assert_eq!(mallory.send(Method::GET, "/v1/rooms", &good, "").await.0, 200);
    // The same request again does not.
    let replayed = mallory.send(Method::GET, "/v1/rooms", &good, "").await;
    assert_eq!(replayed, (StatusCode::UNAUTHORIZED, "signin.replayed-proof".to_owned()));
    // Without the device's key the token is worth nothing, whoever signs.
    for (of, key) in [(&alice, [66; 32]), (&bob, bob.signing.0), (&alice, bob.signing.0)] {
        let token = mallory.session(&alice).await;
        let proof = mallory.proof(of, key, "GET", "/v1/rooms", Some(&token));
        let (status, code) = mallory.send(Method::GET, "/v1/rooms", &headers(&token, proof), "").await;
        assert_eq!((status.as_u16(), code.as_str()), (401, "signin.bad-proof"));
        // And it is worth nothing from then on with the key either: somebody else has it.
        let proof = mallory.proof(&alice, alice.signing.0, "GET", "/v1/rooms", Some(&token));
        let over = mallory.send(Method::GET, "/v1/rooms", &headers(&token, proof), "").await;
        assert_eq!(over, (StatusCode::UNAUTHORIZED, "signin.no-session".to_owned()));
    }
    // A proof for one request is none for another.
    let proof = mallory.proof(&alice, alice.signing.0, "GET", "/v1/rooms", Some(&token));
    let other = mallory.send(Method::GET, "/v1/welcomes", &headers(&token, proof), "").await;
    assert_eq!(other, (StatusCode::UNAUTHORIZED, "signin.bad-proof".to_owned()));
    // An old one is none at all.
    let token = mallory.session(&alice).await;
    let request = Request { method: "GET", path: "/v1/rooms", token: Some(&token) };
    let old = now().plus_seconds(-3600);
    let proof = prove(request, alice.device, old, [9; 16], &SigningKey::from_bytes(&alice.signing.0));
    let stale = mallory.send(Method::GET, "/v1/rooms", &headers(&token, proof), "").await;
    assert_eq!(stale, (StatusCode::UNAUTHORIZED, "signin.stale-proof".to_owned()));
    // And nobody at all gets nothing.
    let none = mallory.send(Method::GET, "/v1/rooms", &[], "").await;
    assert_eq!(none, (StatusCode::UNAUTHORIZED, "signin.no-session".to_owned()));
}

#[tokio::test]
async fn somebody_elses_room_and_no_room_look_the_same() {
    let mut place = Place::new(None);
    place.start();
    place.people(&["alice", "bob"]);
    let room = place.room("alice", "private", &[]);
    let bob = identity(&place, "bob");
    let mut mallory = Mallory::new(&place);
    let token = mallory.session(&bob).await;
    let mut answers = Vec::new();
    for room in [room.as_str(), "aaaaaaaaaaaaaaaaaaaaaaaaaa"] {
        let path = format!("/v1/rooms/{room}/return");
        let proof = mallory.proof(&bob, bob.signing.0, "GET", &path, Some(&token));
        answers.push(mallory.send(Method::GET, &path, &headers(&token, proof), "").await);
    }
    assert_eq!(answers[0], (StatusCode::NOT_FOUND, "rooms.not-found".to_owned()));
    assert_eq!(answers[0], answers[1]);
}

#[tokio::test]
async fn nonsense_is_refused_and_the_server_goes_on() {
    let mut place = Place::new(None);
    place.start();
    place.people(&["alice"]);
    let mallory = Mallory::new(&place);
    let (post, get) = (Method::POST, Method::GET);
    for (method, path, body, code) in [
        (&post, "/v1/accounts", "{".to_owned(), "request.malformed"),
        (&post, "/v1/accounts", "{\"invitation\":1}".to_owned(), "request.malformed"),
        (
            &post,
            "/v1/organisation",
            "{\"code\":\"\",\"entry\":\"\",\"more\":1}".to_owned(),
            "request.malformed",
        ),
        (&post, "/v1/organisation", "{\"code\":\"\",\"entry\":\"\"}".to_owned(), "accounts.bad-entry"),
        (&post, "/v1/accounts", "x".repeat(64 << 20), "request.too-large"),
        (&get, "/v1/invitations/aaaaaaaaaaaaaaaaaaaaaaaaaa", String::new(), "accounts.no-invitation"),
        (&get, "/v1/nothing", String::new(), "request.no-route"),
        (&get, "/../../etc/passwd", String::new(), "request.no-route"),
        (&Method::DELETE, "/v1/organisation", String::new(), "request.no-method"),
    ] {
        let request = mallory.client.request(method.clone(), format!("{}{path}", mallory.server));
        let request = request.header("content-type", "application/json").body(body);
        // A server may hang up on a body it will not read.
        let Ok(response) = request.send().await else {
            assert_eq!(code, "request.too-large");
            continue;
        };
        let problem: Problem = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
        assert_eq!(problem.code, code, "{path}");
        assert!(problem.detail.is_some_and(|detail| !detail.is_empty()));
    }
    place.types("alice", &["room", "list"]);
}
