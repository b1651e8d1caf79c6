//! Requests that take two people: they wait, somebody else agrees, and exactly that is done.

use chancery_floor::store::Db;
use chancery_sdk::{AccountKind, Change, Client, SdkError};
use chancery_testkit::both;
use chancery_wire::{api::WaitingRequest, problem::Code};
use serde_json::json;

use super::{
    authenticator::Forger,
    door::{Door, sync},
    passkeys::Seat,
    provisioning::{GROUP, does, person},
    recovery::{handle, joins},
    suspensions::directory,
};

/// A house in which it takes two: Alice, who has founded it, Mo, an officer who looks after identities, and Bob, who looks after devices.
async fn open(db: Db) -> (Door, Client) {
    let mut door = Door::open(db).await;
    let mut mo = joins(&mut door, "mo", &AccountKind::Officer).await;
    for (who, role) in [("mo", "identity-admin"), ("mo", "policy-admin"), ("bob", "device-admin")] {
        let change = Change::Assign { account: handle(who), role: role.parse().unwrap(), until: None };
        door.alice.amend(change).await.unwrap();
    }
    door.alice.amend(Change::TwoPersons { on: true }).await.unwrap();
    sync(&mut mo).await;
    (door, mo)
}

/// The one request that waits.
async fn waiting(who: &mut Client) -> WaitingRequest {
    let mut all = who.requests().await.unwrap();
    assert_eq!(all.len(), 1);
    all.remove(0)
}

fn waits<T>(answer: &Result<T, SdkError>) -> bool {
    matches!(answer, Err(SdkError::Waits(_)))
}

both! {
    /// Nobody takes somebody's passkeys away alone, and agreeing to it is agreeing to that.
    async fn passkeys_are_taken_away_by_two(db: Db) {
        let (mut door, mut mo) = open(db).await;
        let mallory = Seat::of(&door, door.mallory.enrolled().unwrap()).await;
        mallory.adds(&door, &Forger::new(7, door.origin())).await;
        assert!(waits(&door.alice.reset_passkeys(&handle("mallory")).await));
        assert_eq!(mallory.passkeys(&door).await.passkeys.len(), 1, "nothing is done yet");
        // The same again waits once.
        assert!(waits(&door.alice.reset_passkeys(&handle("mallory")).await));
        let request = waiting(&mut door.bob).await;
        assert_eq!(request.words, "take all passkeys of mallory away, who adds new ones then");
        assert_eq!(request.by, handle("alice"));
        // Not by whoever asks, not by whoever could not ask, and not to something else.
        assert!(door.alice.agree_to(&request).await.unwrap_err().is(Code::OwnRequest));
        assert!(mo.agree_to(&request).await.unwrap_err().is(Code::Denied), "she may not take passkeys away");
        let other = WaitingRequest { path: "/v1/accounts/bob/passkeys".to_owned(), ..request.clone() };
        assert!(door.bob.agree_to(&other).await.unwrap_err().is(Code::NoRequest));
        assert_eq!(mallory.passkeys(&door).await.passkeys.len(), 1);
        door.bob.agree_to(&request).await.unwrap();
        assert!(mallory.passkeys(&door).await.passkeys.is_empty());
        assert!(door.bob.agree_to(&request).await.unwrap_err().is(Code::NoRequest), "it counts once");
        door.has_fact("charter.put-off", 1).await;
        door.has_fact("charter.agreed", 1).await;
        door.has_fact("passkeys.reset", 1).await;
        // What one has agreed to is no use of a role that could be taken back: what was done is.
        let unused = door.alice.explain(None, "passkeys.reset").await.unwrap();
        assert!(unused.allowed && unused.takes_two);
    }

    /// Nobody agrees to what is about themselves.
    async fn nobody_is_the_second_person_for_themselves(db: Db) {
        let (mut door, _) = open(db).await;
        assert!(waits(&door.alice.reset_passkeys(&handle("bob")).await));
        let request = waiting(&mut door.bob).await;
        assert!(door.bob.agree_to(&request).await.unwrap_err().is(Code::OwnRequest));
        // Who may not do any such thing does not see it either, and nobody agrees to what was declined.
        assert!(door.mallory.requests().await.unwrap_err().is(Code::Denied));
        assert!(door.mallory.decline_request(request.id).await.unwrap_err().is(Code::Denied));
        door.bob.decline_request(request.id).await.unwrap();
        assert!(door.bob.requests().await.unwrap().is_empty());
        assert!(door.bob.agree_to(&request).await.unwrap_err().is(Code::NoRequest));
        door.has_fact("charter.turned-down", 1).await;
    }

    /// Whoever is in a group of the directory may do what it gives, and is nobody's second person: one who says who is in it would be two.
    async fn the_second_person_holds_the_role_by_signature(db: Db) {
        let mut door = Door::open(db).await;
        let mut hr = joins(&mut door, "hr", &directory(None)).await;
        let map = Change::Map { group: "it".to_owned(), role: "recovery-officer".parse().unwrap(), holds: true };
        door.alice.amend(map).await.unwrap();
        for (who, role) in [("bob", "policy-admin"), ("bob", "recovery-officer")] {
            let change = Change::Assign { account: handle(who), role: role.parse().unwrap(), until: None };
            door.alice.amend(change).await.unwrap();
        }
        door.alice.amend(Change::TwoPersons { on: true }).await.unwrap();
        let mallory = person(&mut hr, "mallory").await;
        let team = json!({"schemas": [GROUP], "displayName": "IT", "members": [{"value": mallory}]});
        does(&mut hr, "POST", "/Groups", team).await;
        joins(&mut door, "carol", &AccountKind::Person).await;
        assert!(waits(&door.alice.reset_passkeys(&handle("carol")).await));
        let request = waiting(&mut door.mallory).await;
        assert!(door.mallory.agree_to(&request).await.unwrap_err().is(Code::Denied));
        // He may, and carol has none to take away: it is used up all the same.
        assert!(door.bob.agree_to(&request).await.unwrap_err().is(Code::NoPasskey));
        assert!(door.bob.requests().await.unwrap().is_empty());
        // Nor does one person bring in a second program that says who is in which group.
        let (_, waits) = door.alice.invite(&handle("hr2"), &directory(None)).await.unwrap();
        assert!(waits);
    }

    /// One officer does not make another one; and who has lost a role meanwhile does nothing by it.
    async fn an_officer_is_invited_by_two_who_may(db: Db) {
        let (mut door, mut mo) = open(db).await;
        let (link, at_once) = door.alice.invite(&handle("paul"), &AccountKind::Person).await.unwrap();
        assert!(!at_once);
        door.blank("paul").join(&link.to_string()).await.unwrap();
        let (link, waits) = door.alice.invite(&handle("nina"), &AccountKind::Officer).await.unwrap();
        assert!(waits);
        let refused = door.blank("nina").join(&link.to_string()).await.unwrap_err();
        assert!(refused.is(Code::NoInvitation), "{refused}");
        let seen = waiting(&mut door.bob).await;
        assert!(door.bob.agree_to(&seen).await.unwrap_err().is(Code::Denied), "he is no officer");
        let request = waiting(&mut mo).await;
        assert!(request.words.contains("invite nina as an officer"), "{}", request.words);
        mo.agree_to(&request).await.unwrap();
        door.blank("nina").join(&link.to_string()).await.unwrap();

        let (link, _) = door.alice.invite(&handle("olaf"), &AccountKind::Officer).await.unwrap();
        let request = waiting(&mut mo).await;
        let gone = Change::Withdraw { account: handle("alice"), role: "identity-admin".parse().unwrap() };
        mo.amend(gone).await.unwrap();
        assert!(mo.agree_to(&request).await.unwrap_err().is(Code::Denied));
        assert!(door.blank("olaf").join(&link.to_string()).await.unwrap_err().is(Code::NoInvitation));
    }
}
