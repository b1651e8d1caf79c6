//! What an identity provider has said in a request that the server has taken, as far as it is about who is in which group.
//!
//! Read from what the provider says itself. Of the server's answer only the id is taken that it has given to somebody new; and what it shows of
//! people and groups, apart, to see that it does not contradict. What is not understood of who is in a group makes that unclear; it brings nobody
//! in and takes nobody out.

use chancery_engine::{Heard, Shown};
use chancery_wire::{
    ids::ResourceId,
    names::{Domain, Handle},
};
use serde_json::Value;

/// What a request has said that was answered so.
pub(crate) fn heard(
    (method, path): (&str, &str),
    (status, said, answer): (u16, &Value, &Value),
    domain: &Domain,
) -> Vec<Heard> {
    let path = path.split('?').next().unwrap_or_default();
    let path = path.strip_prefix("/scim/v2/").unwrap_or_default().trim_matches('/');
    // What is there no more when it is to be deleted again was deleted, by a request of which the answer was lost.
    if status >= 300 && !(method == "DELETE" && status == 404) {
        return vec![];
    }
    if path.eq_ignore_ascii_case("Bulk") {
        return of_many(said, answer, domain);
    }
    let made = answer.get("id").and_then(Value::as_str);
    of_one((method, path), said, made, domain)
}

/// What an answer shows of people and groups.
pub(crate) fn shown(answer: &Value, domain: &Domain) -> Vec<Shown> {
    let one = |it: &Value| {
        let id = it.get("id")?.as_str()?.parse::<ResourceId>().ok()?;
        let text = |name| it.get(name).and_then(Value::as_str);
        match (text("userName"), text("displayName")) {
            (Some(name), _) => Some(Shown::Person(id, Handle::of_user_name(name, domain))),
            (None, Some(name)) => Some(Shown::Group(id, name.to_lowercase())),
            (None, None) => None,
        }
    };
    let listed = answer.get("Resources").and_then(Value::as_array).into_iter().flatten();
    listed.chain([answer]).filter_map(one).collect()
}

/// What each of many requests in one has said: each is known by the name that the provider has for it. Where that cannot be told, what is said of
/// groups is not known any more.
fn of_many(said: &Value, answer: &Value, domain: &Domain) -> Vec<Heard> {
    let operations =
        |of: &Value| attribute(of, "operations").and_then(Value::as_array).cloned().unwrap_or_default();
    let text =
        |of: &Value, key: &str| attribute(of, key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (asked, done) = (operations(said), operations(answer));
    let mut all = Vec::new();
    for asked in &asked {
        let (method, path) = (text(asked, "method").to_ascii_uppercase(), text(asked, "path"));
        let path = path.trim_matches('/');
        let data = attribute(asked, "data").cloned().unwrap_or_default();
        // Those that speak of each other say something else than what is written in them.
        let refers = path.contains("bulkId:") || data.to_string().contains("bulkId:");
        let name = text(asked, "bulkId");
        let mut named = done.iter().filter(|it| !name.is_empty() && text(it, "bulkId") == name);
        match (named.next(), named.next()) {
            (Some(done), None) if method == "POST" && path.eq_ignore_ascii_case("Users") && !refers => {
                if text(done, "status").starts_with('2') {
                    let location = text(done, "location");
                    let made = location.rsplit('/').next();
                    all.extend(of_one((&method, path), &data, made, domain));
                }
            }
            _ => all.push(Heard::AllUnclear),
        }
    }
    all.dedup();
    all
}

fn of_one((method, path): (&str, &str), said: &Value, made: Option<&str>, domain: &Domain) -> Vec<Heard> {
    let (kind, id) = path.split_once('/').map_or((path, None), |(kind, id)| (kind, Some(id)));
    let (id, made) = match (method, id) {
        ("POST", None) => (made.unwrap_or_default(), true),
        ("PUT" | "PATCH" | "DELETE", Some(id)) => (id, false),
        _ => return vec![],
    };
    let Ok(id) = id.parse::<ResourceId>() else { return vec![] };
    let people = kind.eq_ignore_ascii_case("Users");
    if !people && !kind.eq_ignore_ascii_case("Groups") {
        return vec![];
    }
    if method == "DELETE" {
        return vec![Heard::Gone(id)];
    }
    let operations: Vec<Operation> = if method == "PATCH" {
        let all = attribute(said, "operations").and_then(Value::as_array);
        all.into_iter().flatten().map(Operation::read).collect()
    } else {
        vec![Operation { what: "replace".to_owned(), path: String::new(), value: said.clone() }]
    };
    if people {
        let name = operations.iter().filter_map(|it| it.text("username")).next_back();
        let person = |name: String| Heard::Person { id, handle: Handle::of_user_name(&name, domain), made };
        return name.map(person).into_iter().collect();
    }
    let name = operations.iter().filter_map(|it| it.text("displayname")).next_back();
    let mut all: Vec<Heard> =
        name.map(|name| Heard::Group { id, name: name.to_lowercase(), made }).into_iter().collect();
    let members: Vec<Heard> = operations.iter().filter_map(|it| it.members(id)).collect();
    // A group that is made, or said anew, without members has none.
    if method != "PATCH" && members.is_empty() {
        all.push(Heard::Whole(id, vec![]));
    }
    all.extend(members);
    all
}

/// The value of an attribute, whose name may have any capitals and may say of which schema it is.
fn attribute<'v>(of: &'v Value, name: &str) -> Option<&'v Value> {
    let all = of.as_object()?;
    all.iter().find(|(key, _)| last(key).eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// One change of a person or a group.
struct Operation {
    /// `add`, `replace` or `remove`.
    what: String,
    /// What is changed; empty for the whole.
    path: String,
    value: Value,
}

impl Operation {
    fn read(of: &Value) -> Self {
        let text = |name| attribute(of, name).and_then(Value::as_str).unwrap_or_default();
        let value = attribute(of, "value").cloned().unwrap_or_default();
        Self { what: text("op").to_ascii_lowercase(), path: text("path").trim().to_owned(), value }
    }

    /// What the change makes of an attribute that is a text.
    fn text(&self, name: &str) -> Option<String> {
        let value = if self.path.is_empty() { attribute(&self.value, name)? } else { &self.value };
        let is_meant = self.path.is_empty() || last(&self.path).eq_ignore_ascii_case(name);
        value.as_str().filter(|_| is_meant && self.what != "remove").map(str::to_owned)
    }

    /// What the change makes of who is in a group; nothing where it is about something else.
    fn members(&self, group: ResourceId) -> Option<Heard> {
        let unclear = Some(Heard::Unclear(group));
        let value = if self.path.is_empty() {
            match attribute(&self.value, "members") {
                Some(value) => value,
                // Another form of it.
                None if self.value.to_string().to_ascii_lowercase().contains("\"members") => return unclear,
                None => return None,
            }
        } else {
            &self.value
        };
        let name = self.path.split(['[', '.']).next().unwrap_or_default();
        if !self.path.is_empty() && !last(name).eq_ignore_ascii_case("members") {
            return None;
        }
        let plain = self.path.is_empty() || name == self.path;
        match self.what.as_str() {
            "add" if plain => ids(value).map_or(unclear, |all| Some(Heard::In(group, all))),
            "replace" if plain => ids(value).map_or(unclear, |all| Some(Heard::Whole(group, all))),
            "remove" if plain && self.value.is_null() => Some(Heard::Whole(group, vec![])),
            "remove" if plain => {
                ids(value).filter(|all| !all.is_empty()).map_or(unclear, |all| Some(Heard::Out(group, all)))
            }
            "remove" if self.value.is_null() => {
                one(&self.path).map_or(unclear, |it| Some(Heard::Out(group, vec![it])))
            }
            _ => unclear,
        }
    }
}

/// The last part of a name: what stands before it says only of which schema it is.
fn last(path: &str) -> &str {
    path.rsplit(':').next().unwrap_or_default()
}

/// Of `members[value eq "id"]` and nothing else, the id.
fn one(path: &str) -> Option<ResourceId> {
    let (_, filter) = path.split_once('[')?;
    let (attribute, rest) = filter.strip_suffix(']')?.trim().split_once(char::is_whitespace)?;
    let (operator, id) = rest.trim().split_once(char::is_whitespace)?;
    let meant = attribute.eq_ignore_ascii_case("value") && operator.eq_ignore_ascii_case("eq");
    let id = id.trim().strip_prefix('"')?.strip_suffix('"')?;
    id.parse().ok().filter(|_| meant)
}

/// The members in a value, `{"value": id}`, alone or in a list; nothing where one of them is written in another way.
fn ids(value: &Value) -> Option<Vec<ResourceId>> {
    let id = |it: &Value| match it {
        Value::Object(_) => attribute(it, "value")?.as_str()?.parse().ok(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    match value {
        Value::Array(all) => all.iter().map(id).collect(),
        Value::Null => Some(vec![]),
        one => id(one).map(|id| vec![id]),
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
        super::heard((method, path), (200, said, answer), &"bank.example".parse().unwrap())
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
        assert_eq!(made, [called, Heard::Whole(team, vec![id(BOB)])]);
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
            (json!({"op": "remove", "path": "members"}), vec![Heard::Whole(team, vec![])]),
            (
                json!({"op": "replace", "path": "members", "value": [{"value": CAROL}]}),
                vec![Heard::Whole(team, vec![id(CAROL)])],
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
    fn what_is_not_understood_of_a_group_is_unclear_and_changes_nobody() {
        let (team, both) = (id(TEAM), format!("members[value eq \"{BOB}\" or value eq \"{CAROL}\"]"));
        for said in [
            json!({"op": "remove", "path": "members", "value": []}),
            json!({"op": "remove", "path": "members", "value": [{"value": "nobody-known"}]}),
            json!({"op": "remove", "path": both}),
            json!({"op": "remove", "path": format!("members[not (value eq \"{BOB}\")]")}),
            json!({"op": "remove", "path": format!("members[value eq \"{BOB}\"].display")}),
            json!({"op": "replace", "path": format!("members[value eq \"{BOB}\"]"), "value": {"value": CAROL}}),
            json!({"op": "add", "path": "members", "value": [{"$ref": format!("/scim/v2/Users/{BOB}")}]}),
            json!({"op": "add", "value": {"members.value": BOB}}),
            json!({"op": "upset", "path": "members", "value": [{"value": BOB}]}),
        ] {
            let changed = heard(
                "PATCH",
                &format!("/scim/v2/Groups/{TEAM}"),
                &json!({"Operations": [said]}),
                &Value::Null,
            );
            assert_eq!(changed, [Heard::Unclear(team)], "{said}");
        }
        let by_reference =
            json!({"displayName": "T", "members": [{"$ref": format!("/scim/v2/Users/{BOB}")}]});
        assert!(
            heard("PUT", &format!("/scim/v2/Groups/{TEAM}"), &by_reference, &Value::Null)
                .contains(&Heard::Unclear(team))
        );
        let long = "urn:ietf:params:scim:schemas:core:2.0:Group:members";
        let said = json!({"Operations": [{"op": "replace", "value": {long: [{"value": BOB}]}}]});
        assert_eq!(
            heard("PATCH", &format!("/scim/v2/Groups/{TEAM}"), &said, &Value::Null),
            [Heard::Whole(team, vec![id(BOB)])]
        );
        // A search makes nothing.
        assert!(
            heard(
                "POST",
                "/scim/v2/Groups/.search",
                &json!({"filter": "displayName pr"}),
                &json!({"id": TEAM})
            )
            .is_empty()
        );
    }

    #[test]
    fn what_the_server_shows_is_told_apart() {
        let list =
            json!({"Resources": [{"id": BOB, "userName": "Frank"}, {"id": TEAM, "displayName": "Desk"}]});
        let frank = Shown::Person(id(BOB), Some("frank".parse().unwrap()));
        let shown = shown(&list, &"bank.example".parse().unwrap());
        assert_eq!(shown, [frank, Shown::Group(id(TEAM), "desk".to_owned())]);
        // Deleted again, after the first answer was lost.
        let again = super::heard(
            ("DELETE", &format!("/scim/v2/Groups/{TEAM}")),
            (404, &Value::Null, &Value::Null),
            &"bank.example".parse().unwrap(),
        );
        assert_eq!(again, [Heard::Gone(id(TEAM))]);
    }

    #[test]
    fn of_many_in_one_people_are_heard_by_their_names_and_groups_are_unclear() {
        let said = json!({"failOnErrors": 1, "Operations": [
            {"method": "POST", "path": "/Users", "bulkId": "e", "data": {"userName": "eve", "manager": "bulkId:d"}},
            {"method": "POST", "path": "/Users", "bulkId": "d", "data": {"userName": "dan"}},
            {"method": "POST", "path": "/Users", "bulkId": "b", "data": {"userName": "bob"}},
        ]});
        // The server puts off what waits for another, and stops at a failure.
        let done = json!({"Operations": [
            {"bulkId": "d", "status": "201", "location": format!("/scim/v2/Users/{CAROL}")},
            {"bulkId": "b", "status": "409"},
        ]});
        let dan = Heard::Person { id: id(CAROL), handle: Some("dan".parse().unwrap()), made: true };
        assert_eq!(heard("POST", "/scim/v2/Bulk", &said, &done), [Heard::AllUnclear, dan]);
        let said =
            json!({"Operations": [{"method": "PATCH", "path": format!("/Groups/{TEAM}"), "data": {}}]});
        assert_eq!(
            heard("POST", "/scim/v2/Bulk", &said, &json!({"Operations": [{"status": "200"}]})),
            [Heard::AllUnclear]
        );
    }
}
