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

/// How many cases there are. A case that is added or lost changes this number on purpose.
const CASES: usize = 54;

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
    Policies::parse(&schema, &texts).unwrap()
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
    // Every action somebody may do has a case for him and one for somebody who may not, but those open to anybody.
    let open = ["look", "see-invitation"];
    for (action, _) in &decided {
        assert!(decided.contains(&(action.clone(), true)), "nobody may {action}");
        let anybody = open.iter().any(|name| action.ends_with(&format!("\"{name}\"")));
        assert!(anybody || decided.contains(&(action.clone(), false)), "nobody is refused {action}");
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
        assert!(Policies::parse(&schema, &[bad]).is_err(), "{bad}");
    }
}
