//! Accounts that are suspended: kept out at once and everywhere, and back as they were.

use std::time::Duration;

use chancery_sdk::{AccountKind, Bot, Client, Scope, Want};
use chancery_testkit::both;
use chancery_wire::{api::Suspension, policy::Role, problem::Code};

use super::{
    door::{Door, expected, links, now, problem, proof, says, sync, text, texts},
    recovery::{devices_in, events, handle, joins},
};

/// A program that says who belongs to the organisation.
pub(crate) fn directory(until: Option<chancery_wire::time::Instant>) -> AccountKind {
    let (owner, purpose) = (handle("alice"), "says who works here".to_owned());
    AccountKind::Bot(Bot { owner, purpose, scope: Some(Scope::Directory), until })
}

async fn only(who: &mut Client) -> Suspension {
    let all = who.suspended().await.unwrap().suspended;
    assert_eq!(all.len(), 1);
    all[0].clone()
}

both! {
    async fn who_is_suspended_is_out_at_once_and_comes_back_as_before(db: Db) {
        let mut door = Door::open(db).await;
        let room = door.room;
        sync(&mut door.bob).await;
        let mut second = door.blank("bob-second");
        links(&mut door.bob, &mut second).await;
        sync(&mut door.alice).await;
        assert_eq!(devices_in(&door.alice, "bob"), 2);
        let mut hr = joins(&mut door, "hr", &directory(None)).await;
        says(&mut door.bob, room, "before").await;
        sync(&mut door.alice).await;
        // Bob is connected, and his session is good for hours.
        let bob = door.bob.enrolled().unwrap();
        let token = door.session(&bob).await;
        let mut socket = door.connect(&bob).await;
        assert_eq!(hr.suspend(&handle("bob"), true).await.unwrap().pending.len(), 2, "his own room and this one");
        assert_eq!(socket.closed().await, 4001);
        let proof = proof(&bob, ("GET", "/v1/rooms"), Some(&token), now());
        assert_eq!(problem(door.signed("/v1/rooms", &token, &proof)).await, expected(Code::NoSession));
        for device in [&mut door.bob, &mut second] {
            let out = device.sync(Duration::from_secs(5), &mut |_| {}).await.unwrap_err();
            assert!(out.is(Code::Suspended), "{out}");
        }
        // Nobody adds him anywhere, and whoever is online takes him out.
        assert_eq!(only(&mut hr).await.suspended.as_deref(), Some("directory"));
        sync(&mut door.alice).await;
        assert_eq!(devices_in(&door.alice, "bob"), 0);
        assert!(events(&door.alice, room).ends_with("\nbob is suspended, and away until that is over"));
        let view = door.alice.find_room("private").unwrap();
        assert!(view.away[0].handle == handle("bob") && view.away[0].suspended);
        assert!(!only(&mut hr).await.pending.contains(&room), "it is carried out there");
        says(&mut door.alice, room, "while bob was out").await;
        let other = [handle("bob")];
        door.alice.open_room(&text("other"), &other).unwrap();
        sync(&mut door.alice).await;
        assert_eq!(door.alice.find_room("other").unwrap().members.len(), 1, "he cannot be added now");
        // Restored, he is back on both devices, and reads what is said from then on.
        hr.suspend(&handle("bob"), false).await.unwrap();
        assert_eq!(hr.suspended().await.unwrap().suspended, []);
        sync(&mut door.alice).await;
        sync(&mut door.bob).await;
        sync(&mut second).await;
        assert_eq!(devices_in(&door.alice, "bob"), 2);
        assert_eq!(door.alice.find_room("private").unwrap().away, []);
        assert!(events(&door.alice, room).ends_with("bob is back"), "{}", events(&door.alice, room));
        says(&mut door.alice, room, "welcome back").await;
        sync(&mut door.bob).await;
        sync(&mut second).await;
        assert_eq!(texts(&door.bob, room), ["before", "welcome back"]);
        assert_eq!(texts(&second, room), ["before", "welcome back"]);
        says(&mut second, room, "thank you").await;
        sync(&mut door.alice).await;
        assert_eq!(texts(&door.alice, room).last().unwrap(), "thank you");
        door.has_fact("accounts.suspended", 1).await;
        door.has_fact("accounts.restored", 1).await;
    }

    async fn who_is_restored_before_anybody_saw_it_has_missed_nothing(db: Db) {
        let mut door = Door::open(db).await;
        let room = door.room;
        sync(&mut door.bob).await;
        let mut mo = joins(&mut door, "mo", &AccountKind::Officer).await;
        mo.suspend(&handle("bob"), true).await.unwrap();
        let back = mo.suspend(&handle("bob"), false).await.unwrap();
        assert_eq!(back.pending, [], "nowhere is anything amiss");
        says(&mut door.alice, room, "nothing happened").await;
        sync(&mut door.bob).await;
        assert_eq!(texts(&door.bob, room), ["nothing happened"]);
        assert_eq!(devices_in(&door.alice, "bob"), 1);
    }

    async fn only_officers_and_the_directory_keep_somebody_out(db: Db) {
        let mut door = Door::open(db).await;
        let room = door.room;
        sync(&mut door.bob).await;
        let mut carol = joins(&mut door, "carol", &AccountKind::Person).await;
        let mut hr = joins(&mut door, "hr", &directory(None)).await;
        let mut mo = joins(&mut door, "mo", &AccountKind::Officer).await;
        assert!(carol.suspend(&handle("bob"), true).await.is_err());
        assert!(carol.suspended().await.unwrap_err().is(Code::Denied));
        assert!(hr.suspend(&handle("alice"), true).await.is_err(), "it has no power over officers");
        assert!(mo.suspend(&handle("mo"), true).await.is_err());
        mo.suspend(&handle("bob"), true).await.unwrap();
        assert!(hr.suspend(&handle("bob"), false).await.is_err(), "what an officer has said stays said");
        // Nobody brings him in by another way: not by adding him, and not by his recovery.
        door.alice.want(room, Want::Add(vec![handle("carol")], Role::Member)).unwrap();
        sync(&mut door.alice).await;
        sync(&mut carol).await;
        assert_eq!(devices_in(&carol, "bob"), 0);
        let again = door.alice.want(room, Want::Add(vec![handle("bob")], Role::Member));
        assert!(again.is_err(), "he has his place, and nobody brings him to it");
    }

    async fn what_a_suspended_officer_has_made_before_lets_nobody_in(db: Db) {
        let mut door = Door::open(db).await;
        let mut mo = joins(&mut door, "mo", &AccountKind::Officer).await;
        let link = mo.invite(&handle("dave"), &AccountKind::Officer).await.unwrap().0.to_string();
        let bot = AccountKind::Bot(Bot { owner: handle("mo"), purpose: "pages".to_owned(), scope: None, until: None });
        let mut pager = joins(&mut door, "pager", &bot).await;
        let token = door.session(&pager.enrolled().unwrap()).await;
        let pagers = pager.enrolled().unwrap();
        let mut socket = door.connect(&pagers).await;
        door.alice.suspend(&handle("mo"), true).await.unwrap();
        let mut dave = door.blank("dave");
        let refused = dave.join(&link).await.unwrap_err();
        assert!(refused.is(Code::NoInvitation), "{refused}");
        // Nor is a program heard for which nobody answers.
        assert_eq!(socket.closed().await, 4001);
        let proof = proof(&pagers, ("GET", "/v1/rooms"), Some(&token), now());
        assert_eq!(problem(door.signed("/v1/rooms", &token, &proof)).await, expected(Code::Suspended));
        door.alice.suspend(&handle("mo"), false).await.unwrap();
        sync(&mut pager).await;
        dave.join(&link).await.unwrap();
    }

    async fn a_program_does_nothing_once_its_time_is_over(db: Db) {
        let mut door = Door::open(db).await;
        let kind = directory(Some(now().plus_seconds(-1)));
        let link = door.alice.invite(&handle("hr"), &kind).await.unwrap().0.to_string();
        let mut hr = door.blank("hr");
        hr.join(&link).await.unwrap();
        let out = hr.sync(Duration::from_secs(5), &mut |_| {}).await.unwrap_err();
        assert!(out.is(Code::RunOut), "{out}");
        assert!(hr.suspend(&handle("bob"), true).await.is_err());
    }
}
