//! Where the organisation is looked after, and by whom: at a listener of its own, by accounts that do not talk.

use chancery_duties::gateway::{Administration, Settings};
use chancery_floor::{blobs::Blobs, store::Db};
use chancery_sdk::{AccountKind, Change, Want};
use chancery_testkit::both;
use chancery_wire::{api::ADMINISTRATION, names::Handle, policy::Role, problem::Code};
use reqwest::Method;

use super::{
    door::{Door, expected, problem, says, sync, text, texts},
    passkeys::Seat,
};

/// A house with a second listener.
async fn open(db: Db, own_accounts: bool) -> Door {
    let mut settings = Settings::new("bank.example".parse().unwrap());
    settings.administration = Some(Administration { url: String::new(), own_accounts });
    Door::with(db, Blobs::in_memory(), settings).await
}

both! {
    /// What roles permit is done at the listener for it and nowhere else, with a session that was opened there.
    async fn roles_count_at_one_listener_and_a_session_at_the_one_it_was_opened_at(db: Db) {
        let mut door = open(db, false).await;
        let (admin, nobody) = (door.alice.enrolled().unwrap(), door.bob.enrolled().unwrap());
        let here = Seat::of(&door, admin.clone()).await;
        let bob = Seat::of(&door, nobody).await;
        for (method, path) in [
            (Method::GET, "/v1/suspensions"),
            (Method::GET, "/v1/guests"),
            (Method::GET, "/v1/journal/0"),
            (Method::GET, "/v1/accounts/bob/sessions"),
            (Method::DELETE, "/v1/accounts/bob/sessions"),
            (Method::DELETE, "/v1/accounts/bob/passkeys"),
        ] {
            // The founder does not read the journal, wherever she is.
            let may = path != "/v1/journal/0";
            let asked = here.asks(&door, &method, path, None);
            assert_eq!(problem(asked).await, expected(if may { Code::Elsewhere } else { Code::Denied }), "{path}");
            // Who may not learns nothing of another place either.
            let answer = bob.asks(&door, &method, path, None).send().await.unwrap();
            assert_eq!(answer.status(), 403, "{path}");
            assert!(!answer.headers().contains_key(ADMINISTRATION));
        }
        let answer = here.asks(&door, &Method::GET, "/v1/guests", None).send().await.unwrap();
        assert_eq!(answer.headers()[ADMINISTRATION], door.other());
        // What belongs to her is where everybody's is.
        assert_eq!(problem(here.asks(&door, &Method::GET, "/v1/sessions", None)).await.0, 200);

        // A session is good where it was opened, in both directions; and where things are looked after, nobody talks.
        door.go_round();
        let asked = here.asks(&door, &Method::GET, "/v1/guests", None);
        assert_eq!(problem(asked).await, expected(Code::NoSession));
        let there = Seat::of(&door, admin).await;
        for path in ["/v1/guests", "/v1/suspensions", "/v1/provisioning/waiting", "/v1/rooms/apart", "/v1/charter/requests"] {
            assert_eq!(problem(there.asks(&door, &Method::GET, path, None)).await.0, 200, "{path}");
        }
        for path in ["/v1/stream", "/v1/archive", "/scim/v2/Users"] {
            assert_eq!(there.asks(&door, &Method::GET, path, None).send().await.unwrap().status(), 404, "{path}");
        }
        door.go_round();
        let asked = there.asks(&door, &Method::GET, "/v1/sessions", None);
        assert_eq!(problem(asked).await, expected(Code::NoSession));
        assert_eq!(problem(here.asks(&door, &Method::GET, "/v1/stream", None)).await.0, 400);
        door.has_told(&[Code::Elsewhere, Code::NoSession]).await;

        // Her program goes there by itself, and comes back to talk.
        door.alice.invite(&"carol".parse().unwrap(), &AccountKind::Person).await.unwrap();
        let room = door.room;
        says(&mut door.alice, room, "carol comes").await;
        sync(&mut door.bob).await;
        assert_eq!(texts(&door.bob, room), ["carol comes"]);
        let sessions = door.alice.sessions().await.unwrap().sessions;
        assert!(sessions.iter().any(|it| it.administration && !it.this));
        // Bob's asks nobody else: he holds no role.
        assert!(door.bob.suspended().await.unwrap_err().is(Code::Denied));
    }

    /// Who holds a role is in no room with others; who is in one has nothing of a role until it is left.
    async fn who_looks_after_things_does_not_talk_with_that_account(db: Db) {
        let mut door = open(db, true).await;
        let [alice, bob] = ["alice", "bob"].map(|it| it.parse::<Handle>().unwrap());
        // The founder's room never came about: nobody else is in it.
        sync(&mut door.bob).await;
        assert!(door.bob.rooms().unwrap().is_empty());
        // Others do not bring her in either.
        let room = door.mallory.open_room(&text("desk"), std::slice::from_ref(&bob)).unwrap();
        sync(&mut door.mallory).await;
        door.mallory.want(room, Want::Add(vec![alice], Role::Member)).unwrap();
        sync(&mut door.mallory).await;
        sync(&mut door.alice).await;
        assert!(door.alice.rooms().unwrap().iter().all(|it| it.id != room));
        says(&mut door.mallory, room, "without alice").await;
        sync(&mut door.bob).await;
        assert_eq!(texts(&door.bob, room), ["without alice"]);
        door.has_told(&[Code::Refused]).await;

        // Bob gets a role while he talks: it gives nothing until he has left.
        let assign = Change::Assign {
            account: bob.clone(),
            role: "help-desk".parse().unwrap(),
            until: None,
        };
        door.alice.amend(assign).await.unwrap();
        assert!(door.bob.suspended().await.unwrap_err().is(Code::InRooms));
        door.bob.want(room, Want::Leave).unwrap();
        sync(&mut door.bob).await;
        // Nobody has taken that in yet, and nobody keeps him from his role by not doing so.
        door.bob.suspended().await.unwrap();
        sync(&mut door.mallory).await;
        door.bob.suspended().await.unwrap();
        // From then on he is kept out as she is.
        door.mallory.want(room, Want::Add(vec![bob], Role::Member)).unwrap();
        sync(&mut door.mallory).await;
        sync(&mut door.bob).await;
        door.bob.suspended().await.unwrap();
    }
}
