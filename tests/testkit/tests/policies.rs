//! Policy cases: what `policies/cases` says is what the policies answer, for every action the schema knows.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use chancery_floor::policy::{Case, Entity, Policies};
use serde_json::Value;

/// How many cases there are. A case that is added or lost changes this number on purpose.
const CASES: usize = 337;

fn policies_folder() -> PathBuf {
    // Tests run in their package's folder.
    PathBuf::from("../../policies")
}

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries.filter(|path| path.to_string_lossy().ends_with(ending)).collect();
    files.sort();
    files
}

fn policies() -> Policies {
    let texts: Vec<_> =
        files(&policies_folder(), ".cedar").iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    let texts: Vec<_> = texts.iter().map(String::as_str).collect();
    let schema = fs::read_to_string(policies_folder().join("schema.cedarschema")).unwrap();
    Policies::parse(&schema, &texts, &[]).unwrap()
}

#[test]
fn every_case_is_answered_as_it_says() {
    let (policies, mut count, mut decided) = (policies(), 0, BTreeSet::new());
    for duty in files(&policies_folder().join("cases"), "") {
        for (answer, allowed) in [("ALLOW", true), ("DENY", false)] {
            for file in files(&duty.join(answer), ".json") {
                let case = Case::parse(&fs::read_to_string(&file).unwrap()).unwrap();
                assert_eq!(case.is_allowed_by(&policies), allowed, "{}: {}", file.display(), case.because);
                decided.insert((case.action().to_owned(), allowed));
                count += 1;
            }
        }
    }
    assert_eq!(count, CASES);
    for (action, _) in &decided {
        assert!(decided.contains(&(action.clone(), true)), "nobody may {action}");
    }
}

/// Routes that are open to whoever has no account: what they ask for is a code, a link, or the proof of a key.
const OPEN: [&str; 14] = [
    "accounts.look",
    "accounts.see-invitation",
    "accounts.found",
    "accounts.join",
    "accounts.link",
    "accounts.ask-recovery",
    "devices.say-part",
    "devices.see-parts",
    "passkeys.look",
    "passkeys.approve-recovery",
    "passkeys.finish",
    "providers.list",
    "providers.join",
    "signin.open",
];

/// The cases of a folder, as they stand in their files.
fn cases(answer: &str) -> Vec<Value> {
    let duties = files(&policies_folder().join("cases"), "");
    let cases = duties.iter().flat_map(|duty| files(&duty.join(answer), ".json"));
    cases.map(|file| serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()).collect()
}

#[test]
fn every_route_has_a_case_for_the_right_one_for_nobody_and_for_a_stranger() {
    let api = fs::read_to_string("../../protocol/api/v1.json").unwrap();
    let api: Value = serde_json::from_str(&api).unwrap();
    let (allowed, denied) = (cases("ALLOW"), cases("DENY"));
    let operations =
        api["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap().values());
    for operation in operations {
        // An operation is called as the action it asks for: the duty, and what is done.
        let id = operation["operationId"].as_str().unwrap();
        let (duty, what) = id.split_once('.').unwrap();
        // Several addresses may be one action's.
        let what = what.split('#').next().unwrap();
        let action = format!("{duty}::action::\"{what}\"");
        let asks = |case: &Value| case["action"].as_str().unwrap().to_lowercase() == action;
        let of = |cases: &[Value], actor: &str| {
            let fits = |case: &&Value| asks(case) && case["actor"]["kind"] == actor;
            cases.iter().filter(fits).cloned().collect::<Vec<_>>()
        };
        assert!(allowed.iter().any(asks), "{id}: nobody may");
        if !OPEN.contains(&id) {
            assert!(!of(&denied, "Nobody").is_empty(), "{id}: no case in which nobody asks");
            assert!(of(&allowed, "Nobody").is_empty(), "{id}: nobody may");
        }
        let of_a_room = |case: &Value| case["resource"]["kind"] == "Room";
        if allowed.iter().any(|case| asks(case) && of_a_room(case)) {
            let strangers = of(&denied, "Account");
            let stranger =
                |case: &Value| of_a_room(case) && case["resource"]["attributes"]["reader"] == false;
            assert!(strangers.iter().any(stranger), "{id}: no case in which a stranger asks");
        }
    }
}

#[test]
fn what_policy_does_not_know_is_denied() {
    let (policies, house) = (policies(), Entity::plain("House"));
    for action in [r#"Rooms::Action::"eavesdrop""#, "nonsense", ""] {
        assert!(!policies.allow(&house, action, &Entity::plain("Organisation")), "{action}");
    }
    assert!(!policies.allow(
        &Entity::plain("Stranger"),
        r#"Accounts::Action::"look""#,
        &Entity::plain("Organisation")
    ));
    // An attribute the schema demands, and which is not there, is not made up.
    assert!(!policies.allow(
        &Entity::plain("Account"),
        r#"Accounts::Action::"invite""#,
        &Entity::plain("Organisation")
    ));
}

#[test]
fn policies_that_do_not_fit_their_schema_are_refused() {
    let schema = fs::read_to_string(policies_folder().join("schema.cedarschema")).unwrap();
    for bad in [
        "permit (",
        "permit (principal is Ghost, action, resource);",
        "permit (principal, action, resource) when { principal.officer };",
    ] {
        assert!(Policies::parse(&schema, &[bad], &[]).is_err(), "{bad}");
    }
}

/// What is remembered about one device does not answer for another one that a rule tells apart, however the rule writes that.
#[test]
fn a_rule_tells_devices_apart_that_were_asked_about_before() {
    let policies = policies();
    let list = r#"Signin::Action::"list""#;
    let asks = |days: u8, segment: &str| {
        let account = Entity::plain("Account").with("officer", false).with("directory", false);
        let account = account.with("passkey", false).with("confirmed", true).with_number("days", days);
        policies.allow(&account.within("Segment", segment), list, &Entity::plain("Organisation"))
    };
    assert!(asks(0, "trading") && asks(9, "trading") && asks(0, "research"));
    let plain = "principal has days && principal.days < 2";
    for when in [plain, r#"principal has "da\u{79}s" && principal["da\u{79}s"] < 2"#] {
        let rule = format!("forbid (principal is Account, action == {list}, resource) when {{ {when} }};");
        policies.set_rules([("new", rule.as_str())]).unwrap();
        assert!(
            !asks(0, "trading") && asks(9, "trading") && !asks(1, "trading") && asks(2, "trading"),
            "{when}"
        );
    }
    let rule = format!("forbid (principal is Account in Segment::\"trading\", action == {list}, resource);");
    policies.set_rules([("apart", rule.as_str())]).unwrap();
    assert!(!asks(0, "trading") && asks(0, "research") && !asks(9, "trading"));
    policies.set_rules([]).unwrap();
    assert!(asks(0, "trading"));
}
