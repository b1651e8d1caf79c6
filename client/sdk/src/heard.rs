//! What an identity provider has said in a request that the server has taken, as far as it is about who is in which group.
//!
//! Read from what the provider says itself. Of the server's answer only the id is taken that it has given to somebody new.

use std::collections::HashMap;

use chancery_engine::Heard;
use chancery_wire::{
    ids::ResourceId,
    names::{Domain, Handle},
};
use serde_json::Value;

/// What a request has said, by what it is answered with.
pub(crate) fn heard(
    (method, path): (&str, &str),
    said: &Value,
    answer: &Value,
    domain: &Domain,
) -> Vec<Heard> {
    let path = path.split('?').next().unwrap_or_default().trim_start_matches("/scim/v2").trim_matches('/');
    if path == "Bulk" {
        return of_many(said, answer, domain);
    }
    let made = answer.get("id").and_then(Value::as_str);
    of_one((method, path), said, made, domain)
}

/// What each of many requests in one has said. What was refused is left out.
fn of_many(said: &Value, answer: &Value, domain: &Domain) -> Vec<Heard> {
    let operations = |of: &Value| of.get("Operations").and_then(Value::as_array).cloned().unwrap_or_default();
    let text = |of: &Value, key: &str| of.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (asked, done) = (operations(said), operations(answer));
    let id = |of: &Value| text(of, "location").rsplit('/').next().unwrap_or_default().to_owned();
    let named: HashMap<String, String> = done.iter().map(|it| (text(it, "bulkId"), id(it))).collect();
    let mut all = Vec::new();
    for (asked, done) in asked.iter().zip(&done) {
        let status = text(done, "status");
        if !status.starts_with('2') {
            continue;
        }
        let mut data = asked.get("data").cloned().unwrap_or_default();
        refer(&mut data, &named);
        let path = text(asked, "path");
        let path = path.trim_matches('/');
        let path = path.split_once("bulkId:").map_or(path.to_owned(), |(kind, it)| {
            format!("{kind}{}", named.get(it).cloned().unwrap_or_default())
        });
        let (method, made) = (text(asked, "method").to_ascii_uppercase(), id(done));
        all.extend(of_one((&method, &path), &data, Some(made.as_str()), domain));
    }
    all
}

/// Puts ids in the place of names that requests in one request have for each other.
fn refer(data: &mut Value, named: &HashMap<String, String>) {
    match data {
        Value::String(text) => {
            if let Some(id) = text.strip_prefix("bulkId:").and_then(|it| named.get(it)) {
                text.clone_from(id);
            }
        }
        Value::Array(all) => all.iter_mut().for_each(|it| refer(it, named)),
        Value::Object(all) => all.values_mut().for_each(|it| refer(it, named)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn of_one((method, path): (&str, &str), said: &Value, made: Option<&str>, domain: &Domain) -> Vec<Heard> {
    let (kind, id) = path.split_once('/').unwrap_or((path, ""));
    let (id, made) = if method == "POST" { (made.unwrap_or_default(), true) } else { (id, false) };
    let Ok(id) = id.parse::<ResourceId>() else { return vec![] };
    if method == "DELETE" {
        return vec![Heard::Gone(id)];
    }
    let operations: Vec<Operation> = if method == "PATCH" {
        let all = attribute(said, "operations").and_then(Value::as_array);
        all.into_iter().flatten().map(Operation::read).collect()
    } else {
        vec![Operation { what: "add".to_owned(), path: String::new(), value: said.clone() }]
    };
    if kind.eq_ignore_ascii_case("Users") {
        let name = operations.iter().filter_map(|it| it.text("username")).next_back();
        let person = |name: String| Heard::Person { id, handle: Handle::of_user_name(&name, domain), made };
        return name.map(person).into_iter().collect();
    }
    if !kind.eq_ignore_ascii_case("Groups") {
        return vec![];
    }
    let name = operations.iter().filter_map(|it| it.text("displayname")).next_back();
    let mut all: Vec<Heard> =
        name.map(|name| Heard::Group { id, name: name.to_lowercase(), made }).into_iter().collect();
    // Who is said to be in a group is so as a whole; a group that is made or said anew without members has none.
    if method != "PATCH" {
        all.push(Heard::Emptied(id));
    }
    all.extend(operations.iter().flat_map(|it| it.members(id)));
    all
}

/// The value of an attribute, whose name may have any capitals.
fn attribute<'v>(of: &'v Value, name: &str) -> Option<&'v Value> {
    let all = of.as_object()?;
    all.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// One change of a person or a group.
struct Operation {
    /// `add`, `replace` or `remove`.
    what: String,
    /// What is changed, in small letters but for what stands in brackets; empty for the whole.
    path: String,
    value: Value,
}

impl Operation {
    fn read(of: &Value) -> Self {
        let text = |name| attribute(of, name).and_then(Value::as_str).unwrap_or_default();
        let value = attribute(of, "value").cloned().unwrap_or_default();
        Self { what: text("op").to_ascii_lowercase(), path: text("path").to_owned(), value }
    }

    /// What the change makes of an attribute that is a text.
    fn text(&self, name: &str) -> Option<String> {
        let value = if self.path.is_empty() { attribute(&self.value, name)? } else { &self.value };
        let is_meant = self.path.is_empty() || last(&self.path).eq_ignore_ascii_case(name);
        value.as_str().filter(|_| is_meant && self.what != "remove").map(str::to_owned)
    }

    /// What the change makes of who is in a group.
    fn members(&self, group: ResourceId) -> Vec<Heard> {
        let value = if self.path.is_empty() {
            let Some(value) = attribute(&self.value, "members") else { return vec![] };
            value
        } else {
            let name = self.path.split('[').next().unwrap_or_default();
            if !last(name).eq_ignore_ascii_case("members") {
                return vec![];
            }
            &self.value
        };
        let mut named = Vec::new();
        ids(value, &mut named);
        match self.what.as_str() {
            "add" => vec![Heard::In(group, named)],
            "replace" if self.path.contains('[') => vec![],
            "replace" => vec![Heard::Emptied(group), Heard::In(group, named)],
            "remove" => {
                let quoted: Option<ResourceId> = self.path.split('"').nth(1).and_then(|it| it.parse().ok());
                named.extend(quoted);
                let whole = named.is_empty() && !self.path.contains('[');
                vec![if whole { Heard::Emptied(group) } else { Heard::Out(group, named) }]
            }
            _ => vec![],
        }
    }
}

/// The last part of a path: what stands before it says only of which schema it is.
fn last(path: &str) -> &str {
    path.rsplit(':').next().unwrap_or_default()
}

/// The ids of members in a value: `{"value": id}`, alone or in a list.
fn ids(value: &Value, out: &mut Vec<ResourceId>) {
    match value {
        Value::String(text) => out.extend(text.parse::<ResourceId>().ok()),
        Value::Array(all) => all.iter().for_each(|it| ids(it, out)),
        Value::Object(_) => {
            if let Some(value) = attribute(value, "value") {
                ids(value, out);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const BOB: &str = "aeaqcaibaeaqcaibaeaqcaibae";
    const CAROL: &str = "aibaeaqcaibaeaqcaibaeaqcai";
    const TEAM: &str = "amdamdamdamdamdamdamdamdam";

    fn id(text: &str) -> ResourceId {
        text.parse().unwrap()
    }

    fn heard(method: &str, path: &str, said: &Value, answer: &Value) -> Vec<Heard> {
        super::heard((method, path), said, answer, &"bank.example".parse().unwrap())
    }

    #[test]
    fn people_and_groups_are_called_what_the_provider_calls_them() {
        let made = heard(
            "POST",
            "/scim/v2/Users",
            &json!({"userName": "Bob@bank.example"}),
            &json!({"id": BOB, "userName": "mallory"}),
        );
        let bob = |made| Heard::Person { id: id(BOB), handle: Some("bob".parse().unwrap()), made };
        assert_eq!(made, [bob(true)]);
        for said in [
            json!({"Operations": [{"op": "Replace", "path": "userName", "value": "bob"}]}),
            json!({"operations": [{"op": "replace", "value": {"USERNAME": "bob"}}]}),
            json!({"Operations": [{"op": "add", "path": "urn:ietf:params:scim:schemas:core:2.0:User:userName", "value": "bob"}]}),
        ] {
            assert_eq!(
                heard("PATCH", &format!("/scim/v2/Users/{BOB}"), &said, &Value::Null),
                [bob(false)],
                "{said}"
            );
        }
        // What says nothing of it changes nothing, and nobody is named by the server.
        let said = json!({"Operations": [{"op": "replace", "path": "active", "value": false}]});
        assert!(
            heard("PATCH", &format!("/scim/v2/Users/{BOB}"), &said, &json!({"userName": "mallory"}))
                .is_empty()
        );
        assert_eq!(
            heard("DELETE", &format!("/scim/v2/Users/{BOB}"), &Value::Null, &Value::Null),
            [Heard::Gone(id(BOB))]
        );
    }

    #[test]
    fn who_is_in_a_group_is_what_the_provider_says() {
        let team = id(TEAM);
        let made = heard(
            "POST",
            "/scim/v2/Groups",
            &json!({"displayName": "Nurses", "members": [{"value": BOB}]}),
            &json!({"id": TEAM, "members": [{"value": BOB}, {"value": CAROL}]}),
        );
        let called = Heard::Group { id: team, name: "nurses".to_owned(), made: true };
        assert_eq!(made, [called, Heard::Emptied(team), Heard::In(team, vec![id(BOB)])]);
        for (said, expected) in [
            (
                json!({"op": "add", "path": "members", "value": [{"value": BOB}, {"value": CAROL}]}),
                vec![Heard::In(team, vec![id(BOB), id(CAROL)])],
            ),
            (
                json!({"op": "Add", "value": {"members": [{"value": BOB}]}}),
                vec![Heard::In(team, vec![id(BOB)])],
            ),
            (
                json!({"op": "remove", "path": format!("members[value eq \"{BOB}\"]")}),
                vec![Heard::Out(team, vec![id(BOB)])],
            ),
            (
                json!({"op": "Remove", "path": "members", "value": [{"value": BOB}]}),
                vec![Heard::Out(team, vec![id(BOB)])],
            ),
            (json!({"op": "remove", "path": "members"}), vec![Heard::Emptied(team)]),
            (
                json!({"op": "replace", "path": "members", "value": [{"value": CAROL}]}),
                vec![Heard::Emptied(team), Heard::In(team, vec![id(CAROL)])],
            ),
            (
                json!({"op": "replace", "path": "displayName", "value": "Night"}),
                vec![Heard::Group { id: team, name: "night".to_owned(), made: false }],
            ),
            (json!({"op": "add", "path": "emails", "value": [{"value": BOB}]}), vec![]),
        ] {
            let answer = json!({"members": [{"value": CAROL}]});
            let changed =
                heard("PATCH", &format!("/scim/v2/Groups/{TEAM}"), &json!({"Operations": [said]}), &answer);
            assert_eq!(changed, expected, "{said}");
        }
    }

    #[test]
    fn many_in_one_are_heard_as_they_refer_to_each_other() {
        let said = json!({"Operations": [
            {"method": "post", "path": "/Users", "bulkId": "b", "data": {"userName": "bob"}},
            {"method": "POST", "path": "/Users", "bulkId": "c", "data": {"userName": "carol"}},
            {"method": "POST", "path": "/Groups", "bulkId": "t", "data": {"displayName": "T", "members": [{"value": "bulkId:b"}]}},
        ]});
        let done = json!({"Operations": [
            {"bulkId": "b", "status": "201", "location": format!("/scim/v2/Users/{BOB}")},
            {"bulkId": "c", "status": "409"},
            {"bulkId": "t", "status": "201", "location": format!("/scim/v2/Groups/{TEAM}")},
        ]});
        let all = heard("POST", "/scim/v2/Bulk", &said, &done);
        assert!(all.contains(&Heard::Person {
            id: id(BOB),
            handle: Some("bob".parse().unwrap()),
            made: true
        }));
        assert!(all.contains(&Heard::In(id(TEAM), vec![id(BOB)])));
        assert!(
            !all.iter()
                .any(|it| matches!(it, Heard::Person { handle: Some(it), .. } if it.as_str() == "carol"))
        );
    }
}
