//! Calls go down: no duty names one above itself, and every duty has its place (invariant I6).

use std::collections::BTreeSet;

use super::Duties;
use crate::sources::Source;

/// Holds the duties' sources against their order.
pub(super) fn check(duties: &Duties, sources: &[Source]) -> Vec<String> {
    let mut broken = Vec::new();
    let mut there = BTreeSet::new();
    for source in sources.iter().filter(|source| source.is(&[".rs"])) {
        let Some(inside) = source.path.strip_prefix(&duties.folder) else { continue };
        let inside = inside.trim_start_matches('/');
        let duty = inside.split_once('/').map_or_else(|| inside.trim_end_matches(".rs"), |(duty, _)| duty);
        if duty == "lib" {
            continue;
        }
        there.insert(duty.to_owned());
        let Some(place) = duties.order.iter().position(|other| other == duty) else { continue };
        for (number, other) in named(&source.text) {
            if duties.order.iter().position(|name| *name == other).is_some_and(|it| it < place) {
                broken.push(format!("{}:{number}: {duty} calls {other}, which stands above it", source.path));
            }
        }
        // Two steps up is another duty's ground; `crate::` says so, and is what is checked above.
        let climbs = source.lines().find(|(_, line)| code(line).contains("super::super"));
        broken.extend(climbs.map(|(number, _)| format!("{}:{number}: write crate:: instead", source.path)));
    }
    let known: BTreeSet<_> = duties.order.iter().cloned().collect();
    broken
        .extend(there.difference(&known).map(|duty| format!("the duty {duty} has no place in floors.toml")));
    broken.extend(known.difference(&there).map(|duty| format!("the duty {duty} stands in floors.toml only")));
    broken
}

/// A line without its comment.
fn code(line: &str) -> &str {
    line.split("//").next().unwrap_or_default()
}

/// The modules of the crate that a text names, with their lines: `crate::rooms::…`, and each of `crate::{rooms::…, delivery}`.
fn named(text: &str) -> Vec<(usize, String)> {
    let text: String = text.lines().flat_map(|line| [code(line), "\n"]).collect();
    let mut found = Vec::new();
    let mut line = 1;
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once("crate::") {
        line += before.matches('\n').count();
        match after.strip_prefix('{') {
            Some(list) => found.extend(items(list).into_iter().map(|(below, name)| (line + below, name))),
            None => found.push((line, word(after))),
        }
        rest = after;
    }
    found.retain(|(_, name)| !name.is_empty());
    found
}

/// The first word of each item of a list in braces, whose opening one is gone, and how many lines below it stands.
fn items(list: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let (mut depth, mut below, mut fresh) = (0_usize, 0, true);
    for (at, letter) in list.char_indices() {
        match letter {
            '\n' => below += 1,
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => fresh = true,
            letter if fresh && !letter.is_whitespace() => {
                found.push((below, word(list.get(at..).unwrap_or_default())));
                fresh = false;
            }
            _ => {}
        }
    }
    found
}

/// The word a text starts with.
fn word(text: &str) -> String {
    text.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        let duties = Duties {
            folder: "server/duties/src".into(),
            order: vec!["gateway".into(), "delivery".into(), "rooms".into()],
        };
        let others = ["gateway", "delivery", "rooms"]
            .map(|duty| Source { path: format!("server/duties/src/{duty}/mod.rs"), text: String::new() });
        let planted = Source { path: format!("server/duties/src/{path}"), text: text.into() };
        check(&duties, &[&[planted], others.as_slice()].concat())
    }

    #[test]
    fn a_call_upwards_is_found_however_it_is_written() {
        for line in [
            "use crate::delivery::Submit;",
            "use crate::{error::Refusal, delivery};",
            "use crate::{rooms::{Head, Open}, delivery::Submit};",
            "let x = crate::delivery::submit();",
        ] {
            assert_eq!(
                found("rooms/open.rs", &format!("//! Opens.\n{line}")),
                ["server/duties/src/rooms/open.rs:2: rooms calls delivery, which stands above it"],
                "{line}"
            );
        }
    }

    #[test]
    fn a_call_upwards_is_found_in_a_list_of_many_lines() {
        let text = "//! Opens.\nuse crate::{\n    accounts::{\n        delivery, Account,\n    },\n    gateway::Desk,\n};";
        let said = "server/duties/src/rooms/open.rs:6: rooms calls gateway, which stands above it";
        assert_eq!(found("rooms/open.rs", text), [said]);
    }

    #[test]
    fn calls_down_and_words_about_others_are_fine() {
        assert!(found("delivery/submit.rs", "use crate::rooms::Head;\n// see crate::gateway").is_empty());
        assert!(found("rooms/open.rs", "/// Like [`crate::delivery`].").is_empty());
    }

    #[test]
    fn a_duty_without_a_place_is_found() {
        assert_eq!(found("holds/mod.rs", ""), ["the duty holds has no place in floors.toml"]);
    }
}
