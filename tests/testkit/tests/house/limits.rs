//! Limits: whoever asks too much is put off, told for how long, and recorded; everybody else notices nothing.

use std::num::NonZeroU32;

use chancery_duties::gateway::Settings;
use chancery_floor::blobs::Blobs;
use chancery_sdk::Identity;
use chancery_testkit::both;
use chancery_wire::{
    api::{AskRecovery, Claim, Claimed},
    bytes::Opaque,
    problem::Code,
};
use reqwest::{Method, RequestBuilder};

use super::door::{Door, expected, now, problem, proof, sync};

fn settings(change: impl FnOnce(&mut Settings)) -> Settings {
    let mut settings = Settings::new("bank.example".parse().unwrap());
    change(&mut settings);
    settings
}

/// Takes one key package of each of an account's devices.
async fn claim(door: &Door, (who, token): (&Identity, &[u8]), whose: &str) -> Vec<Vec<u8>> {
    let path = format!("/v1/accounts/{whose}/key-packages/claim");
    let proof = proof(who, ("POST", &path), Some(token), now());
    let request = door.signed_as(&Method::POST, &path, token, &proof).json(&Claim { devices: None });
    let claimed: Claimed = request.send().await.unwrap().json().await.unwrap();
    claimed.packages.into_iter().map(|package| package.0).collect()
}

/// Everything in an answer that a stranger could learn from.
async fn answer(request: RequestBuilder) -> (u16, Vec<(String, String)>, String) {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let headers = headers.iter().filter(|(name, _)| *name != "date");
    let headers =
        headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    (status, headers, response.text().await.unwrap())
}

/// After how many microseconds a request is refused.
#[expect(clippy::disallowed_methods, reason = "a stranger measures")]
async fn refused_within(request: RequestBuilder) -> u128 {
    let begun = tokio::time::Instant::now();
    assert_eq!(request.send().await.unwrap().status(), 403);
    begun.elapsed().as_micros()
}

/// The middle one of many times.
fn middle(mut times: Vec<u128>) -> u128 {
    times.sort_unstable();
    times[times.len() / 2]
}

both! {
    /// A stranger measures how long a refusal takes, for an account with a recovery key, one without, and one that there is not.
    async fn a_stranger_does_not_learn_by_the_time_who_has_an_account(db: Db) {
        let settings = settings(|it| it.address_requests = NonZeroU32::new(100_000).unwrap());
        let mut door = Door::with(db, Blobs::in_memory(), settings).await;
        sync(&mut door.bob).await;
        // A long chain, so that whoever follows it shows that.
        for _ in 0..40 {
            door.bob.make_recovery_key(true).await.unwrap();
        }
        let whom = ["bob", "alice", "nobody-here"];
        let client = reqwest::Client::new();
        let mut times = [vec![], vec![], vec![]];
        for round in 0..303 {
            // In turn, so that whatever else this machine does meets all of them.
            let handle = whom[round % 3].parse().unwrap();
            let ask = AskRecovery { handle, at: now(), proof: Opaque(vec![7; 64]) };
            let request = client.post(door.at("/v1/recoveries")).json(&ask);
            times[round % 3].push(refused_within(request).await);
        }
        let middles = times.map(middle);
        let (least, most) = (middles.iter().min().unwrap(), middles.iter().max().unwrap());
        assert!(most - least < least / 2, "{middles:?}: with a key, without, no such account");
    }

    /// An address from which nobody has signed in, asking and guessing.
    async fn a_stranger_is_put_off_and_others_are_not(db: Db) {
        // One at once, and one more after a minute.
        let settings = settings(|it| it.address_requests = NonZeroU32::new(1).unwrap());
        let door = Door::with(db, Blobs::in_memory(), settings).await;
        let from = |address: &str| door.get("/v1/organisation").header("x-forwarded-for", address);
        assert_eq!(problem(from("192.0.2.1")).await.0, 200);
        let put_off = from("192.0.2.1").send().await.unwrap();
        assert_eq!(put_off.status(), 429);
        let after: u64 = put_off.headers()["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=60).contains(&after), "{after}");
        assert_eq!(problem(from("192.0.2.1")).await, expected(Code::TooMany));
        assert_eq!(problem(from("198.51.100.7")).await.0, 200);
        // What a stranger writes before the proxy does is not believed.
        assert_eq!(problem(from("203.0.113.9, 192.0.2.1")).await, expected(Code::TooMany));
        // Guessing tokens is asking as well.
        let guess = || from("203.0.113.5").header("authorization", "DPoP AAAA").header("dpop", "x");
        assert_eq!(problem(guess()).await, expected(Code::NoSession));
        assert_eq!(problem(guess()).await, expected(Code::TooMany));
        door.has_told(&[Code::TooMany]).await;
    }

    /// A device that asks without end; its own client waits and comes through.
    async fn a_device_is_put_off_and_comes_through_later(db: Db) {
        let settings = settings(|it| it.device_requests = NonZeroU32::new(200).unwrap());
        let mut door = Door::with(db, Blobs::in_memory(), settings).await;
        let (alice, bob) = (door.alice.enrolled().unwrap(), door.bob.enrolled().unwrap());
        let (token, others) = (door.session(&alice).await, door.session(&bob).await);
        let rooms = |who: &Identity, token: &[u8]| {
            let proof = proof(who, ("GET", "/v1/rooms"), Some(token), now());
            door.signed("/v1/rooms", token, &proof)
        };
        let mut answers = Vec::new();
        while answers.len() < 1000 && answers.last().is_none_or(|(status, _)| *status == 200) {
            answers.push(problem(rooms(&alice, &token)).await);
        }
        assert_eq!(answers.last(), Some(&expected(Code::TooMany)));
        assert_eq!(problem(rooms(&bob, &others)).await.0, 200);
        sync(&mut door.alice).await;
        door.has_told(&[Code::TooMany]).await;
    }

    /// Mallory takes Bob's key packages, one after the other.
    async fn nobody_uses_up_what_others_are_added_with(db: Db) {
        let door = Door::open(db).await;
        let (alice, mallory) = (door.alice.enrolled().unwrap(), door.mallory.enrolled().unwrap());
        let (alices, mallorys) = (door.session(&alice).await, door.session(&mallory).await);
        let mut taken = Vec::new();
        for _ in 0..40 {
            taken.extend(claim(&door, (&mallory, &mallorys), "bob").await);
        }
        assert_eq!(taken.len(), 40);
        let last_resort = taken.last().cloned().unwrap();
        let fresh = taken.iter().filter(|package| **package != last_resort).count();
        assert_eq!(fresh, 12, "beyond those, it is the one that is never used up");
        let alices = claim(&door, (&alice, &alices), "bob").await;
        assert!(alices.len() == 1 && !taken.contains(&alices[0]), "there is one left for Alice");
    }

    /// Who asks without a session learns nothing about accounts.
    async fn an_account_that_exists_is_answered_as_one_that_does_not(db: Db) {
        let door = Door::open(db).await;
        let ask = |handle: &str, proof: &[u8]| {
            let ask = AskRecovery { handle: handle.parse().unwrap(), at: now(), proof: Opaque(proof.to_vec()) };
            door.post("/v1/recoveries").json(&ask)
        };
        for proof in [&[0; 64][..], b"short"] {
            assert_eq!(answer(ask("alice", proof)).await, answer(ask("ghost", proof)).await);
        }
        let claim = |whose: &str| door.post(&format!("/v1/accounts/{whose}/key-packages/claim")).json(&Claim { devices: None });
        assert_eq!(answer(claim("alice")).await, answer(claim("ghost")).await);
        assert_eq!(problem(claim("alice")).await, expected(Code::NoSession));
    }
}
