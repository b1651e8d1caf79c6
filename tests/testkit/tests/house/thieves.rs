//! Thieves: who has found a device or a link of somebody's with a passkey, and not the passkey, stays out.

use chancery_sdk::{AccountKind, SdkError};
use chancery_testkit::both;
use chancery_wire::{api::Ceremony, problem::Code};
use serde_json::json;

use super::{
    authenticator::Forger,
    door::{expected, problem, sync},
    passkeys::{finish, open, view},
};

both! {
    /// Somebody finds the printed link of an account that has a passkey. Its owner comes back by it, with the passkey, and keeps that.
    async fn a_found_recovery_link_brings_nobody_back(db: Db) {
        let (mut door, seat, mut forger) = open(db).await;
        let link = door.alice.make_recovery_key(true).await.unwrap().unwrap().to_string();
        seat.adds(&door, &forger).await;
        let mut thief = door.blank("thief");
        let refused = thief.recover(&link, &mut |_| {}).await.unwrap_err();
        assert!(refused.is(Code::Unconfirmed) && refused.to_string().contains("two officers"), "{refused}");
        // Nor does asking help, nor what nobody has signed.
        let (ask, mut asked) = tokio::sync::mpsc::unbounded_channel();
        thief.ask_owner_by(Box::new(move |ceremony: &Ceremony| ask.send(ceremony.clone()).unwrap()));
        let mut quiet = |_| {};
        tokio::select! {
            came = thief.recover(&link, &mut quiet) => panic!("{came:?}"),
            () = async {
                let ceremony = asked.recv().await.unwrap();
                let seen = view(&door, &ceremony).await;
                assert!(seen.words.starts_with("bring alice back on a new device"), "{}", seen.words);
                let stranger = Forger::new(9, door.origin());
                assert_ne!(finish(&door, &ceremony, &stranger.get(&seen.options)).await.0, 200);
                assert_eq!(view(&door, &ceremony).await.words, seen.words, "it waits on");
            } => {}
        }
        let nonsense = door.post("/v1/recoveries/approvals").json(&json!({"entry": "AAAA"}));
        assert_eq!(problem(nonsense).await, expected(Code::BadEntry));
        assert_eq!(door.alice.devices().unwrap().len(), 1, "hers still");
        sync(&mut door.alice).await;
        let mut new = door.blank("new");
        let (ask, mut asked) = tokio::sync::mpsc::unbounded_channel();
        new.ask_owner_by(Box::new(move |ceremony: &Ceremony| ask.send(ceremony.clone()).unwrap()));
        let there = async {
            let ceremony = asked.recv().await.unwrap();
            let seen = view(&door, &ceremony).await;
            forger.counter += 1;
            assert_eq!(finish(&door, &ceremony, &forger.get(&seen.options)).await.0, 200);
        };
        let (came, ()) = tokio::join!(new.recover(&link, &mut quiet), there);
        assert_eq!(came.unwrap().handle, seat.who.handle);
        assert_eq!(new.passkeys().await.unwrap().passkeys.len(), 1, "she has it still");
        door.has_fact("passkeys.approval-used", 1).await;
        door.has_fact("passkeys.reset", 0).await;
    }

    /// The key of a stolen device alone links no other one, invites nobody and sets no recovery key; the owner does all of that.
    async fn a_stolen_device_brings_nobody_in(db: Db) {
        let (mut door, seat, mut forger) = open(db).await;
        seat.adds(&door, &forger).await;
        let refused = |result: Result<(), SdkError>| match result {
            Err(SdkError::Refused(problem)) => problem.code,
            other => format!("{other:?}"),
        };
        let unconfirmed = Code::Unconfirmed.as_str();
        let carol = "carol".parse().unwrap();
        assert_eq!(refused(door.alice.invite(&carol, &AccountKind::Officer).await.map(drop)), unconfirmed);
        assert_eq!(refused(door.alice.begin_linking().await.map(drop)), unconfirmed);
        assert_eq!(refused(door.alice.make_recovery_key(true).await.map(drop)), unconfirmed);
        // The owner is asked, and says yes to each.
        let (ask, mut asked) = tokio::sync::mpsc::unbounded_channel();
        door.alice.ask_owner_by(Box::new(move |ceremony: &Ceremony| ask.send(ceremony.clone()).unwrap()));
        let nobody = door.blank("nobody");
        let mut alice = std::mem::replace(&mut door.alice, nobody);
        let here = async {
            alice.invite(&carol, &AccountKind::Officer).await.unwrap();
            alice.make_recovery_key(true).await.unwrap();
        };
        let there = async {
            for words in ["invite carol as an officer", "recovery key"] {
                let ceremony = asked.recv().await.unwrap();
                let view = view(&door, &ceremony).await;
                assert!(view.words.contains(words), "{}", view.words);
                forger.counter += 1;
                assert_eq!(finish(&door, &ceremony, &forger.get(&view.options)).await.0, 200);
            }
        };
        tokio::join!(here, there);
        sync(&mut alice).await;
        door.has_fact("accounts.invited", 3).await;
        door.has_fact("passkeys.approval-used", 2).await;
    }
}
