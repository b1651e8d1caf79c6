//! Every threat names a scenario that plays it, and that scenario exists (invariant I11).

use super::Untidy;
use crate::sources::Source;

/// The document: tables whose last column names a test, as `` `fn_name` ``.
const DOCUMENT: &str = "protocol/threats.md";

pub(super) fn check(sources: &[Source]) -> Vec<Untidy> {
    let tests: Vec<_> = sources.iter().filter(|source| source.is(&[".rs"])).collect();
    let exists = |name: &str| tests.iter().any(|source| is_test(source, name));
    let mut broken = Vec::new();
    for source in sources.iter().filter(|source| source.path == DOCUMENT) {
        for (number, row) in rows(source) {
            let scenarios: Vec<_> = last_cell(row).split('`').skip(1).step_by(2).collect();
            if scenarios.is_empty() {
                broken.push(Untidy::at(source, number, "the threat names no scenario in its last column"));
            }
            for name in scenarios.into_iter().filter(|name| !exists(name.rsplit("::").next().unwrap_or(name)))
            {
                broken.push(Untidy::at(source, number, format!("there is no test called {name}")));
            }
        }
    }
    broken
}

/// The rows of the document's tables, without heads and rules.
fn rows(source: &Source) -> impl Iterator<Item = (usize, &str)> {
    let is_rule = |line: &str| line.starts_with('|') && line.chars().all(|c| "|-: ".contains(c));
    let all: Vec<_> = source.lines().collect();
    let heads: Vec<_> =
        all.windows(2).filter(|pair| pair.get(1).is_some_and(|(_, line)| is_rule(line))).collect();
    let heads: Vec<_> = heads.iter().filter_map(|pair| pair.first()).map(|(number, _)| *number).collect();
    let row = move |(number, line): &(usize, &str)| {
        line.starts_with('|') && !is_rule(line) && !heads.contains(number)
    };
    all.into_iter().filter(row)
}

/// The last column of a row.
fn last_cell(row: &str) -> &str {
    row.trim().trim_end_matches('|').rsplit('|').next().unwrap_or_default()
}

/// Whether a file has a function of this name under a test attribute, or in a `both!` that makes two tests of it.
fn is_test(source: &Source, name: &str) -> bool {
    let heads = [format!("fn {name}("), format!("fn {name}<")];
    let twice = format!("    async fn {name}(db: Db) {{");
    if source.text.contains("both! {") && source.text.lines().any(|line| line == twice) {
        return true;
    }
    let mut lines = source.text.lines().enumerate();
    lines.any(|(at, line)| {
        let above = source.text.lines().take(at).collect::<Vec<_>>();
        let mut attributes = above.iter().rev().take_while(|line| line.trim_start().starts_with(['#', '/']));
        heads.iter().any(|head| line.contains(head)) && attributes.any(|line| line.contains("test"))
    })
}

#[cfg(test)]
mod tests {
    use super::{
        super::{planted, said},
        is_test,
    };

    const TEST: &str =
        "//! Attacks.\n#[testkit::both]\nasync fn a_ghost_is_seen(db: Db) {\n}\nfn no_test() {}";

    fn check(row: &str) -> Vec<String> {
        let document = format!("# Threats\n\n| threat | held off by | scenario |\n|---|---|---|\n{row}\n");
        let test = planted("tests/scenarios/tests/hostile.rs", TEST);
        said(super::check, &[planted("protocol/threats.md", &document), test])
    }

    #[test]
    fn a_threat_whose_scenario_exists_is_fine() {
        assert!(check("| a ghost | chains | `a_ghost_is_seen` |").is_empty());
        assert!(check("| a ghost | chains | `hostile::a_ghost_is_seen` |").is_empty());
    }

    #[test]
    fn a_threat_without_a_scenario_is_found() {
        let found = check("| a `ghost` | chains | later |");
        assert_eq!(found, ["protocol/threats.md:5: the threat names no scenario in its last column"]);
        let found = check("| a ghost | chains | `nobody_wrote_it` |");
        assert_eq!(found, ["protocol/threats.md:5: there is no test called nobody_wrote_it"]);
    }

    #[test]
    fn a_test_on_both_databases_counts() {
        let test = planted("tests/a.rs", "both! {\n    async fn a_ghost_is_seen(db: Db) {\n    }\n}");
        assert!(is_test(&test, "a_ghost_is_seen") && !is_test(&test, "a_ghost"));
    }

    #[test]
    fn a_function_that_is_no_test_does_not_count() {
        assert_eq!(check("| a ghost | chains | `no_test` |").len(), 1);
    }
}
