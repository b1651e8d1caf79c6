//! Rooms that are filled from groups of the directory: by what the provider says, and not by what the server says of it.

use chancery_sdk::{AccountKind, Client, Passed, Want};
use chancery_testkit::both;
use chancery_wire::{ids::RoomId, policy::Role};
use serde_json::{Value, json};

use super::{
    door::{Door, says, sync, text, texts},
    provisioning::{GROUP, changes, does, person},
    recovery::{handle, joins},
    suspensions::directory,
};

/// Who is in a room, as somebody sees it.
fn inside(who: &Client, room: RoomId) -> Vec<String> {
    let mut all: Vec<_> = who.room(room).unwrap().members.iter().map(|it| it.handle.to_string()).collect();
    all.sort();
    all.dedup();
    all
}

async fn group(hr: &mut Client, name: &str, members: &[&str]) -> String {
    let members: Vec<Value> = members.iter().map(|it| json!({ "value": it })).collect();
    let made = json!({"schemas": [GROUP], "displayName": name, "members": members});
    does(hr, "POST", "/Groups", made).await["id"].as_str().unwrap().to_owned()
}

both! {
    async fn a_room_holds_the_people_of_a_group_of_the_directory(db: Db) {
        let mut door = Door::open(db).await;
        let mut hr = joins(&mut door, "hr", &directory(None)).await;
        let mut carol = joins(&mut door, "carol", &AccountKind::Person).await;
        let bob = person(&mut hr, "Bob@bank.example").await;
        let mallory = person(&mut hr, "mallory").await;
        let nobody = person(&mut hr, "zoe").await;
        let team = group(&mut hr, "Ward 7", &[&bob, &nobody]).await;
        let path = format!("/Groups/{team}");

        let room = door.alice.open_room(&text("ward"), &[handle("hr")]).unwrap();
        sync(&mut door.alice).await;
        sync(&mut hr).await;
        assert!(hr.fill_room(room, Some("Ward 8")).is_err(), "there is no such group");
        hr.fill_room(room, Some("ward 7")).unwrap();
        // A program that may not change who is in the room says so, and does nothing.
        let filling = hr.fill_rooms().await.unwrap();
        assert!(filling.came.is_empty() && filling.stuck.len() == 1, "{filling:?}");
        door.alice.want(room, Want::Role(handle("hr"), Role::Moderator)).unwrap();
        sync(&mut door.alice).await;
        let filling = hr.fill_rooms().await.unwrap();
        assert_eq!(filling.came, [(room, handle("bob"))], "who has no account yet waits: {filling:?}");
        sync(&mut door.alice).await;
        says(&mut door.alice, room, "good morning").await;
        sync(&mut door.bob).await;
        assert_eq!(inside(&door.bob, room), ["alice", "bob", "hr"]);
        assert_eq!(texts(&door.bob, room), ["good morning"]);
        assert!(hr.fill_rooms().await.unwrap().came.is_empty(), "once is enough");

        // The group changes, and the room with it. Whoever owns the room stays.
        let moved = json!([
            {"op": "remove", "path": format!("members[value eq \"{bob}\"]")},
            {"op": "add", "path": "members", "value": [{"value": mallory}]},
        ]);
        does(&mut hr, "PATCH", &path, changes(&moved)).await;
        let filling = hr.fill_rooms().await.unwrap();
        assert_eq!((filling.came, filling.went), (vec![(room, handle("mallory"))], vec![(room, handle("bob"))]));
        for who in [&mut door.alice, &mut door.mallory, &mut door.bob] {
            sync(who).await;
        }
        assert_eq!(inside(&door.alice, room), ["alice", "hr", "mallory"]);
        says(&mut door.alice, room, "without bob").await;
        sync(&mut door.bob).await;
        assert_eq!(texts(&door.bob, room), ["good morning"]);

        // Who was added by hand goes again: the room holds the group.
        door.alice.want(room, Want::Add(vec![handle("carol")], Role::Member)).unwrap();
        sync(&mut door.alice).await;
        sync(&mut carol).await;
        assert_eq!(hr.fill_rooms().await.unwrap().went, [(room, handle("carol"))]);
        // And from no group, nobody comes or goes.
        hr.fill_room(room, None).unwrap();
        does(&mut hr, "DELETE", &path, Value::Null).await;
        let filling = hr.fill_rooms().await.unwrap();
        assert!(filling.came.is_empty() && filling.went.is_empty());
        sync(&mut door.mallory).await;
        assert_eq!(inside(&door.mallory, room), ["alice", "hr", "mallory"]);
    }

    /// Who is in a group is what the provider has said to the program that fills the room. What the server tells, by whomever it was said, does
    /// not count.
    async fn the_server_brings_nobody_into_a_room_that_is_filled_from_a_group(db: Db) {
        let mut door = Door::open(db).await;
        let mut hr = joins(&mut door, "hr", &directory(None)).await;
        let mut other = joins(&mut door, "hr2", &directory(None)).await;
        let bob = person(&mut hr, "bob").await;
        let team = group(&mut hr, "desk", &[&bob]).await;
        let room = door.alice.open_room(&text("desk"), &[handle("hr")]).unwrap();
        sync(&mut door.alice).await;
        door.alice.want(room, Want::Role(handle("hr"), Role::Moderator)).unwrap();
        sync(&mut door.alice).await;
        sync(&mut hr).await;
        hr.fill_room(room, Some("desk")).unwrap();
        // As a server would tell it that has taken it from nobody who may say so here.
        let mallory = person(&mut other, "mallory").await;
        let added = json!([{"op": "add", "path": "members", "value": [{"value": mallory}]}]);
        let now = does(&mut other, "PATCH", &format!("/Groups/{team}"), changes(&added)).await;
        assert_eq!(now["members"].as_array().unwrap().len(), 2, "the server has it");
        // Also where its answer to something else shows it.
        let renamed = json!([{"op": "replace", "path": "displayName", "value": "Desk"}]);
        let shown = does(&mut hr, "PATCH", &format!("/Groups/{team}"), changes(&renamed)).await;
        assert_eq!(shown["members"].as_array().unwrap().len(), 2);
        assert_eq!(hr.fill_rooms().await.unwrap().came, [(room, handle("bob"))]);
        sync(&mut door.alice).await;
        assert_eq!(inside(&door.alice, room), ["alice", "bob", "hr"]);
        // Nor by showing one person under the id of another: the provider would name her, and mean him. It is not passed on.
        let called = json!([{"op": "replace", "path": "userName", "value": "mallory.b"}]);
        does(&mut other, "PATCH", &format!("/Users/{bob}"), changes(&called)).await;
        let shown = hr.pass(("GET", &format!("/scim/v2/Users/{bob}")), &Passed::default()).await.unwrap_err();
        assert!(shown.to_string().contains("somebody else in the directory"), "{shown}");
        let listed = hr.pass(("GET", "/scim/v2/Users"), &Passed::default()).await.unwrap_err();
        assert!(listed.to_string().contains("somebody else in the directory"), "{listed}");
    }

    /// Whoever is not known to be out of the group is not taken out: it has another name, or is gone, or what was said of it is not understood.
    async fn nobody_goes_for_what_is_not_known(db: Db) {
        let mut door = Door::open(db).await;
        let mut hr = joins(&mut door, "hr", &directory(None)).await;
        let bob = person(&mut hr, "bob").await;
        let team = group(&mut hr, "desk", &[&bob]).await;
        let path = format!("/Groups/{team}");
        let room = door.alice.open_room(&text("desk"), &[handle("hr"), handle("mallory")]).unwrap();
        sync(&mut door.alice).await;
        door.alice.want(room, Want::Role(handle("hr"), Role::Moderator)).unwrap();
        sync(&mut door.alice).await;
        sync(&mut hr).await;
        hr.fill_room(room, Some("desk")).unwrap();
        let here = ["alice", "bob", "hr"].map(str::to_owned);
        let filling = hr.fill_rooms().await.unwrap();
        assert_eq!((filling.came, filling.went), (vec![(room, handle("bob"))], vec![(room, handle("mallory"))]));
        // Another name is the same group, and another group of the name is another one.
        let renamed = json!([{"op": "replace", "path": "displayName", "value": "Night desk"}]);
        does(&mut hr, "PATCH", &path, changes(&renamed)).await;
        let mallory = person(&mut hr, "mallory").await;
        group(&mut hr, "desk", &[&mallory]).await;
        assert!(hr.fill_rooms().await.unwrap().came.is_empty());
        // A form of saying it that this program does not read.
        let strange = json!([{"op": "remove", "path": format!("members[value eq \"{bob}\" or value eq \"{bob}\"]")}]);
        does(&mut hr, "PATCH", &path, changes(&strange)).await;
        let filling = hr.fill_rooms().await.unwrap();
        assert!(filling.went.is_empty() && filling.stuck[0].1.contains("say the whole group again"), "{filling:?}");
        let whole = json!({"schemas": [GROUP], "displayName": "Night desk", "members": [{"value": bob}]});
        does(&mut hr, "PUT", &path, whole).await;
        assert!(hr.fill_rooms().await.unwrap().stuck.is_empty());
        does(&mut hr, "DELETE", &path, Value::Null).await;
        let filling = hr.fill_rooms().await.unwrap();
        assert!(filling.went.is_empty() && filling.stuck[0].1.contains("the group is gone"), "{filling:?}");
        sync(&mut door.alice).await;
        assert_eq!(inside(&door.alice, room), here);
        // Two of a name: it is not said which one is meant.
        group(&mut hr, "desk", &[]).await;
        assert!(hr.fill_room(room, Some("desk")).unwrap_err().to_string().contains("several groups"));
    }
}
