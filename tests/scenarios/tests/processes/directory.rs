//! The organisation's directory: an identity provider says by SCIM who belongs to it, and what it says is so.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Output, Stdio},
};

use chancery_testkit::python;
use reqwest::Method;
use serde_json::{Value, json};

use super::place::Place;

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// A program that tries a SCIM server in all the ways that it knows, and says what it thinks of each.
const TRIES: &str = r#"
import sys
import httpx2
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import check_server
headers = {"Authorization": "Bearer " + sys.argv[2]}
results = check_server(SyncSCIMClient(httpx2.Client(base_url=sys.argv[1], headers=headers, timeout=120)))
bad = [result for result in results if result.status.name not in ("SUCCESS", "SKIPPED")]
for result in bad:
    print(result.status.name, result.title, result.reason)
print(len(results), "checks,", sum(result.status.name == "SKIPPED" for result in results), "skipped")
sys.exit(1 if bad or len(results) < 80 else 0)
"#;

/// The directory's program, as it runs beside a provider.
struct Directory {
    child: Child,
    address: String,
    token: String,
}

impl Directory {
    fn start(place: &Place, who: &str) -> Self {
        let mut command = place.command(who, &["directory", "serve", "--listen", "127.0.0.1:0"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line:?}"));
        let token = std::fs::read_to_string(said["token_file"].as_str().unwrap()).unwrap();
        let address = said["address"].as_str().unwrap().to_owned();
        Self { child, address, token }
    }

    /// The status and the body of an answer.
    fn asks(&self, method: Method, path: &str, body: Option<&Value>) -> (u16, String) {
        asks(&format!("{}{path}", self.address), Some(&self.token), method, body)
    }

    /// Asks what has to work, and returns the answer.
    fn does(&self, method: Method, path: &str, body: &Value) -> Value {
        let (status, text) = self.asks(method, path, Some(body));
        assert!(status < 300, "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    fn makes(&self, name: &str) -> String {
        let person = self.does(Method::POST, "/Users", &json!({"schemas": [USER], "userName": name}));
        person["id"].as_str().unwrap().to_owned()
    }

    fn sets_active(&self, id: &str, active: bool) {
        // As the most common provider says it.
        let change =
            json!({"op": "Replace", "path": "active", "value": if active { "True" } else { "False" }});
        let change = json!({"schemas": [PATCH], "Operations": [change]});
        self.does(Method::PATCH, &format!("/Users/{id}"), &change);
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// All that a command has said.
fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}{}", text(&output.stdout), text(&output.stderr))
}

/// The status and the body of an answer.
fn asks(address: &str, token: Option<&str>, method: Method, body: Option<&Value>) -> (u16, String) {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let asked = async {
        let mut request = reqwest::Client::new().request(method, address);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/scim+json").body(body.to_string());
        }
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    tokio::runtime::Runtime::new().unwrap().block_on(asked)
}

/// An organisation with a directory: Alice founded it, Bob and Carol are in it, and Hr is the directory's program.
fn place() -> Place {
    let mut place = Place::new(None);
    place.start();
    place.people(&["alice", "bob", "carol"]);
    let invited = place
        .types("alice", &["invite", "hr", "--bot", "says who works here", "--directory", "--for", "90d"]);
    place.types("hr", &["join", invited[0]["link"].as_str().unwrap()]);
    place
}

#[test]
fn a_program_that_tries_scim_in_every_way_finds_nothing_amiss() {
    let place = place();
    let directory = Directory::start(&place, "hr");
    let mut program = Command::new(python::program("python").unwrap());
    let ended = program.args(["-c", TRIES, &directory.address, &directory.token]).output().unwrap();
    let said = String::from_utf8_lossy(&ended.stdout).into_owned();
    assert!(ended.status.success(), "{said}{}", String::from_utf8_lossy(&ended.stderr));
}

#[test]
fn who_is_deactivated_is_out_and_who_is_activated_is_back() {
    let place = place();
    place.room("alice", "ward", &["bob", "carol"]);
    place.types("bob", &["read"]);
    let mut directory = Directory::start(&place, "hr");
    let bob = directory.makes("Bob@bank.example");
    directory.makes("carol");
    // The same person, or the same account, twice is refused, and nobody else learns anything without the token.
    let twice = json!({"schemas": [USER], "userName": "bob"});
    assert_eq!(directory.asks(Method::POST, "/Users", Some(&twice)).0, 409);
    assert_eq!(asks(&format!("{}/Users", directory.address), None, Method::GET, None).0, 401);
    directory.sets_active(&bob, false);
    // What was answered as done is done.
    let out = place.tries("bob", &["send", "ward", "am I here"]);
    assert!(said(&out).contains("this account is suspended"));
    let suspended = place.types("alice", &["admin", "suspended"]);
    assert_eq!(suspended[0]["suspended"][0]["account"], "bob");
    assert_eq!(suspended[0]["suspended"][0]["suspended_by"], "directory");
    assert_eq!(suspended[0]["suspended"][0]["pending"].as_array().unwrap().len(), 1);
    place.types("carol", &["send", "ward", "without bob"]);
    let suspended = place.types("alice", &["admin", "suspended"]);
    assert_eq!(suspended[0]["suspended"][0]["pending"], json!([]), "carol has taken him out");
    // The program dies and is started again, and Bob is back.
    directory.child.kill().unwrap();
    directory.child.wait().unwrap();
    drop(directory);
    let directory = Directory::start(&place, "hr");
    directory.sets_active(&bob, true);
    place.types("carol", &["read"]);
    place.types("bob", &["send", "ward", "back again"]);
    let read = place.reads("carol", "ward");
    assert!(
        read.ends_with(&["without bob".to_owned(), "am I here".to_owned(), "back again".to_owned()]),
        "{read:?}"
    );
    assert_eq!(
        place.reads("bob", "ward"),
        ["am I here", "back again"],
        "what was said meanwhile is not for him"
    );
    // Deleted, he is out as well.
    assert_eq!(directory.asks(Method::DELETE, &format!("/Users/{bob}"), None).0, 204);
    let out = place.tries("bob", &["sessions", "list"]);
    assert!(said(&out).contains("this account is suspended"));
}

#[test]
fn the_directory_has_no_power_over_officers_and_nobody_else_is_the_directory() {
    let place = place();
    let directory = Directory::start(&place, "hr");
    let alice = directory.makes("alice");
    directory.sets_active(&alice, false);
    place.types("alice", &["room", "list"]);
    let waiting = place.types("alice", &["admin", "suspended"]);
    assert_eq!(waiting[0], json!({"suspended": [], "officers": ["alice"]}));
    let refused = place.tries("bob", &["directory", "serve", "--listen", "127.0.0.1:0"]);
    assert!(said(&refused).contains("this is not allowed"));
}

#[test]
fn a_room_is_filled_from_a_group_by_the_program_beside_the_provider() {
    let place = place();
    place.room("alice", "ward", &["hr"]);
    place.types("alice", &["room", "role", "ward", "hr", "moderator"]);
    let directory = Directory::start(&place, "hr");
    let refused = place.tries("hr", &["directory", "fill", "ward", "Nurses"]);
    assert!(said(&refused).contains("has named no group nurses"), "{}", said(&refused));
    let bob = directory.makes("bob");
    let team = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Nurses"});
    let team = directory.does(Method::POST, "/Groups", &team);
    place.types("hr", &["directory", "fill", "ward", "Nurses"]);
    let said = place.reads("alice", "ward");
    assert!(said.last().unwrap().contains("filled from the directory's group Nurses"), "{said:?}");
    // While it runs, it is done by itself.
    let added = json!({"op": "add", "path": "members", "value": [{"value": bob}]});
    let added = json!({"schemas": [PATCH], "Operations": [added]});
    directory.does(Method::PATCH, &format!("/Groups/{}", team["id"].as_str().unwrap()), &added);
    let comes =
        (0..200).any(|_| place.types("bob", &["room", "list"])[0]["rooms"].as_array().unwrap().len() == 1);
    assert!(comes, "{:?}", place.types("hr", &["directory", "rooms"]));
    place.types("alice", &["send", "ward", "good morning"]);
    assert_eq!(place.reads("bob", "ward"), ["good morning"]);
}

#[test]
fn the_directory_listens_to_this_machine_only() {
    let place = place();
    let refused = place.tries("hr", &["directory", "serve", "--listen", "0.0.0.0:0"]);
    assert!(!refused.status.success());
    assert!(said(&refused).contains("this machine's own"));
}
