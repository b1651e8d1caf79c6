//! Sessions: an account sees and ends its own, and a token that somebody else has is worth nothing and ends.

use std::num::NonZeroU32;

use chancery_duties::gateway::Settings;
use chancery_floor::blobs::Blobs;
use chancery_sdk::Identity;
use chancery_testkit::both;
use chancery_wire::{
    api::Sessions,
    frames::{STREAM_PROOF, STREAM_PROTOCOL, STREAM_TOKEN},
    ids::SessionId,
    problem::Code,
};
use data_encoding::BASE64URL_NOPAD;
use reqwest::{Method, RequestBuilder};

use super::door::{Door, authorization, expected, links, now, problem, proof, sync};

fn ask(door: &Door, method: &Method, path: &str, (who, token): (&Identity, &[u8])) -> RequestBuilder {
    let proof = proof(who, (method.as_str(), path), Some(token), now());
    door.signed_as(method, path, token, &proof)
}

async fn list(door: &Door, who: (&Identity, &[u8])) -> Sessions {
    ask(door, &Method::GET, "/v1/sessions", who).send().await.unwrap().json().await.unwrap()
}

both! {
    /// Alice, on two devices, sees all her sessions and nobody else's, and ends one.
    async fn an_account_sees_its_sessions_and_ends_one(db: Db) {
        let mut door = Door::open(db).await;
        let mut phone = door.blank("phone");
        links(&mut door.alice, &mut phone).await;
        sync(&mut door.alice).await;
        let (alice, phone, bob) = (door.alice.enrolled().unwrap(), phone.enrolled().unwrap(), door.bob.enrolled().unwrap());
        let (laptops, phones, bobs) = (door.session(&alice).await, door.session(&phone).await, door.session(&bob).await);
        let seen = list(&door, (&alice, &laptops)).await.sessions;
        assert_eq!(seen.iter().filter(|it| it.this).count(), 1);
        assert!(seen.iter().all(|it| [alice.device, phone.device].contains(&it.device)));
        assert!(seen.iter().all(|it| it.opened.0 <= now().0 && now().0 < it.until.0));
        // The one of the phone's token is the newest of the phone's.
        let theirs = list(&door, (&phone, &phones)).await.sessions;
        let gone = theirs.iter().find(|it| it.this).unwrap().session;
        assert!(seen.iter().any(|it| it.session == gone && it.device == phone.device));
        let mut socket = door.connect(&phone).await;
        let path = format!("/v1/sessions/{gone}");
        let end = |who| ask(&door, &Method::DELETE, &path, who);
        // Another account's is none, and stays.
        assert_eq!(problem(end((&bob, &bobs))).await, expected(Code::NoSuchSession));
        assert_eq!(problem(ask(&door, &Method::GET, "/v1/rooms", (&phone, &phones))).await.0, 200);
        assert_eq!(problem(end((&alice, &laptops))).await.0, 204);
        assert_eq!(problem(ask(&door, &Method::GET, "/v1/rooms", (&phone, &phones))).await, expected(Code::NoSession));
        assert_eq!(socket.closed().await, 4001);
        assert_eq!(problem(end((&alice, &laptops))).await, expected(Code::NoSuchSession));
        let nonsense = format!("/v1/sessions/{}", SessionId([9; 16]));
        assert_eq!(problem(ask(&door, &Method::DELETE, &nonsense, (&alice, &laptops))).await, expected(Code::NoSuchSession));
        assert_eq!(list(&door, (&alice, &laptops)).await.sessions.len(), seen.len());
        door.has_fact("signin.closed", 1).await;
    }

    /// Mallory has a token of Alice's, from a log or a backup, and her own key.
    async fn a_token_without_its_key_ends_its_session_and_is_told(db: Db) {
        let mut door = Door::open(db).await;
        let (alice, mallory) = (door.alice.enrolled().unwrap(), door.mallory.enrolled().unwrap());
        let thief = Identity { signing: mallory.signing.clone(), ..alice.clone() };
        for (number, by) in [&mallory, &thief].into_iter().enumerate() {
            let token = door.session(&alice).await;
            assert_eq!(problem(ask(&door, &Method::GET, "/v1/rooms", (by, &token))).await, expected(Code::BadProof));
            door.has_fact("signin.closed", number + 1).await;
            // It is over for Alice as well: she opens another one, as her program does by itself.
            assert_eq!(problem(ask(&door, &Method::GET, "/v1/rooms", (&alice, &token))).await, expected(Code::NoSession));
        }
        // A proof that is late or was used says nothing about the key.
        let token = door.session(&alice).await;
        let late = proof(&alice, ("GET", "/v1/rooms"), Some(&token), now().plus_seconds(-600));
        assert_eq!(problem(door.signed("/v1/rooms", &token, &late)).await, expected(Code::StaleProof));
        let once = proof(&alice, ("GET", "/v1/rooms"), Some(&token), now());
        assert_eq!(problem(door.signed("/v1/rooms", &token, &once)).await.0, 200);
        assert_eq!(problem(door.signed("/v1/rooms", &token, &once)).await, expected(Code::ReplayedProof));
        assert_eq!(problem(ask(&door, &Method::GET, "/v1/rooms", (&alice, &token))).await.0, 200);
        door.has_fact("signin.closed", 2).await;
        sync(&mut door.alice).await;
    }

    /// Mallory sits between Alice and the house, sees all that passes, and may keep it from arriving. What she passes on unchanged is
    /// Alice's own request; nothing that she wants herself is served.
    async fn somebody_in_between_gets_no_session_of_her_own(db: Db) {
        let mut settings = Settings::new("bank.example".parse().unwrap());
        settings.address_requests = NonZeroU32::MAX;
        settings.device_requests = NonZeroU32::MAX;
        let door = Door::with(db, Blobs::in_memory(), settings).await;
        let (alice, mallory) = (door.alice.enrolled().unwrap(), door.mallory.enrolled().unwrap());
        for number in 0..200_u32 {
            // Kept from arriving: it was never used.
            let opening = proof(&alice, ("POST", "/v1/sessions"), None, now());
            let token = door.session(&alice).await;
            let reading = proof(&alice, ("GET", "/v1/rooms"), Some(&token), now());
            let wanted = match number % 5 {
                // Another request with what was made for this one.
                0 => door.signed_as(&Method::GET, "/v1/welcomes", &token, &reading),
                1 => door.signed_as(&Method::PUT, "/v1/recovery-key", &token, &reading),
                // The token with her own key, or with none.
                2 => ask(&door, &Method::GET, "/v1/rooms", (&mallory, &token)),
                3 => door.get("/v1/rooms").header("authorization", authorization(&token)),
                // The proof that was to open a session, for something else.
                _ => door.signed_as(&Method::GET, "/v1/rooms", &token, &opening),
            };
            let (status, code) = problem(wanted).await;
            assert_eq!(status, 401, "{number}: {code}");
        }
    }

    /// A page cannot set the headers of its stream: it says the same in the names of protocols, and is believed no more than with headers.
    async fn a_page_opens_its_stream_by_the_names_of_protocols(db: Db) {
        let door = Door::open(db).await;
        let (alice, mallory) = (door.alice.enrolled().unwrap(), door.mallory.enrolled().unwrap());
        let token = door.session(&alice).await;
        let proves = |who: &Identity| proof(who, ("GET", "/v1/stream"), Some(&token), now());
        let named = |token: &[u8], proof: &str| {
            format!("{STREAM_PROTOCOL}, {STREAM_TOKEN}{}, {STREAM_PROOF}{proof}", BASE64URL_NOPAD.encode(token))
        };
        let shown = named(&token, &proves(&alice));
        let (mut socket, chosen) = door.connect_by(&shown).await.unwrap();
        assert_eq!(chosen, STREAM_PROTOCOL, "the token does not come back");
        let entries = socket.fetch(door.room, 0).await;
        assert!(!entries.is_empty());
        // A used proof, no proof, nonsense.
        assert_eq!(door.connect_by(&shown).await.unwrap_err(), expected(Code::ReplayedProof));
        let bare = format!("{STREAM_PROTOCOL}, {STREAM_TOKEN}{}", BASE64URL_NOPAD.encode(&token));
        for lie in [bare, STREAM_PROTOCOL.to_owned(), named(b"no token", &proves(&alice))] {
            assert_eq!(door.connect_by(&lie).await.unwrap_err(), expected(Code::NoSession), "{lie}");
        }
        // Her token with another key: it ends.
        assert_eq!(door.connect_by(&named(&token, &proves(&mallory))).await.unwrap_err(), expected(Code::BadProof));
        assert_eq!(door.connect_by(&named(&token, &proves(&alice))).await.unwrap_err(), expected(Code::NoSession));
        assert_eq!(socket.closed().await, 4001);
        door.has_fact("signin.closed", 1).await;
    }
}
