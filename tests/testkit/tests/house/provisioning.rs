//! The directory on both databases: persons and groups, found, changed, and never more than their schema says.

use chancery_sdk::{AccountKind, Change, Client, Passed};
use chancery_testkit::both;
use chancery_wire::problem::Code;
use serde_json::{Value, json};

use super::{
    door::{Door, sync},
    recovery::{handle, joins},
    suspensions::directory,
};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub(crate) const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// The status and what is said, with the version.
async fn asks(
    who: &mut Client,
    method: &str,
    path: &str,
    body: Value,
    version: Option<&str>,
) -> (u16, Value) {
    let mut headers = vec![("content-type".to_owned(), "application/scim+json".to_owned())];
    headers.extend(version.map(|it| ("if-match".to_owned(), it.to_owned())));
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let passed = Passed { headers, body: body.into() };
    let (status, said) = who.pass((method, &format!("/scim/v2{path}")), &passed).await.unwrap();
    let kind = said.headers.iter().find(|(name, _)| name == "content-type").map(|(_, kind)| kind.as_str());
    assert!(said.body.is_empty() || kind == Some("application/scim+json"), "{kind:?}");
    (status, serde_json::from_slice(&said.body).unwrap_or_default())
}

/// Asks what has to work.
pub(crate) async fn does(who: &mut Client, method: &str, path: &str, body: Value) -> Value {
    let (status, said) = asks(who, method, path, body, None).await;
    assert!(status < 300, "{method} {path}: {status} {said}");
    said
}

/// What is refused: the status, and SCIM's word for it.
async fn refused(who: &mut Client, method: &str, path: &str, body: Value) -> (u16, String) {
    let (status, said) = asks(who, method, path, body, None).await;
    assert_eq!(said["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]), "{status} {said}");
    assert_eq!(said["status"], status.to_string());
    (status, said["scimType"].as_str().unwrap_or_default().to_owned())
}

pub(crate) async fn person(who: &mut Client, name: &str) -> String {
    let it = does(who, "POST", "/Users", json!({"schemas": [USER], "userName": name})).await;
    it["id"].as_str().unwrap().to_owned()
}

pub(crate) fn changes(operations: &Value) -> Value {
    json!({"schemas": [PATCH], "Operations": operations})
}

fn names(list: &Value) -> Vec<&str> {
    list["Resources"].as_array().unwrap().iter().map(|it| it["userName"].as_str().unwrap()).collect()
}

both! {
    async fn people_are_made_found_changed_and_deleted(db: Db) {
        let mut door = Door::open(db).await;
        let mut hr = joins(&mut door, "hr", &directory(None)).await;
        let bob = json!({
            "schemas": [USER, ENTERPRISE], "userName": "Bob", "externalId": "7f", "PASSWORD": "swordfish", "phoneNumbers": [{"value": "1"}],
            "name": {"givenName": "Bob", "familyName": "Builder"}, "active": "True",
            "emails": [{"value": "bob@bank.example", "type": "work", "primary": true}, {"value": "b@home.example", "type": "home"}],
            ENTERPRISE: {"department": "Trading", "manager": "26118915"},
        });
        let made = does(&mut hr, "POST", "/Users", bob).await;
        let id = made["id"].as_str().unwrap().to_owned();
        assert_eq!((&made["active"], &made["name"]["familyName"]), (&json!(true), &json!("Builder")));
        assert_eq!(made[ENTERPRISE]["manager"]["value"], "26118915");
        assert!(made.get("password").is_none() && made.get("phoneNumbers").is_none(), "nothing is kept that is of no use");
        for n in 0..5 {
            person(&mut hr, &format!("p{n}")).await;
        }
        // Found: by name in any capitals, by the provider's name, by parts, and page by page.
        for filter in [
            "userName eq \"BOB\"", "externalId eq \"7f\"", "emails[type eq \"work\" and value ew \"bank.example\"]",
            "name.familyName sw \"build\" and active eq true", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq \"trading\"",
            "not (userName sw \"p\")", "emails.value co \"home\" or title pr", "meta.created gt \"2020-01-01T00:00:00Z\" and userName eq \"bob\"",
        ] {
            let search = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": filter});
            let found = does(&mut hr, "POST", "/Users/.search", search).await;
            assert_eq!((names(&found), &found["totalResults"]), (vec!["Bob"], &json!(1)), "{filter}");
        }
        for none in ["externalId eq \"7F\"", "userName eq \"bo\\u0000b\"", "emails[type eq \"home\" and value ew \"bank.example\"]", "title pr", "active eq false"] {
            let found = does(&mut hr, "POST", "/Users/.search", json!({"filter": none})).await;
            assert_eq!(found["totalResults"], 0, "{none}");
        }
        let page = does(&mut hr, "GET", "/Users?startIndex=3&count=2&attributes=userName", Value::Null).await;
        assert_eq!((names(&page), &page["totalResults"], &page["startIndex"]), (vec!["p1", "p2"], &json!(6), &json!(3)));
        assert!(page["Resources"][0].get("meta").is_none() && page["Resources"][0].get("id").is_some());
        let counted = does(&mut hr, "GET", "/Users?count=0", Value::Null).await;
        assert_eq!((&counted["totalResults"], &counted["Resources"]), (&json!(6), &json!([])));
        // Changed, as providers do it; and only as it was read.
        let path = format!("/Users/{id}");
        let changed = changes(&json!([
            {"op": "Replace", "path": "emails[type eq \"work\"].value", "value": "bob@trading.example"},
            {"op": "add", "path": "emails[type eq \"other\"].value", "value": "o@bank.example"},
            {"op": "remove", "path": "emails[type eq \"home\"]"},
            {"op": "replace", "value": {"name.givenName": "Robert", "displayName": "Bob B.", "nickName": "B"}},
            {"op": "add", "path": ENTERPRISE, "value": {"costCenter": "4130"}},
        ]));
        let (status, now) = asks(&mut hr, "PATCH", &path, changed.clone(), Some("W/\"1\"")).await;
        assert_eq!(status, 200, "{now}");
        let emails: Vec<&str> = now["emails"].as_array().unwrap().iter().map(|it| it["value"].as_str().unwrap()).collect();
        assert_eq!(emails, ["bob@trading.example", "o@bank.example"]);
        assert_eq!((&now["name"]["givenName"], &now["name"]["familyName"]), (&json!("Robert"), &json!("Builder")));
        assert_eq!((&now[ENTERPRISE]["costCenter"], &now[ENTERPRISE]["department"]), (&json!("4130"), &json!("Trading")));
        assert_eq!(now["meta"]["version"], "W/\"2\"");
        assert_eq!(asks(&mut hr, "PATCH", &path, changed, Some("W/\"1\"")).await.0, 412);
        assert_eq!(asks(&mut hr, "DELETE", &path, Value::Null, Some("\"1\"")).await.0, 412);
        assert_eq!(asks(&mut hr, "DELETE", &path, Value::Null, Some("W/\"2\"")).await.0, 204);
        assert_eq!(refused(&mut hr, "GET", &path, Value::Null).await.0, 404);
        door.has_fact("provisioning.deleted", 1).await;
    }

    async fn groups_have_members_and_people_know_their_groups(db: Db) {
        let mut door = Door::open(db).await;
        let mut hr = joins(&mut door, "hr", &directory(None)).await;
        let all = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [
            {"method": "POST", "path": "/Groups", "bulkId": "g", "data": {"schemas": [GROUP], "displayName": "Traders",
                "members": [{"value": "bulkId:b"}, {"value": "bulkId:c"}]}},
            {"method": "POST", "path": "/Users", "bulkId": "b", "data": {"schemas": [USER], "userName": "bob"}},
            {"method": "POST", "path": "/Users", "bulkId": "c", "data": {"schemas": [USER], "userName": "carol"}},
            {"method": "POST", "path": "/Users", "bulkId": "d", "data": {"schemas": [USER], "userName": "BOB@bank.example"}},
            {"method": "DELETE", "path": "/Users/bulkId:nobody"},
        ]});
        let done = does(&mut hr, "POST", "/Bulk", all).await;
        let status: Vec<&str> = done["Operations"].as_array().unwrap().iter().map(|it| it["status"].as_str().unwrap()).collect();
        assert_eq!(status, ["201", "201", "201", "409", "400"]);
        let id = |at: usize| done["Operations"][at]["location"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        let (team, bob, carol) = (id(0), id(1), id(2));
        let seen = does(&mut hr, "GET", &format!("/Users/{bob}"), Value::Null).await;
        assert_eq!((&seen["groups"][0]["value"], &seen["groups"][0]["display"]), (&json!(team), &json!("Traders")));
        let found = does(&mut hr, "POST", "/Users/.search", json!({"filter": format!("groups.value eq \"{team}\"")})).await;
        assert_eq!(names(&found), ["bob", "carol"]);
        let path = format!("/Groups/{team}");
        let gone = changes(&json!([{"op": "remove", "path": format!("members[value eq \"{bob}\"]")}]));
        let now = does(&mut hr, "PATCH", &path, gone).await;
        assert_eq!(now["members"].as_array().unwrap().len(), 1);
        // Twice the same is once; as some providers remove.
        let again = changes(&json!([{"op": "add", "path": "members", "value": [{"value": bob}, {"value": carol}]}]));
        assert_eq!(does(&mut hr, "PATCH", &path, again).await["members"].as_array().unwrap().len(), 2);
        let gone = changes(&json!([{"op": "remove", "path": "members", "value": [{"value": carol}]}]));
        assert_eq!(does(&mut hr, "PATCH", &path, gone).await["members"].as_array().unwrap().len(), 1);
        let unknown = changes(&json!([{"op": "add", "path": "members", "value": [{"value": "nobody"}]}]));
        assert_eq!(refused(&mut hr, "PATCH", &path, unknown).await, (400, "invalidValue".to_owned()));
        does(&mut hr, "DELETE", &format!("/Users/{bob}"), Value::Null).await;
        assert!(does(&mut hr, "GET", &path, Value::Null).await.get("members").is_none());
        let both = does(&mut hr, "POST", "/.search", json!({"filter": "displayName eq \"traders\" or userName eq \"carol\""})).await;
        assert_eq!(both["totalResults"], 2, "each by the attributes that it has: {both}");
        // Page by page through both kinds, nobody is there twice.
        let mut seen = Vec::new();
        for start in 1..=3 {
            let page = does(&mut hr, "POST", "/.search", json!({"startIndex": start, "count": 1})).await;
            assert_eq!((&page["totalResults"], page["Resources"].as_array().unwrap().len()), (&json!(2), usize::from(start < 3)));
            seen.extend(page["Resources"].as_array().unwrap().iter().map(|it| it["id"].clone()));
        }
        assert_eq!(seen, [json!(carol), json!(team)]);
    }

    async fn a_group_gives_the_roles_that_people_have_signed_it_to(db: Db) {
        let mut door = Door::open(db).await;
        let mut hr = joins(&mut door, "hr", &directory(None)).await;
        let bob = person(&mut hr, "bob").await;
        let desk = json!({"schemas": [GROUP], "displayName": "Help Desk", "members": [{"value": bob}]});
        let group = does(&mut hr, "POST", "/Groups", desk).await;
        let group = format!("/Groups/{}", group["id"].as_str().unwrap());
        let alice = handle("alice");
        // The directory alone gives nothing.
        assert!(door.bob.sessions_of(&alice).await.unwrap_err().is(Code::Denied));
        let map = |holds| Change::Map { group: "help desk".to_owned(), role: "help-desk".parse().unwrap(), holds };
        door.alice.amend(map(true)).await.unwrap();
        door.bob.sessions_of(&alice).await.unwrap();
        // Whoever asks why is told of the group, he and who looks after it.
        let own = door.bob.explain(None, "signin.list-others").await.unwrap();
        let hers = door.alice.explain(Some(handle("bob")), "signin.list-others").await.unwrap();
        for why in [own, hers] {
            assert!(why.allowed && why.roles[0].by_group && why.roles[0].role.as_str() == "help-desk", "{why:?}");
        }
        assert!(door.bob.end_sessions_of(&alice).await.unwrap_err().is(Code::Denied), "and nothing besides");
        assert!(door.mallory.sessions_of(&alice).await.unwrap_err().is(Code::Denied));
        // Out of the group, out of the role; and so when people take it back.
        let none = changes(&json!([{"op": "replace", "path": "members", "value": []}]));
        does(&mut hr, "PATCH", &group, none).await;
        assert!(door.bob.sessions_of(&alice).await.unwrap_err().is(Code::Denied));
        let again = changes(&json!([{"op": "add", "path": "members", "value": [{"value": bob}]}]));
        does(&mut hr, "PATCH", &group, again).await;
        door.bob.sessions_of(&alice).await.unwrap();
        door.alice.amend(map(false)).await.unwrap();
        assert!(door.bob.sessions_of(&alice).await.unwrap_err().is(Code::Denied));
    }

    async fn what_does_not_hold_is_refused_in_the_words_of_scim(db: Db) {
        let mut door = Door::open(db).await;
        let mut hr = joins(&mut door, "hr", &directory(None)).await;
        let id = person(&mut hr, "carol").await;
        let path = format!("/Users/{id}");
        for (method, at, body, expected) in [
            ("POST", "/Users", json!({"schemas": [USER], "userName": "CAROL"}), (409, "uniqueness")),
            ("POST", "/Users", json!({"schemas": [USER], "userName": "carol@bank.example"}), (409, "uniqueness")),
            ("POST", "/Users", json!({"schemas": [USER]}), (400, "invalidValue")),
            ("POST", "/Users", json!({"schemas": [GROUP], "userName": "x"}), (400, "invalidValue")),
            ("POST", "/Users", json!({"userName": "x"}), (400, "invalidValue")),
            ("POST", "/Users", json!({"schemas": [USER], "userName": 7}), (400, "invalidValue")),
            ("POST", "/Users", json!({"schemas": [USER], "userName": "x".repeat(1_025)}), (400, "invalidValue")),
            ("POST", "/Users", json!([]), (400, "invalidValue")),
            ("PATCH", path.as_str(), changes(&json!([{"op": "add", "path": "id", "value": "1"}])), (400, "mutability")),
            ("PATCH", path.as_str(), changes(&json!([{"op": "add", "path": "groups", "value": [{"value": "1"}]}])), (400, "mutability")),
            ("PATCH", path.as_str(), changes(&json!([{"op": "remove", "path": "userName"}])), (400, "invalidValue")),
            ("PATCH", path.as_str(), changes(&json!([{"op": "remove"}])), (400, "noTarget")),
            ("PATCH", path.as_str(), changes(&json!([{"op": "replace", "path": "emails[type eq \"work\"].value", "value": "x"}])), (400, "noTarget")),
            ("PATCH", path.as_str(), changes(&json!([{"op": "add", "path": "shoeSize", "value": 9}])), (400, "invalidPath")),
            ("PATCH", path.as_str(), changes(&json!([{"op": "add", "path": "emails[", "value": 9}])), (400, "invalidPath")),
            ("PATCH", path.as_str(), changes(&json!([{"op": "eat", "path": "title"}])), (400, "invalidSyntax")),
            ("PATCH", path.as_str(), json!({}), (400, "invalidSyntax")),
            ("POST", "/Users/.search", json!({"filter": "userName eq"}), (400, "invalidFilter")),
            ("POST", "/Users/.search", json!({"filter": "shoeSize eq 9"}), (400, "invalidFilter")),
            ("POST", "/Users/.search", json!({"filter": format!("{}userName pr{}", "(".repeat(500), ")".repeat(500))}), (400, "invalidFilter")),
            ("GET", "/Users?startIndex=one", Value::Null, (400, "invalidValue")),
            ("POST", "/Users", json!({"schemas": [USER], "userName": " carol "}), (400, "invalidValue")),
            ("POST", "/Users", json!({"schemas": [USER], "userName": "x", "externalId": "\u{6f22}".repeat(1_020)}), (400, "invalidValue")),
            ("POST", "/Users/.search", json!({"filter": "meta.created gt \"yesterday\""}), (400, "invalidFilter")),
            ("GET", "/Me", Value::Null, (501, "")),
            ("GET", "/Shoes", Value::Null, (404, "")),
            ("GET", "/Users/1", Value::Null, (404, "")),
            ("PUT", "/ServiceProviderConfig/x/y", json!({}), (404, "")),
            ("DELETE", "/ServiceProviderConfig", Value::Null, (405, "")),
        ] {
            let (status, kind) = refused(&mut hr, method, at, body.clone()).await;
            assert_eq!((status, kind.as_str()), expected, "{method} {at} {body}");
        }
        // None of it has changed anything.
        assert_eq!(does(&mut hr, "GET", &path, Value::Null).await["meta"]["version"], "W/\"1\"");
        assert_eq!(does(&mut hr, "GET", "/Users", Value::Null).await["totalResults"], 1);
    }

    async fn leaving_something_out_or_taking_another_name_brings_nobody_back(db: Db) {
        let mut door = Door::open(db).await;
        let mut hr = joins(&mut door, "hr", &directory(None)).await;
        sync(&mut door.bob).await;
        let id = person(&mut hr, "bob").await;
        let path = format!("/Users/{id}");
        does(&mut hr, "PATCH", &path, changes(&json!([{"op": "replace", "path": "active", "value": false}]))).await;
        assert_eq!(hr.settle_directory().await.unwrap().suspended, [handle("bob")]);
        // A whole person without a word of it.
        let whole = does(&mut hr, "PUT", &path, json!({"schemas": [USER], "userName": "bob", "title": "Trader"})).await;
        assert_eq!((&whole["active"], &whole["title"]), (&json!(false), &json!("Trader")));
        assert!(hr.settle_directory().await.unwrap().restored.is_empty());
        for nothing in [json!({"op": "remove", "path": "active"}), json!({"op": "replace", "value": {"active": null}})] {
            let now = does(&mut hr, "PATCH", &path, changes(&json!([nothing]))).await;
            assert!(now["active"].is_null() && hr.settle_directory().await.unwrap().restored.is_empty());
        }
        // Another person by the same name, after a detour: only who is active under it is back.
        does(&mut hr, "PUT", &path, json!({"schemas": [USER], "userName": "robert", "active": true})).await;
        assert!(hr.settle_directory().await.unwrap().restored.is_empty(), "bob is left behind, and out");
        let carol = joins(&mut door, "carol", &AccountKind::Person).await.enrolled().unwrap();
        let there = person(&mut hr, "carol").await;
        does(&mut hr, "DELETE", &format!("/Users/{there}"), Value::Null).await;
        assert_eq!(hr.settle_directory().await.unwrap().suspended, std::slice::from_ref(&carol.handle));
        // Another person with the name of one who has left does not bring that one's devices back; an officer says whose the account is.
        let another = person(&mut hr, "carol").await;
        assert!(hr.settle_directory().await.unwrap().restored.is_empty());
        let mut mo = joins(&mut door, "mo", &AccountKind::Officer).await;
        mo.suspend(&carol.handle, false).await.unwrap();
        let settled = hr.settle_directory().await.unwrap();
        assert!(settled.suspended.is_empty(), "an officer's word stays until the directory says something new");
        does(&mut hr, "PATCH", &format!("/Users/{another}"), changes(&json!([{"op": "replace", "path": "active", "value": false}]))).await;
        assert_eq!(hr.settle_directory().await.unwrap().suspended, std::slice::from_ref(&carol.handle));
        does(&mut hr, "DELETE", &format!("/Users/{another}"), Value::Null).await;
        // An officer's word is not undone by making the person anew.
        mo.suspend(&carol.handle, true).await.unwrap();
        person(&mut hr, "carol").await;
        assert!(hr.settle_directory().await.unwrap().restored.is_empty());
        // Back is bob once somebody active has his name.
        does(&mut hr, "PATCH", &path, changes(&json!([{"op": "replace", "path": "userName", "value": "bob"}]))).await;
        assert_eq!(hr.settle_directory().await.unwrap().restored, [handle("bob")]);
    }

    async fn whoever_the_directory_has_out_does_not_come_in_by_a_link_from_before(db: Db) {
        let mut door = Door::open(db).await;
        let mut hr = joins(&mut door, "hr", &directory(None)).await;
        let link = door.alice.invite(&handle("erin"), &AccountKind::Person).await.unwrap().0.to_string();
        let id = person(&mut hr, "erin").await;
        does(&mut hr, "DELETE", &format!("/Users/{id}"), Value::Null).await;
        let mut erin = door.blank("erin");
        erin.join(&link).await.unwrap();
        // Before anybody has signed it.
        let out = erin.sync(std::time::Duration::from_secs(5), &mut |_| {}).await.unwrap_err();
        assert!(out.is(Code::Suspended), "{out}");
        assert_eq!(hr.settle_directory().await.unwrap().suspended, [handle("erin")]);
    }

    async fn large_groups_are_changed_in_a_moment(db: Db) {
        let mut door = Door::open(db).await;
        let mut hr = joins(&mut door, "hr", &directory(None)).await;
        let mut people = Vec::new();
        for block in 0..2 {
            let one = |n| json!({"method": "POST", "path": "/Users", "bulkId": format!("{n}"), "data": {"schemas": [USER], "userName": format!("p{block}-{n}")}});
            let all: Vec<Value> = (0..500).map(one).collect();
            let done = does(&mut hr, "POST", "/Bulk", json!({"Operations": all})).await;
            people.extend(done["Operations"].as_array().unwrap().iter().map(|it| {
                json!({"value": it["location"].as_str().unwrap().rsplit('/').next().unwrap()})
            }));
        }
        let team = does(&mut hr, "POST", "/Groups", json!({"schemas": [GROUP], "displayName": "all", "members": people})).await;
        let path = format!("/Groups/{}", team["id"].as_str().unwrap());
        // The same a hundred times over is nothing new.
        let again: Vec<Value> = (0..100).map(|_| json!({"op": "add", "path": "members", "value": people})).collect();
        let now = does(&mut hr, "PATCH", &path, changes(&json!(again))).await;
        assert_eq!((&now["meta"]["version"], now["members"].as_array().unwrap().len()), (&json!("W/\"1\""), 1_000));
        let gone = changes(&json!([{"op": "remove", "path": "members", "value": people}]));
        assert!(does(&mut hr, "PATCH", &path, gone).await.get("members").is_none());
    }

    async fn the_directory_is_nobody_elses(db: Db) {
        let mut door = Door::open(db).await;
        let mut mo = joins(&mut door, "mo", &AccountKind::Officer).await;
        let mut carol = joins(&mut door, "carol", &AccountKind::Person).await;
        for who in [&mut mo, &mut carol] {
            for (method, at) in [("GET", "/Users"), ("GET", "/Schemas"), ("POST", "/Users"), ("POST", "/Bulk"), ("POST", "/.search"),
                ("DELETE", "/Users/zzzzzzzzzzzzzzzzzzzzzzzzzz")] {
                assert_eq!(refused(who, method, at, json!({})).await.0, 403, "{method} {at}");
            }
        }
        assert!(carol.waiting().await.is_err());
        assert!(mo.waiting().await.is_ok(), "officers see what is waiting for them");
    }
}
