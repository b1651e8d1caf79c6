//! The matrix: who may do what, for every act of the server and everybody there is, against a table that people have read
//! (`policies/matrix.txt`); and no policy could go, or lose its condition, without the table noticing.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use chancery_floor::policy::{Entity, Policies};
use chancery_transparency::BuiltIn;
use serde_json::Value;

/// The fewest questions that are asked.
const CELLS: usize = 5_000;

/// An act: how policy calls it, and whether it is done to a room.
struct Act {
    name: String,
    action: String,
    room: bool,
}

/// Every act that the schema knows, in its order.
fn acts(schema: &str) -> Vec<Act> {
    let (mut duty, mut acts) = ("", Vec::new());
    for line in schema.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix("namespace ") {
            duty = name.trim_end_matches(" {");
        }
        let Some((names, applies)) = line.strip_prefix("action ").and_then(|it| it.split_once(" appliesTo "))
        else {
            continue;
        };
        for what in names.split(", ").map(|it| it.trim_matches('"')) {
            let name = format!("{}.{what}", duty.to_lowercase());
            let action = format!("{duty}::Action::\"{what}\"");
            acts.push(Act { name, action, room: applies.contains("resource: [Room]") });
        }
    }
    acts
}

fn account(officer: bool, directory: bool) -> Entity {
    Entity::plain("Account").with("officer", officer).with("directory", directory)
}

fn holding(it: Entity, roles: &[&BuiltIn]) -> Entity {
    let permissions: BTreeSet<_> = roles.iter().flat_map(|role| role.permissions).collect();
    let it = permissions.into_iter().fold(it, |it, permission| it.within("Permission", permission.as_str()));
    roles.iter().fold(it, |it, role| it.within("Role", role.name))
}

/// Everybody there is, by name.
fn everybody() -> Vec<(String, Entity)> {
    let mut all = vec![
        ("house".to_owned(), Entity::plain("House")),
        ("nobody".to_owned(), Entity::plain("Nobody")),
        ("account".to_owned(), account(false, false)),
        ("directory".to_owned(), account(false, true)),
        ("guest".to_owned(), account(false, false).with("guest", true)),
    ];
    let of_officers: Vec<_> = BuiltIn::ALL.iter().filter(|it| it.of_officers).collect();
    all.push(("officer".to_owned(), holding(account(true, false), &of_officers)));
    all.push(("officer-without-roles".to_owned(), account(true, false)));
    all.extend(
        BuiltIn::ALL.iter().map(|role| (role.name.to_owned(), holding(account(false, false), &[role]))),
    );
    all
}

/// How an account may have confirmed what it asks for, and what stands for it in the table.
const CONFIRMED: [(bool, bool, &str); 4] =
    [(true, true, ""), (true, false, "!"), (false, true, "?"), (false, false, "~")];
/// How a room may stand to whoever asks.
const ROOMS: [(bool, bool, &str); 3] =
    [(true, true, "member"), (false, true, "reader"), (false, false, "stranger")];

/// How one of them may do it: in which rooms, and how it has to be confirmed. How many questions that took.
fn cell(policies: &Policies, act: &Act, (kind, who): (&str, &Entity)) -> (String, usize) {
    let states: Vec<(Entity, &str)> = if act.room {
        let room = |(member, reader, name)| {
            (Entity::plain("Room").with("member", member).with("reader", reader), name)
        };
        ROOMS.map(room).to_vec()
    } else {
        vec![(Entity::plain("Organisation"), "")]
    };
    let (mut said, mut asked) = (Vec::new(), 0);
    for (resource, name) in states {
        let mut may = |who: &Entity| {
            asked += 1;
            policies.explain(who, &act.action, &resource).is_ok_and(|it| it.allowed)
        };
        let how = if kind == "house" || kind == "nobody" {
            if may(who) { "always".to_owned() } else { String::new() }
        } else {
            let each = CONFIRMED.map(|(passkey, confirmed, _)| {
                let confirmed = who.clone().with("passkey", passkey).with("confirmed", confirmed);
                may(&confirmed)
            });
            match each {
                [true, true, true, true] => "always".to_owned(),
                [true, false, true, false] => "confirmed".to_owned(),
                [true, false, true, true] => "confirmed-where-there-is-a-passkey".to_owned(),
                [false, false, false, false] => String::new(),
                other => format!("{other:?}"),
            }
        };
        if !how.is_empty() {
            said.push(if name.is_empty() { how } else { format!("{name}-{how}") });
        }
    }
    (said.join("+"), asked)
}

/// The row of an act. Who is left out may what an account without a role may.
fn row(policies: &Policies, act: &Act, all: &[(String, Entity)]) -> (String, usize) {
    let (mut cells, mut asked) = (BTreeMap::new(), 0);
    for (name, who) in all {
        let (said, many) = cell(policies, act, (name, who));
        asked += many;
        cells.insert(name.as_str(), said);
    }
    let plain = cells["account"].clone();
    let usual = |name: &str| match name {
        "house" | "nobody" | "account" => "",
        _ => plain.as_str(),
    };
    let shown = all.iter().filter(|(name, _)| cells[name.as_str()] != usual(name)).map(|(name, _)| {
        let said = &cells[name.as_str()];
        format!("{name}:{}", if said.is_empty() { "never" } else { said })
    });
    (format!("{} {}", act.name, shown.collect::<Vec<_>>().join(" ")), asked)
}

fn read(path: &str) -> String {
    fs::read_to_string(format!("../../policies/{path}")).unwrap()
}

/// The program's policies, by file.
fn texts() -> Vec<String> {
    let mut files: Vec<_> = fs::read_dir("../../policies").unwrap().map(|it| it.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|it| it == "cedar"));
    files.sort();
    files.iter().map(|path| fs::read_to_string(path).unwrap()).collect()
}

fn parse(texts: &[String]) -> Policies {
    let texts: Vec<_> = texts.iter().map(String::as_str).collect();
    Policies::parse(&read("schema.cedarschema"), &texts, &[]).unwrap()
}

/// The rows of the table, by act.
fn table() -> BTreeMap<String, String> {
    let text = read("matrix.txt");
    let rows = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    rows.map(|row| (row.split(' ').next().unwrap().to_owned(), row.to_owned())).collect()
}

#[test]
fn everybody_may_do_what_the_table_says_and_nothing_else() {
    let (policies, acts, all) = (parse(&texts()), acts(&read("schema.cedarschema")), everybody());
    let (mut table, mut wrong, mut asked) = (table(), Vec::new(), 0);
    for act in &acts {
        let (row, many) = row(&policies, act, &all);
        asked += many;
        if table.remove(&act.name).as_ref() != Some(&row) {
            wrong.push(row);
        }
    }
    assert!(
        wrong.is_empty(),
        "policies/matrix.txt says otherwise; if this is meant, it says:\n{}",
        wrong.join("\n")
    );
    assert!(table.is_empty(), "there are no such acts: {:?}", table.keys());
    assert!(asked >= CELLS, "{asked} questions are too few");
}

/// What a rule forbids to a segment, nobody of it may, whatever they hold; for everybody else all is as in the table.
#[test]
fn what_is_forbidden_to_one_segment_is_as_it_was_to_every_other() {
    let (policies, acts, all) = (parse(&texts()), acts(&read("schema.cedarschema")), everybody());
    let people = || all.iter().filter(|(_, who)| who.kind == "Account");
    let (usual, mut asked) = (parse(&texts()), 0);
    for act in &acts {
        let rule = format!(
            "forbid (principal is Account in Segment::\"trading\", action == {}, resource);",
            act.action
        );
        // Nobody is there but the house: there is nothing to forbid.
        if policies.set_rules([("apart", rule.as_str())]).is_err() {
            assert!(people().all(|(name, who)| cell(&usual, act, (name, who)).0.is_empty()), "{}", act.name);
            continue;
        }
        for (name, who) in people() {
            let own = who.clone().within("Segment", "trading");
            let other = who.clone().within("Segment", "research");
            let (said, many) = cell(&policies, act, (name, &own));
            assert_eq!(said, "", "{name} of trading, {}", act.name);
            let (before, _) = cell(&usual, act, (name, who));
            assert_eq!(cell(&policies, act, (name, &other)).0, before, "{name} of research, {}", act.name);
            assert_eq!(cell(&usual, act, (name, &own)).0, before, "{name}, without the rule, {}", act.name);
            asked += 3 * many;
        }
    }
    assert!(asked >= CELLS, "{asked} questions are too few");
}

#[test]
fn every_route_is_an_act_of_the_table() {
    let api = fs::read_to_string("../../protocol/api/v1.json").unwrap();
    let api: Value = serde_json::from_str(&api).unwrap();
    let table = table();
    for path in api["paths"].as_object().unwrap().values() {
        for operation in path.as_object().unwrap().values() {
            let id = operation["operationId"].as_str().unwrap();
            let act = id.split('#').next().unwrap();
            assert!(table.contains_key(act), "{id} is in no row of policies/matrix.txt");
        }
    }
}

#[test]
fn no_policy_goes_or_loses_its_condition_unnoticed() {
    let (texts, acts, all, table) = (texts(), acts(&read("schema.cedarschema")), everybody(), table());
    let mut tried = 0;
    for (number, text) in texts.iter().enumerate() {
        for policy in text.split_inclusive(';').filter(|it| it.contains("permit") || it.contains("forbid")) {
            let mut mutants = vec![text.replacen(policy, "", 1)];
            if let Some((scope, _)) = policy.split_once("when {") {
                mutants.push(text.replacen(policy, &format!("{scope};"), 1));
            }
            for mutant in mutants {
                let mut others = texts.clone();
                others[number] = mutant;
                let policies = parse(&others);
                let about = |act: &&Act| policy.contains(&act.action);
                let same = |act: &Act| table.get(&act.name) == Some(&row(&policies, act, &all).0);
                assert!(!acts.iter().filter(about).all(same), "nobody would notice a change of:\n{policy}");
                tried += 1;
            }
        }
    }
    assert!(tried > 60, "{tried} mutants are too few");
}
