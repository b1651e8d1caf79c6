//! The charter: roles give rights and take them, nobody gives themselves any, and two people are two.

use chancery_duties::gateway::{PasskeySettings, Settings};
use chancery_floor::blobs::Blobs;
use chancery_sdk::{AccountKind, Change, Client, Identity, Permission, SdkError, Standing};
use chancery_testkit::both;
use chancery_transparency::{Sign as _, take_vouched, vouch};
use chancery_wire::{
    api::{Amended, CameBy, Explanation},
    ids::DeviceId,
    names::RoleName,
    problem::Code,
    time::DAY,
};
use data_encoding::BASE64URL_NOPAD;
use ed25519_dalek::SigningKey;
use reqwest::Method;
use serde_json::json;

use super::{
    door::{Door, expected, now, problem, proof, says, sync, text, texts},
    passkeys::chain_of,
    recovery::{handle, joins},
};

fn role(name: &str) -> RoleName {
    name.parse().unwrap()
}

fn assign(account: &str, of: &str) -> Change {
    Change::Assign { account: handle(account), role: role(of), until: None }
}

fn withdraw(account: &str, of: &str) -> Change {
    Change::Withdraw { account: handle(account), role: role(of) }
}

fn rule(name: &str, cedar: &str) -> Change {
    Change::Rule { name: role(name), cedar: Some(cedar.to_owned()) }
}

/// Why it is refused here, before anything is sent.
fn why<T: std::fmt::Debug>(refused: Result<T, SdkError>) -> String {
    refused.unwrap_err().to_string()
}

async fn may(who: &mut Client, act: &str) -> bool {
    who.explain(None, act).await.unwrap().allowed
}

fn required(it: PasskeySettings) -> PasskeySettings {
    PasskeySettings { required: true, ..it }
}

/// What the server says to a device that asks by way of a proxy, or from this machine.
async fn explains(door: &Door, who: &Identity, act: &str, from: Option<&str>) -> Explanation {
    let (token, path) = (door.session(who).await, "/v1/explanations");
    let shown = proof(who, ("POST", path), Some(&token), now());
    let mut request = door.signed_as(&Method::POST, path, &token, &shown);
    if let Some(from) = from {
        request = request.header("x-forwarded-for", from);
    }
    request.json(&json!({ "act": act })).send().await.unwrap().json().await.unwrap()
}

/// What the first proposal says, agreed to.
async fn agrees(who: &mut Client) -> Result<Amended, SdkError> {
    let (shown, _) = who.proposals().await.unwrap().remove(0);
    who.agree(&shown).await
}

both! {
    async fn a_role_gives_what_it_says_until_it_is_taken(db: Db) {
        let mut door = Door::open(db).await;
        let alice = handle("alice");
        assert!(door.bob.sessions_of(&alice).await.unwrap_err().is(Code::Denied));
        door.alice.amend(assign("bob", "help-desk")).await.unwrap();
        assert_eq!(door.bob.sessions_of(&alice).await.unwrap().sessions.len(), 1);
        assert!(door.bob.end_sessions_of(&alice).await.unwrap_err().is(Code::Denied), "it sees and does nothing");
        assert!(door.bob.sessions_of(&handle("nobody")).await.unwrap_err().is(Code::NoAccount));
        assert!(door.mallory.sessions_of(&alice).await.unwrap_err().is(Code::Denied), "nobody else got it");
        door.alice.amend(assign("bob", "security-admin")).await.unwrap();
        // Alice's session ends at once, and her connection with it.
        let me = door.alice.enrolled().unwrap();
        let token = door.session(&me).await;
        let mut socket = door.connect(&me).await;
        door.bob.end_sessions_of(&alice).await.unwrap();
        assert!(door.bob.end_sessions_of(&handle("nobody")).await.unwrap_err().is(Code::NoAccount));
        assert_eq!(socket.closed().await, 4001);
        let shown = proof(&me, ("GET", "/v1/rooms"), Some(&token), now());
        assert_eq!(problem(door.signed("/v1/rooms", &token, &shown)).await, expected(Code::NoSession));
        door.alice.amend(withdraw("bob", "help-desk")).await.unwrap();
        door.alice.amend(withdraw("bob", "security-admin")).await.unwrap();
        assert!(door.bob.sessions_of(&alice).await.unwrap_err().is(Code::Denied));
        assert_eq!(door.bob.charter().await.unwrap().number(), 4, "everybody reads the charter");
        door.has_fact("charter.amended", 4).await;
        door.has_fact("signin.ended-by", 1).await;
    }

    async fn a_role_of_ones_own_and_one_for_a_while(db: Db) {
        let mut door = Door::open(db).await;
        let permissions = vec![Permission::SeeSuspended, Permission::ListSessions];
        door.alice.amend(Change::Define { role: role("night-shift"), permissions }).await.unwrap();
        let until = Some(now().plus_seconds(3600));
        let change = Change::Assign { account: handle("bob"), role: role("night-shift"), until };
        door.alice.amend(change).await.unwrap();
        let why = door.bob.explain(None, "signin.list-others").await.unwrap();
        assert!(why.allowed && why.roles[0].role == role("night-shift") && why.roles[0].until == until);
        let gone = Change::Define { role: role("night-shift"), permissions: vec![] };
        door.alice.amend(gone).await.unwrap();
        assert!(!may(&mut door.bob, "signin.list-others").await);
    }

    async fn an_officer_does_no_more_what_was_given_up_and_the_last_one_stays(db: Db) {
        let mut door = Door::open(db).await;
        let mut mo = joins(&mut door, "mo", &AccountKind::Officer).await;
        assert!(may(&mut mo, "accounts.invite").await);
        mo.amend(withdraw("mo", "identity-admin")).await.unwrap();
        let refused = mo.invite(&handle("dave"), &AccountKind::Person).await.unwrap_err();
        assert!(refused.is(Code::Denied), "{refused}");
        let suspended = mo.suspend(&handle("bob"), true).await.unwrap_err();
        assert!(suspended.is(Code::Denied), "{suspended}");
        mo.amend(withdraw("mo", "policy-admin")).await.unwrap();
        let last = door.alice.amend(withdraw("alice", "policy-admin")).await.unwrap_err();
        assert!(last.is(Code::LastOne), "{last}");
        // For a while is not for good.
        let until = Some(now().plus_seconds(60));
        door.alice.amend(Change::Assign { account: handle("bob"), role: role("policy-admin"), until }).await.unwrap();
        let last = door.alice.amend(withdraw("alice", "policy-admin")).await.unwrap_err();
        assert!(last.is(Code::LastOne), "{last}");
        door.alice.amend(assign("bob", "policy-admin")).await.unwrap();
        door.alice.amend(withdraw("alice", "policy-admin")).await.unwrap();
        assert!(why(door.alice.amend(assign("mo", "help-desk")).await).contains("alice may not amend"));
        door.bob.amend(assign("alice", "policy-admin")).await.unwrap();
    }

    async fn one_person_proposes_and_another_has_it_done(db: Db) {
        let mut door = Door::open(db).await;
        let mut mo = joins(&mut door, "mo", &AccountKind::Officer).await;
        let mut puppet = joins(&mut door, "puppet", &AccountKind::Officer).await;
        // One who has invited officers is not two.
        let alone = door.alice.amend(Change::TwoPersons { on: true }).await.unwrap_err();
        assert!(alone.is(Code::LastOne), "{alone}");
        door.alice.amend(assign("mo", "policy-admin")).await.unwrap();
        door.alice.amend(Change::TwoPersons { on: true }).await.unwrap();
        let proposed = door.alice.amend(assign("bob", "help-desk")).await.unwrap();
        assert_eq!(proposed.number, None);
        assert!(!may(&mut door.bob, "signin.list-others").await, "nothing is done by one");
        assert!(why(agrees(&mut door.alice).await).contains("signature"), "the same person is no other");
        assert!(door.bob.proposals().await.unwrap_err().is(Code::Denied));
        assert_eq!(mo.proposals().await.unwrap()[0].1, [handle("alice")]);
        assert!(puppet.proposals().await.unwrap_err().is(Code::Denied));
        assert_eq!(agrees(&mut mo).await.unwrap().number, Some(3));
        assert!(may(&mut door.bob, "signin.list-others").await);
        assert_eq!(mo.proposals().await.unwrap(), []);
        // What is about an approver is not for them to approve, and what was declined waits no more.
        door.alice.amend(assign("mo", "security-admin")).await.unwrap();
        assert!(why(agrees(&mut mo).await).contains("nobody signs for what they get themselves"));
        let (it, _) = mo.proposals().await.unwrap().remove(0);
        mo.decline(it.id).await.unwrap();
        assert!(mo.decline(it.id).await.unwrap_err().is(Code::NoProposal));
        assert!(why(mo.agree(&it).await).contains("no such proposal"));
        // To take away takes one.
        assert_eq!(mo.amend(withdraw("bob", "help-desk")).await.unwrap().number, Some(4));
        assert_eq!(door.alice.amend(Change::TwoPersons { on: false }).await.unwrap().number, None);
        assert_eq!(agrees(&mut mo).await.unwrap().number, Some(5));
        door.has_fact("charter.proposed", 3).await;
        door.has_fact("charter.declined", 1).await;
    }

    async fn nobody_gives_themselves_anything_nor_what_must_not_meet(db: Db) {
        let mut door = Door::open(db).await;
        assert!(why(door.bob.amend(assign("mallory", "help-desk")).await).contains("bob may not amend"));
        assert!(why(door.alice.amend(assign("alice", "security-admin")).await).contains("nobody signs"));
        door.alice.amend(assign("bob", "auditor")).await.unwrap();
        let both = why(door.alice.amend(assign("bob", "security-admin")).await);
        assert!(both.contains("must not meet in one person"), "{both}");
        // An auditor reads, and is seen doing so; who administers does not read.
        let facts = door.bob.facts(0).await.unwrap().facts;
        assert!(facts.iter().any(|it| it.kind == "charter.amended") && facts[0].seq == 1);
        door.has_fact("audit.read", 1).await;
        assert!(door.alice.facts(0).await.unwrap_err().is(Code::Denied));
    }

    async fn an_emergency_is_seen_and_reviewed(db: Db) {
        let mut door = Door::open(db).await;
        door.alice.amend(assign("bob", "break-glass-holder")).await.unwrap();
        door.alice.amend(assign("mallory", "privacy-officer")).await.unwrap();
        let breaks = || Change::BreakGlass {
            role: role("security-admin"),
            until: now().plus_seconds(600),
            reason: "nobody else is awake".to_owned(),
        };
        assert!(why(door.mallory.amend(breaks()).await).contains("mallory may not amend"));
        door.bob.amend(breaks()).await.unwrap();
        assert!(may(&mut door.bob, "signin.end-others").await);
        assert!(why(door.bob.amend(breaks()).await).contains("has to be reviewed first"));
        let seen = door.mallory.charter().await.unwrap().emergencies()[0].clone();
        assert_eq!((seen.by, seen.reason.as_str(), seen.reviewed), (handle("bob"), "nobody else is awake", None));
        let review = Change::Review { of: seen.id, finding: "it was so".to_owned() };
        door.mallory.amend(review).await.unwrap();
        door.bob.amend(breaks()).await.unwrap();
        door.alice.amend(withdraw("bob", "security-admin")).await.unwrap();
        assert!(!may(&mut door.bob, "signin.end-others").await, "it ends when somebody takes it away");
        door.has_fact("charter.glass-broken", 2).await;
    }

    async fn a_rule_of_ones_own_forbids_and_can_be_taken_back(db: Db) {
        let mut door = Door::open(db).await;
        door.alice.amend(assign("bob", "help-desk")).await.unwrap();
        for bad in [
            "rubbish",
            "permit (principal is Account, action, resource);",
            "forbid (principal, action, resource);",
            "forbid (principal is House, action, resource);",
            "forbid (principal is Account, action, resource) when { principal.height > 2 };",
            "forbid (principal is Account, action == Charter::Action::\"make-tea\", resource);",
        ] {
            let refused = door.alice.amend(rule("bad", bad)).await.unwrap_err();
            assert!(refused.is(Code::BadRule), "{bad}: {refused}");
        }
        // Whatever is forbidden: what it takes to take it back is not. A rule that cannot be answered forbids.
        for everything in [
            "forbid (principal is Account, action, resource);",
            "forbid (principal is Account, action, resource) when { 9223372036854775807 + 1 > 0 };",
        ] {
            door.alice.amend(rule("everything", everything)).await.unwrap();
            assert!(door.bob.sessions_of(&handle("alice")).await.unwrap_err().is(Code::Denied));
            assert!(door.alice.invite(&handle("dave"), &AccountKind::Person).await.unwrap_err().is(Code::Denied));
            door.alice.amend(Change::Rule { name: role("everything"), cedar: None }).await.unwrap();
            door.bob.sessions_of(&handle("alice")).await.unwrap();
        }
        let no_desk = "forbid (principal is Account in Role::\"help-desk\", action == Signin::Action::\"list-others\", resource);";
        door.alice.amend(rule("no-desk", no_desk)).await.unwrap();
        assert!(door.bob.sessions_of(&handle("alice")).await.unwrap_err().is(Code::Denied));
        let said = door.alice.explain(Some(handle("bob")), "signin.list-others").await.unwrap();
        assert_eq!((said.allowed, said.rules), (false, vec![role("no-desk")]));
        let bob = door.bob.enrolled().unwrap();
        let gone = Change::Rule { name: role("no-desk"), cedar: None };
        door.alice.amend(gone).await.unwrap();
        door.bob.sessions_of(&handle("alice")).await.unwrap();
        // What is forbidden is so after a restart as well.
        door.alice.amend(rule("no-desk", no_desk)).await.unwrap();
        door.reopen(Settings::new("bank.example".parse().unwrap())).await;
        let token = door.session(&bob).await;
        let path = "/v1/accounts/alice/sessions";
        let shown = proof(&bob, ("GET", path), Some(&token), now());
        assert_eq!(problem(door.signed(path, &token, &shown)).await, expected(Code::Denied));
    }

    async fn what_nobody_uses_is_listed_and_what_somebody_has_used_is_not(db: Db) {
        let mut door = Door::open(db).await;
        door.alice.amend(assign("bob", "help-desk")).await.unwrap();
        door.alice.amend(assign("bob", "integration-owner")).await.unwrap();
        door.alice.amend(assign("mallory", "auditor")).await.unwrap();
        let since = now();
        door.bob.sessions_of(&handle("alice")).await.unwrap();
        // Once a day is enough: Alice has invited and amended, and Bob has looked.
        door.bob.sessions_of(&handle("alice")).await.unwrap();
        door.has_fact("charter.used", 3).await;
        let found = door.alice.unused_rights(since).await.unwrap();
        let of = |who: &str| -> Vec<(String, Vec<String>, bool)> {
            let all = found.unused.iter().filter(|it| it.account == handle(who));
            all.map(|it| (it.role.to_string(), it.permissions.clone(), it.whole)).collect()
        };
        let desk = ("help-desk".to_owned(), vec!["accounts.see-suspended".to_owned()], false);
        let owner = ("integration-owner".to_owned(), vec!["provisioning.see-waiting".to_owned()], true);
        assert_eq!(of("bob"), [desk, owner]);
        assert!(of("mallory")[0].2, "{:?}", of("mallory"));
        // What was amended and explained was used; the rest of the founder's was not.
        assert_eq!(of("alice").iter().map(|it| it.0.as_str()).collect::<Vec<_>>(), ["device-admin", "identity-admin"]);
        assert!(door.bob.unused_rights(since).await.unwrap_err().is(Code::Denied));
        // Of a time in which nothing was written down, nothing is said.
        let long = door.alice.unused_rights(since.plus_seconds(-86_400)).await.unwrap();
        assert!(long.unused.is_empty() && long.observed.is_some());
    }

    async fn a_room_that_may_not_be_opened_stands_in_nobodys_way(db: Db) {
        let mut door = Door::open(db).await;
        let no_rooms = "forbid (principal is Account in Role::\"help-desk\", action == Rooms::Action::\"open\", resource);";
        door.alice.amend(rule("no-rooms", no_rooms)).await.unwrap();
        door.alice.amend(assign("bob", "help-desk")).await.unwrap();
        sync(&mut door.bob).await;
        let room = door.bob.open_room(&text("of my own"), &[]).unwrap();
        sync(&mut door.bob).await;
        let view = door.bob.find_room("of my own").unwrap();
        assert_eq!((view.id, view.standing), (room, Standing::Left));
        assert!(view.why.unwrap().contains("not allowed"));
        let here = door.room;
        says(&mut door.bob, here, "everything else goes on").await;
        sync(&mut door.alice).await;
        assert_eq!(texts(&door.alice, here), ["everything else goes on"]);
    }

    async fn explaining_says_what_would_change_it(db: Db) {
        let settings = || {
            let mut settings = Settings::new("bank.example".parse().unwrap());
            settings.zones = vec![("office".into(), vec!["192.0.2.0/24".parse().unwrap()])];
            settings
        };
        let mut door = Door::with(db, Blobs::in_memory(), settings()).await;
        let outside = "forbid (principal is Account, action == Rooms::Action::\"call\", resource) unless { principal has zone && principal.zone == \"office\" };";
        door.alice.amend(rule("office-only", outside)).await.unwrap();
        let why = door.bob.explain(None, "rooms.call").await.unwrap();
        assert_eq!((why.allowed, why.from_zones), (false, vec!["office".to_owned()]));
        let why = door.bob.explain(None, "passkeys.reset").await.unwrap();
        assert!(!why.allowed && !why.with_passkey && why.with_roles == [role("device-admin"), role("recovery-officer")]);
        let why = door.bob.explain(None, "accounts.invite").await.unwrap();
        assert!(!why.allowed && why.with_roles.is_empty() && why.only_officers);
        let why = door.alice.explain(None, "audit.read").await.unwrap();
        assert_eq!((why.with_roles, why.in_conflict), (vec![], vec![role("auditor")]));
        let why = door.bob.explain(None, "delivery.submit").await.unwrap();
        assert!(why.allowed && why.policies.len() == 1, "{why:?}");
        assert!(door.bob.explain(None, "tea.make").await.unwrap_err().is(Code::NoSuchAct));
        assert!(door.bob.explain(Some(handle("alice")), "accounts.invite").await.unwrap_err().is(Code::Denied));
        let nobody = door.alice.explain(Some(handle("nobody")), "accounts.invite").await.unwrap_err();
        assert!(nobody.is(Code::NoAccount), "{nobody}");
        // Where passkeys are wanted, it says so; and it knows from where somebody asks.
        let alice = door.alice.enrolled().unwrap();
        door.reopen(Settings { passkeys: required(settings().passkeys), ..settings() }).await;
        let why = explains(&door, &alice, "accounts.invite", None).await;
        assert!(!why.allowed && why.with_passkey && why.with_roles.is_empty());
        assert!(!explains(&door, &alice, "rooms.call", Some("198.51.100.7")).await.allowed);
        assert!(explains(&door, &alice, "rooms.call", Some("192.0.2.7")).await.allowed);
    }

    /// A rule may ask how long a device has been there, and how it came. What the device says of that itself does not count.
    async fn a_rule_asks_how_old_a_device_is_and_how_it_came(db: Db) {
        let mut door = Door::open(db).await;
        let new = "forbid (principal is Account, action == Rooms::Action::\"call\", resource) when { principal has days && principal.days < 2 };";
        door.alice.amend(rule("no-new-device", new)).await.unwrap();
        let why = door.bob.explain(None, "rooms.call").await.unwrap();
        assert_eq!((why.allowed, why.after_days, why.by_devices.len()), (false, Some(2), 0));
        // Alice's thief links a device that says it came weeks ago.
        let alice = door.alice.enrolled().unwrap();
        let (device, key) = (DeviceId([7; 16]), SigningKey::from_bytes(&[7; 32]));
        let hers = SigningKey::from_bytes(&alice.signing.0);
        let long_ago = now().plus_seconds(-40 * DAY);
        let offered = vouch(&chain_of(&door, &alice).await, (alice.device, &hers), (device, key.public()), long_ago);
        let entry = take_vouched(&offered.unwrap(), device, &key).unwrap().1;
        let linked = door.post("/v1/devices").json(&json!({"entry": BASE64URL_NOPAD.encode(&entry)}));
        assert_eq!(problem(linked).await.0, 201);
        let mut thief = Identity { device, ..alice.clone() };
        thief.signing.0 = [7; 32];
        let why = explains(&door, &thief, "rooms.call", None).await;
        assert_eq!((why.allowed, why.after_days), (false, Some(2)), "{why:?}");
        let linked = "forbid (principal is Account, action == Rooms::Action::\"call\", resource) when { principal has came && principal.came == \"device\" };";
        door.alice.amend(rule("no-new-device", linked)).await.unwrap();
        assert!(explains(&door, &alice, "rooms.call", None).await.allowed);
        let why = explains(&door, &thief, "rooms.call", None).await;
        assert_eq!((why.allowed, why.after_days), (false, None));
        assert_eq!(why.by_devices, [CameBy::First, CameBy::RecoveryKey, CameBy::Officers]);
        // The rules that are written down as examples can be taken.
        let written = include_str!("../../../../protocol/charter.md").lines();
        for (number, example) in written.filter(|line| line.starts_with("forbid (")).enumerate() {
            let name = format!("example-{number}");
            let taken = door.alice.amend(rule(&name, example)).await;
            assert!(taken.is_ok(), "{example}: {taken:?}");
        }
        // A word that no device comes by, and a number that is a word, are no rules.
        let typo = linked.replace("principal.came ==", "principal.cam ==");
        let refused = door.alice.amend(rule("typo", &typo)).await.unwrap_err().to_string();
        assert!(refused.contains("attribute `cam`"), "{refused}");
        let word = new.replace("< 2", "< \"2\"");
        assert!(door.alice.amend(rule("word", &word)).await.is_err());
    }
}
