//! Bad input: whatever a stranger, a thief or a broken client sends gets a clear and stable refusal, which is recorded as a
//! fact; nothing changes, and the server goes on.

use std::time::Duration;

use super::door::{Door, code, expected, now, problem, proof, submit, sync, text};
use chancery_sdk::{Identity, Progress, Want};
use chancery_testkit::both;
use chancery_wire::{
    frames::{Acknowledge, ClientFrame, Fetch, Kind, MESSAGE_LIMIT, ServerFrame, Submit},
    ids::{DeviceId, RoomId},
    problem::Code,
};
use futures_util::SinkExt as _;
use tokio_tungstenite::tungstenite::Message;

both! {
    /// Requests that are none, too large, or for nobody.
    async fn strange_requests_are_refused_with_a_reason(db: Db) {
        let door = Door::open(db).await;
        assert_eq!(problem(door.get("/nowhere")).await, expected(Code::NoRoute));
        let delete = reqwest::Client::new().delete(door.at("/v1/organisation"));
        assert_eq!(problem(delete).await, expected(Code::NoMethod));
        let json = |body: &str| door.post("/v1/organisation").header("content-type", "application/json").body(body.to_owned());
        let fields = ["[]", r#"{"code":""}"#, r#"{"code":"a!","entry":""}"#, r#"{"code":"","entry":"","more":1}"#];
        for bad in ["", "{", "\u{0}"].into_iter().chain(fields) {
            assert_eq!(problem(json(bad)).await, expected(Code::Malformed), "{bad}");
        }
        assert_eq!(problem(door.post("/v1/organisation").body("{}")).await, expected(Code::Malformed));
        assert_eq!(problem(json(r#"{"code":"","entry":""}"#)).await, expected(Code::BadEntry));
        assert_eq!(problem(json(&"x".repeat(5_000_000))).await, expected(Code::TooLarge));
        assert_eq!(problem(door.get("/v1/invitations/short")).await, expected(Code::Malformed));
        let unknown = door.get("/v1/invitations/aaaaaaaaaaaaaaaaaaaaaaaaaa");
        assert_eq!(problem(unknown).await, expected(Code::NoInvitation));
        for path in ["/v1/rooms", "/v1/welcomes", "/v1/stream", "/v1/devices/self/key-packages"] {
            assert_eq!(problem(door.get(path)).await, expected(Code::NoSession), "{path}");
        }
        let told = [Code::NoRoute, Code::NoMethod, Code::Malformed, Code::BadEntry, Code::TooLarge, Code::NoInvitation, Code::NoSession];
        door.has_told(&told).await;
    }

    /// A token without its key, a proof for something else, a proof twice.
    async fn a_stolen_token_or_proof_is_worth_nothing(db: Db) {
        let door = Door::open(db).await;
        let (alice, mallory) = (door.alice.enrolled().unwrap(), door.mallory.enrolled().unwrap());
        let (token, now) = (door.session(&alice).await, now());
        let rooms = |who: &Identity, token: &[u8], at| proof(who, ("GET", "/v1/rooms"), Some(token), at);
        let ask = |token: &[u8], proof: &str| door.signed("/v1/rooms", token, proof);
        let good = rooms(&alice, &token, now);
        assert_eq!(problem(ask(&token, &good)).await.0, 200);
        assert_eq!(problem(ask(&token, &good)).await, expected(Code::ReplayedProof));
        let late = rooms(&alice, &token, now.plus_seconds(-62));
        assert_eq!(problem(ask(&token, &late)).await, expected(Code::StaleProof));
        let thief = Identity { signing: mallory.signing.clone(), ..alice.clone() };
        let bad = |token: &[u8]| [
            rooms(&mallory, token, now),
            rooms(&thief, token, now),
            proof(&alice, ("GET", "/v1/welcomes"), Some(token), now),
            proof(&alice, ("POST", "/v1/rooms"), Some(token), now),
            proof(&alice, ("GET", "/v1/rooms"), None, now),
            "x".repeat(3000),
            String::new(),
        ];
        for which in 0..bad(&token).len() {
            let token = door.session(&alice).await;
            assert_eq!(problem(ask(&token, &bad(&token)[which])).await, expected(Code::BadProof), "{which}");
            // Whoever has a token and not the key has ended the session.
            assert_eq!(problem(ask(&token, &rooms(&alice, &token, now))).await, expected(Code::NoSession));
        }
        let made_up = proof(&alice, ("GET", "/v1/rooms"), Some(&[1; 32]), now);
        assert_eq!(problem(ask(&[1; 32], &made_up)).await, expected(Code::NoSession));
        // An unknown device and a wrong key get one answer.
        let unknown = Identity { device: DeviceId([9; 16]), ..alice.clone() };
        for who in [&unknown, &thief] {
            let sign_in = door.post("/v1/sessions").header("dpop", proof(who, ("POST", "/v1/sessions"), None, now));
            assert_eq!(problem(sign_in).await, expected(Code::BadProof));
        }
        door.has_told(&[Code::ReplayedProof, Code::BadProof, Code::StaleProof, Code::NoSession]).await;
    }

    /// Sessions that were ended are felt by the next request, and by the open connection.
    async fn an_ended_session_is_over_at_once(db: Db) {
        let mut door = Door::open(db).await;
        let alice = door.alice.enrolled().unwrap();
        let token = door.session(&alice).await;
        let mut socket = door.connect(&alice).await;
        door.alice.end_sessions_of(&alice.handle).await.unwrap();
        let proof = proof(&alice, ("GET", "/v1/rooms"), Some(&token), now());
        assert_eq!(problem(door.signed("/v1/rooms", &token, &proof)).await, expected(Code::NoSession));
        assert_eq!(socket.closed().await, 4001);
    }

    /// Frames that are none, that are too large, that are not sealed, or about rooms that are none of the device's.
    async fn strange_frames_are_refused_and_the_connection_stays(db: Db) {
        let door = Door::open(db).await;
        let before = door.entries().await;
        let mut own = door.connect(&door.alice.enrolled().unwrap()).await;
        let mut strange = door.connect(&door.mallory.enrolled().unwrap()).await;
        for bad in [&b""[..], b"\x09", b"\xff\xff\xff", &[0; 100]] {
            own.0.send(Message::Binary(bad.to_vec().into())).await.unwrap();
            assert_eq!(code(&own.hear().await), Code::Malformed.as_str());
        }
        own.0.send(Message::Text("hello".into())).await.unwrap();
        assert_eq!(code(&own.hear().await), Code::Malformed.as_str());
        // A room of others, and no room, get one answer.
        for room in [door.room, RoomId([9; 16])] {
            let mut frames = vec![
                ClientFrame::Fetch(Fetch { room, after: 0 }),
                ClientFrame::Acknowledge(Acknowledge { room, seq: 1 }),
            ];
            frames.extend([Kind::Message, Kind::Commit, Kind::Proposal].map(|kind| submit(room, kind, b"x")));
            for frame in frames {
                assert_eq!(code(&strange.ask(&frame).await), Code::NoRoom.as_str(), "{frame:?}");
            }
        }
        for (kind, body, refusal) in [
            (Kind::Message, b"plain text".to_vec(), Code::NotSealed),
            (Kind::Commit, b"plain text".to_vec(), Code::Refused),
            (Kind::Proposal, b"plain text".to_vec(), Code::Refused),
            (Kind::Message, vec![0; MESSAGE_LIMIT + 1], Code::TooLarge),
        ] {
            assert_eq!(code(&own.ask(&submit(door.room, kind, &body)).await), refusal.as_str(), "{kind:?}");
        }
        assert_eq!(door.entries().await, before);
        door.has_told(&[Code::Malformed, Code::NotSealed, Code::Refused, Code::TooLarge, Code::Denied]).await;
    }

    /// The same submission again is the same entry; its id for something else is refused; nobody commits for another.
    async fn a_submission_counts_once(db: Db) {
        let mut door = Door::open(db).await;
        sync(&mut door.bob).await;
        let (room, before) = (door.room, door.entries().await);
        let wish = door.bob.want(room, Want::Say(text("hello"))).unwrap();
        sync(&mut door.bob).await;
        assert_eq!(door.bob.progress(wish).unwrap(), Progress::Done);
        let mut alices = door.connect(&door.alice.enrolled().unwrap()).await;
        let mut bobs = door.connect(&door.bob.enrolled().unwrap()).await;
        let entries = alices.fetch(room, 0).await;
        let said = entries.iter().find(|entry| entry.kind == Kind::Message && entry.seq > before).unwrap();
        let body = said.body.as_ref().unwrap().as_slice().to_vec();
        let again = |kind: Kind, body: &[u8]| Submit { id: said.id, ..submit_in(room, kind, body) };
        let ServerFrame::Accepted(accepted) = bobs.ask(&ClientFrame::Submit(again(Kind::Message, &body))).await else {
            panic!("the same submission is not the same entry")
        };
        assert_eq!((accepted.seq, accepted.head, accepted.at), (said.seq, said.head, said.at));
        let other = ClientFrame::Submit(again(Kind::Message, &[&body[..], b"x"].concat()));
        assert_eq!(code(&bobs.ask(&other).await), Code::IdReused.as_str());
        let other_epoch = ClientFrame::Submit(Submit { epoch: 2, ..submit_in(room, Kind::Message, &body) });
        assert_eq!(code(&bobs.ask(&other_epoch).await), Code::Malformed.as_str());
        // Alice's first commit, submitted again by Bob: for the epoch it was for, which is over, and for the current one.
        let commit = entries.iter().find(|entry| entry.kind == Kind::Commit).unwrap();
        let commit = commit.body.as_ref().map(|body| body.as_slice().to_vec()).unwrap_or_default();
        for epoch in [0, 1] {
            let frame = ClientFrame::Submit(Submit { epoch, ..submit_in(room, Kind::Commit, &commit) });
            let refusal = code(&bobs.ask(&frame).await);
            assert!([Code::WrongEpoch.as_str(), Code::Refused.as_str()].contains(&refusal.as_str()), "{refusal}");
        }
        assert_eq!(door.entries().await, before + 1);
        door.has_told(&[Code::IdReused, Code::Malformed, Code::WrongEpoch]).await;
    }

    /// A device has eight connections and no more; stopping says goodbye to all of them.
    async fn connections_are_bounded_and_end_in_order(db: Db) {
        let door = Door::open(db).await;
        let alice = door.alice.enrolled().unwrap();
        let mut sockets = Vec::new();
        for _ in 0..8 {
            sockets.push(door.connect(&alice).await);
        }
        let token = door.session(&alice).await;
        let proof = proof(&alice, ("GET", "/v1/stream"), Some(&token), now());
        let one_more = door.signed("/v1/stream", &token, &proof)
            .header("connection", "upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
        assert_eq!(problem(one_more).await, expected(Code::TooMany));
        tokio::time::timeout(Duration::from_secs(8), door.house.stop()).await.unwrap();
        for socket in &mut sockets {
            assert_eq!(socket.closed().await, 1001);
        }
    }
}

fn submit_in(room: RoomId, kind: Kind, body: &[u8]) -> Submit {
    let ClientFrame::Submit(frame) = submit(room, kind, body) else { unreachable!("it is a submission") };
    frame
}
