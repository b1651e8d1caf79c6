//! Devices that were lost, one or all: taken out by whoever is there, and the account back as a new device.

use std::time::Duration;

use chancery_sdk::{AccountKind, Client, Said, Want};
use chancery_testkit::both;
use chancery_wire::{api::CameBy, ids::RoomId, names::Handle, problem::Code};

use super::door::{Door, links, says, sync, texts};

pub(crate) fn handle(name: &str) -> Handle {
    name.parse().unwrap()
}

/// Somebody whom Alice invites.
pub(crate) async fn joins(door: &mut Door, name: &str, kind: &AccountKind) -> Client {
    let link = door.alice.invite(&handle(name), kind).await.unwrap().0.to_string();
    let mut client = door.blank(name);
    client.join(&link).await.unwrap();
    sync(&mut client).await;
    client
}

/// An officer vouches for the new device of somebody.
async fn vouches(officer: &mut Client, new: &mut Client, whose: &str) -> bool {
    let mut linking = officer.begin_vouching(&handle(whose)).await.unwrap();
    let link = linking.link.to_string();
    let there = async {
        let vouching = new.ask_to_be_vouched_for(&link).await.unwrap();
        assert_eq!(vouching.handle, handle(whose));
        (vouching.words.clone(), new.be_vouched_for(&vouching, &mut |_| {}).await.unwrap())
    };
    let here = async {
        let words = officer.meet(&mut linking).await.unwrap();
        officer.approve(&linking).await.unwrap();
        words
    };
    let ((shown, identity), words) = tokio::join!(there, here);
    assert_eq!(shown, words);
    identity.is_some()
}

pub(crate) fn events(client: &Client, room: RoomId) -> String {
    let lines = client.lines(room, Some(0), u32::MAX).unwrap();
    let event = |said: &Said| if let Said::Event(text) = said { Some(text.clone()) } else { None };
    lines.iter().filter_map(|line| event(&line.message.said)).collect::<Vec<_>>().join("\n")
}

pub(crate) fn devices_in(client: &Client, whose: &str) -> usize {
    let room = client.find_room("private").unwrap();
    room.members.iter().filter(|member| member.handle == handle(whose)).count()
}

both! {
    async fn a_device_that_an_officer_revokes_is_out_at_once_and_taken_out_by_whoever_is_there(db: Db) {
        let mut door = Door::open(db).await;
        let room = door.room;
        // Carol is a plain member. Alice, who owns the room, and Bob are away from now on.
        let mut carol = joins(&mut door, "carol", &AccountKind::Person).await;
        let mut mo = joins(&mut door, "mo", &AccountKind::Officer).await;
        door.alice.want(room, Want::Add(vec![handle("carol")], chancery_wire::policy::Role::Member)).unwrap();
        sync(&mut door.alice).await;
        sync(&mut door.bob).await;
        sync(&mut carol).await;
        assert_eq!(devices_in(&carol, "bob"), 1);
        let bobs = door.bob.enrolled().unwrap().device;
        // Carol is no officer.
        assert!(carol.revoke_of(&handle("bob"), (bobs, true)).await.is_err());
        mo.revoke_of(&handle("bob"), (bobs, true)).await.unwrap();
        assert!(door.bob.sync(Duration::from_secs(5), &mut |_| {}).await.is_err(), "it is unknown");
        sync(&mut carol).await;
        assert_eq!(devices_in(&carol, "bob"), 0);
        assert!(events(&carol, room).contains("bob's only device here was revoked"));
        says(&mut carol, room, "bob hears this no more").await;
        // The others judge it by Bob's chain, and follow.
        sync(&mut door.alice).await;
        assert_eq!(texts(&door.alice, room).last().unwrap(), "bob hears this no more");
        assert!(!texts(&door.bob, room).contains(&"bob hears this no more".to_owned()));
    }

    async fn an_account_comes_back_by_its_recovery_key_and_keeps_its_place(db: Db) {
        let mut door = Door::open(db).await;
        let room = door.room;
        sync(&mut door.bob).await;
        let link = door.bob.make_recovery_key(true).await.unwrap().unwrap().to_string();
        let mut new = door.blank("bob-new");
        let wrong = link.replacen("=bob.", "=alice.", 1);
        assert!(new.recover(&wrong, &mut |_| {}).await.is_err(), "it is Bob's key and nobody else's");
        new.recover(&link, &mut |_| {}).await.unwrap();
        // Typed once more, it is done already.
        new.recover(&link, &mut |_| {}).await.unwrap();
        let lost = door.bob.sync(Duration::from_secs(5), &mut |_| {}).await.unwrap_err();
        assert!(lost.is(Code::DeviceRevoked), "the lost device hears that it was revoked: {lost}");
        sync(&mut door.alice).await;
        sync(&mut new).await;
        assert_eq!(devices_in(&door.alice, "bob"), 1);
        assert!(events(&door.alice, room).contains("bob came back on a new device, by the recovery key"));
        says(&mut door.alice, room, "welcome back").await;
        sync(&mut new).await;
        assert_eq!(texts(&new, room), ["welcome back"]);
        says(&mut new, room, "thank you").await;
        sync(&mut door.alice).await;
        assert_eq!(texts(&door.alice, room).last().unwrap(), "thank you");
        // Another link, for an account that has gone on, is no way in for what was made for it before.
        let again = new.make_recovery_key(true).await.unwrap().unwrap().to_string();
        let mut late = door.blank("late");
        late.recover(&again, &mut |_| {}).await.unwrap();
        assert!(new.sync(Duration::from_secs(5), &mut |_| {}).await.is_err());
        // It brings nobody back a second time.
        let mut thief = door.blank("thief");
        assert!(thief.recover(&link, &mut |_| {}).await.is_err());
    }

    async fn who_lost_the_only_device_and_had_it_revoked_comes_back_to_the_same_place(db: Db) {
        let mut door = Door::open(db).await;
        let room = door.room;
        let mut mo = joins(&mut door, "mo", &AccountKind::Officer).await;
        sync(&mut door.bob).await;
        says(&mut door.bob, room, "before").await;
        let link = door.bob.make_recovery_key(true).await.unwrap().unwrap().to_string();
        let bobs = door.bob.enrolled().unwrap().device;
        mo.revoke_of(&handle("bob"), (bobs, true)).await.unwrap();
        sync(&mut door.alice).await;
        assert_eq!(devices_in(&door.alice, "bob"), 0, "the lost device is out at once");
        assert!(events(&door.alice, room).contains("bob is away until there is another"));
        let view = door.alice.find_room("private").unwrap();
        assert_eq!(view.away.len(), 1);
        assert!(view.away[0].handle == handle("bob") && !view.away[0].suspended);
        says(&mut door.alice, room, "while bob was away").await;
        let mut new = door.blank("bob-new");
        new.recover(&link, &mut |_| {}).await.unwrap();
        sync(&mut door.alice).await;
        sync(&mut new).await;
        assert_eq!(door.alice.find_room("private").unwrap().away, []);
        assert!(events(&door.alice, room).contains("bob came back on a new device, by the recovery key"));
        says(&mut new, room, "here again").await;
        sync(&mut door.alice).await;
        assert_eq!(texts(&door.alice, room), ["before", "while bob was away", "here again"]);
        assert_eq!(texts(&new, room), ["before", "here again"]);
    }

    async fn the_only_owner_loses_the_device_and_not_the_room(db: Db) {
        let mut door = Door::open(db).await;
        let room = door.room;
        let mut mo = joins(&mut door, "mo", &AccountKind::Officer).await;
        sync(&mut door.bob).await;
        let link = door.alice.make_recovery_key(true).await.unwrap().unwrap().to_string();
        let alices = door.alice.enrolled().unwrap().device;
        mo.revoke_of(&handle("alice"), (alices, true)).await.unwrap();
        sync(&mut door.bob).await;
        assert_eq!(devices_in(&door.bob, "alice"), 0, "a revoked device goes, whatever its account owns");
        says(&mut door.bob, room, "alice hears this no more").await;
        let mut new = door.blank("alice-new");
        new.recover(&link, &mut |_| {}).await.unwrap();
        sync(&mut door.bob).await;
        sync(&mut new).await;
        new.want(room, Want::Add(vec![handle("mo")], chancery_wire::policy::Role::Member)).unwrap();
        sync(&mut new).await;
        sync(&mut mo).await;
        assert_eq!(devices_in(&mo, "mo"), 1, "she owns the room on");
    }

    async fn who_is_away_can_be_removed_by_who_may(db: Db) {
        let mut door = Door::open(db).await;
        let room = door.room;
        let mut mo = joins(&mut door, "mo", &AccountKind::Officer).await;
        sync(&mut door.bob).await;
        let link = door.bob.make_recovery_key(true).await.unwrap().unwrap().to_string();
        let bobs = door.bob.enrolled().unwrap().device;
        mo.revoke_of(&handle("bob"), (bobs, true)).await.unwrap();
        sync(&mut door.alice).await;
        door.alice.want(room, Want::Remove(handle("bob"))).unwrap();
        sync(&mut door.alice).await;
        assert_eq!(door.alice.find_room("private").unwrap().away, []);
        assert!(events(&door.alice, room).contains("alice removed bob"));
        let mut new = door.blank("bob-new");
        new.recover(&link, &mut |_| {}).await.unwrap();
        sync(&mut door.alice).await;
        sync(&mut new).await;
        assert_eq!(devices_in(&door.alice, "bob"), 0, "nobody brings in who was removed");
    }

    async fn an_account_comes_back_vouched_for_by_two_officers(db: Db) {
        let mut door = Door::open(db).await;
        let room = door.room;
        sync(&mut door.bob).await;
        let mut mo = joins(&mut door, "mo", &AccountKind::Officer).await;
        let mut carol = joins(&mut door, "carol", &AccountKind::Person).await;
        assert!(carol.begin_vouching(&handle("bob")).await.is_err(), "she is no officer");
        assert!(mo.begin_vouching(&handle("mo")).await.is_err(), "nobody vouches for oneself");
        let mut new = door.blank("bob-new");
        assert!(!vouches(&mut mo, &mut new, "bob").await, "one officer is not enough");
        assert!(!vouches(&mut mo, &mut new, "bob").await, "nor is one twice");
        assert!(door.bob.sync(Duration::from_secs(5), &mut |_| {}).await.is_ok(), "nothing has happened yet");
        assert!(vouches(&mut door.alice, &mut new, "bob").await);
        assert!(door.bob.sync(Duration::from_secs(5), &mut |_| {}).await.is_err(), "the lost device is unknown");
        sync(&mut door.alice).await;
        sync(&mut new).await;
        assert!(events(&door.alice, room).contains("bob came back on a new device, vouched for by"));
        says(&mut door.alice, room, "welcome back").await;
        sync(&mut new).await;
        assert_eq!(texts(&new, room), ["welcome back"]);
    }

    /// Whoever came back by a found link links one more device: a rule that asks how devices came asks that one as well.
    async fn what_a_device_links_has_come_as_it_has(db: Db) {
        let mut door = Door::open(db).await;
        let link = door.bob.make_recovery_key(true).await.unwrap().unwrap().to_string();
        let rule = "forbid (principal is Account, action == Files::Action::\"begin\", resource) when { principal has came && principal.came == \"recovery-key\" };";
        let name = "came-back".parse().unwrap();
        door.alice.amend(chancery_sdk::Change::Rule { name, cedar: Some(rule.to_owned()) }).await.unwrap();
        assert!(door.bob.explain(None, "files.begin").await.unwrap().allowed);
        let mut back = door.blank("back");
        back.recover(&link, &mut |_| {}).await.unwrap();
        let mut linked = door.blank("linked");
        links(&mut back, &mut linked).await;
        for device in [&mut back, &mut linked] {
            let why = device.explain(None, "files.begin").await.unwrap();
            assert!(!why.allowed && !why.by_devices.contains(&CameBy::RecoveryKey), "{why:?}");
        }
    }
}
