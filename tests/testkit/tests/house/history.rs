//! What was said before a device came: told by another device of the account, and by nobody else.

use std::time::Duration;

use chancery_sdk::{Client, Said, Setting, Want};
use chancery_testkit::both;
use chancery_wire::{ids::RoomId, policy::Role};

use super::door::{Door, links, says, sync, text, texts};

/// A device of Alice's that has just been linked.
async fn linked(door: &mut Door, name: &str) -> Client {
    let mut new = door.blank(name);
    links(&mut door.alice, &mut new).await;
    new
}

both! {
    async fn a_device_that_is_linked_reads_and_finds_what_was_said_before(db: Db) {
        let mut door = Door::open(db).await;
        let room = door.room;
        for number in 0..1200 {
            door.alice.want(room, Want::Say(text(&format!("line {number}")))).unwrap();
        }
        sync(&mut door.alice).await;
        sync(&mut door.bob).await;
        says(&mut door.bob, room, "the secret word is zanzibar").await;
        let said = door.bob.lines(room, None, 1).unwrap().pop().unwrap().message;
        door.bob.want(room, Want::Edit(said.id.unwrap(), text("the secret word is quokka"))).unwrap();
        sync(&mut door.bob).await;
        sync(&mut door.alice).await;
        let mut phone = linked(&mut door, "phone").await;
        sync(&mut phone).await;
        assert!(texts(&phone, room) == texts(&door.alice, room));
        assert_eq!(texts(&phone, room).len(), 1201);
        // What was said last is found first, and by what it says now.
        let found = phone.search("quokka", 9).unwrap();
        assert_eq!(found[0].message.from.as_ref().unwrap().0.as_str(), "bob");
        assert!(phone.search("zanzibar", 9).unwrap().is_empty());
        let newest = phone.search("line", 3).unwrap();
        let newest: Vec<_> = newest.iter().map(|line| line.text().unwrap().reveal()).collect();
        assert_eq!(newest, ["line 1199", "line 1198", "line 1197"]);
        assert_eq!(phone.find_room("private").unwrap().unread, 0, "it is no news");
        assert_eq!(phone.rooms().unwrap().len(), 1, "what devices tell each other is no room of the person's");
        // Answers reach what was said before.
        let to = newest_id(&phone, room);
        phone.want(room, Want::Reply { to, text: text("yes"), threaded: false }).unwrap();
        sync(&mut phone).await;
        sync(&mut door.bob).await;
        assert!(door.bob.lines(room, None, 1).unwrap()[0].answers.is_some());
        // Nothing of it stays on the server once it was taken in.
        sync(&mut door.alice).await;
        door.house.sweep().await.unwrap();
        assert_eq!(door.files().await, 0);
    }

    async fn a_new_member_is_told_what_was_said_in_the_days_that_the_room_says(db: Db) {
        let mut door = Door::open(db).await;
        let room = door.room;
        says(&mut door.alice, room, "before anybody set anything").await;
        sync(&mut door.bob).await;
        // Nobody is told anything, unless the room says so; and Bob, who does not own it, cannot.
        assert!(door.bob.want(room, Want::Set(Setting::History(7))).is_err());
        door.alice.want(room, Want::Set(Setting::History(7))).unwrap();
        sync(&mut door.alice).await;
        for number in 0..700 {
            door.alice.want(room, Want::Say(text(&format!("line {number}")))).unwrap();
        }
        sync(&mut door.alice).await;
        door.alice.want(room, Want::Add(vec!["mallory".parse().unwrap()], Role::Member)).unwrap();
        sync(&mut door.alice).await;
        sync(&mut door.mallory).await;
        sync(&mut door.bob).await;
        let told = texts(&door.mallory, room);
        assert_eq!((told.len(), told.last().unwrap().as_str()), (701, "line 699"));
        let first = door.mallory.lines(room, Some(0), 9).unwrap();
        let line = first.iter().find(|line| line.text().is_some()).unwrap();
        assert_eq!(line.message.told_by.as_ref().unwrap().as_str(), "alice", "it is Alice's word who said it");
        assert_eq!(door.mallory.search("anybody", 9).unwrap().len(), 1);
        assert_eq!(door.mallory.find_room("private").unwrap().unread, 0, "it is no news");
        // Everybody sees that it was told, and that it was set.
        let events = |client: &Client| {
            let lines = client.lines(room, Some(0), u32::MAX).unwrap();
            let event = |said: &Said| if let Said::Event(text) = said { Some(text.clone()) } else { None };
            lines.iter().filter_map(|line| event(&line.message.said)).collect::<Vec<_>>().join("\n")
        };
        for client in [&door.bob, &door.alice] {
            assert!(events(client).contains("alice told who came what was said in the days before"));
            assert!(events(client).contains("in the 7 days before they came"));
        }
        // Who was there is told nothing anew.
        assert!(door.bob.lines(room, Some(0), u32::MAX).unwrap().iter().all(|line| line.message.told_by.is_none()));
    }

    async fn without_the_room_saying_so_a_new_member_is_told_nothing(db: Db) {
        let mut door = Door::open(db).await;
        let room = door.room;
        says(&mut door.alice, room, "between you and me").await;
        door.alice.want(room, Want::Add(vec!["mallory".parse().unwrap()], Role::Member)).unwrap();
        sync(&mut door.alice).await;
        sync(&mut door.mallory).await;
        assert!(texts(&door.mallory, room).is_empty());
        assert_eq!(door.files().await, 0);
    }

    async fn what_was_read_on_one_device_is_read_on_the_other(db: Db) {
        let mut door = Door::open(db).await;
        let room = door.room;
        let mut phone = linked(&mut door, "phone").await;
        sync(&mut door.bob).await;
        says(&mut door.bob, room, "news").await;
        sync(&mut phone).await;
        sync(&mut door.alice).await;
        assert_eq!(phone.find_room("private").unwrap().unread, 1);
        let last = door.alice.find_room("private").unwrap().seq;
        door.alice.mark_read(room, last).unwrap();
        sync(&mut door.alice).await;
        sync(&mut phone).await;
        assert_eq!(phone.find_room("private").unwrap().unread, 0);
    }

    async fn what_only_the_own_devices_know_reaches_them_and_nobody_else(db: Db) {
        let mut door = Door::open(db).await;
        let room = door.room;
        let mut phone = linked(&mut door, "phone").await;
        sync(&mut phone).await;
        let id = phone.enrolled().unwrap().device;
        door.alice.name_device(id, &chancery_wire::content::Written::name("phone").unwrap()).unwrap();
        door.alice.mute(room, true).unwrap();
        door.alice.keep_draft(room, "Dear Bob, ").unwrap();
        // A draft is told after a pause in which it may still be worked on.
        while phone.find_room("private").unwrap().draft.is_none() {
            sync(&mut door.alice).await;
            sync(&mut phone).await;
        }
        sync(&mut door.bob).await;
        let view = phone.find_room("private").unwrap();
        assert_eq!((view.muted, view.draft.as_deref()), (true, Some("Dear Bob, ")));
        assert_eq!(phone.device_name(id).unwrap().as_deref(), Some("phone"));
        let bobs = door.bob.find_room("private").unwrap();
        assert_eq!((bobs.muted, bobs.draft), (false, None));
        assert_eq!(door.bob.device_name(id).unwrap(), None);
    }

    async fn a_revoked_device_is_told_nothing_more(db: Db) {
        let mut door = Door::open(db).await;
        let mut phone = linked(&mut door, "phone").await;
        sync(&mut phone).await;
        let gone = phone.enrolled().unwrap().device;
        let pending = door.alice.revoke(gone, &mut |_| {}).await.unwrap();
        assert!(pending.is_empty(), "of the room of the own devices, too");
        let mut tablet = linked(&mut door, "tablet").await;
        sync(&mut tablet).await;
        assert!(phone.sync(Duration::from_secs(5), &mut |_| {}).await.is_err());
        let said = phone.lines(door.room, Some(0), 99).unwrap();
        assert!(said.iter().all(|line| !matches!(line.message.said, Said::Unopened(_))));
    }
}

fn newest_id(client: &Client, room: RoomId) -> chancery_wire::content::MessageId {
    let lines = client.lines(room, Some(0), u32::MAX).unwrap();
    lines.iter().rfind(|line| line.text().is_some()).unwrap().message.id.unwrap()
}
