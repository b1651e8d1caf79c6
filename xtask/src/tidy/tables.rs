//! A table belongs to one duty (invariant I5): it is created in that duty's migrations and named in that folder only.

use std::collections::BTreeMap;

use super::Untidy;
use crate::sources::Source;

/// The sides of the tree in which SQL is looked for.
const SERVER: &str = "server/";
/// The words after which SQL names a table.
const BEFORE_A_TABLE: [&str; 6] = ["FROM", "JOIN", "INTO", "UPDATE", "TABLE", "ON"];

pub(super) fn check(sources: &[Source]) -> Vec<Untidy> {
    let mut broken = Vec::new();
    let mut owners: BTreeMap<String, &str> = BTreeMap::new();
    for source in sources.iter().filter(|source| source.is(&[".sql", ".rs"])) {
        let Some(owner) = owner(&source.path) else { continue };
        for (number, line) in source.lines() {
            for table in created(line) {
                let first = *owners.entry(table.clone()).or_insert(owner);
                if first != owner {
                    let why = format!("the table {table} belongs to {first} already");
                    broken.push(Untidy::at(source, number, why));
                }
            }
        }
    }
    for source in sources.iter().filter(|source| source.is(&[".sql", ".rs"])) {
        let Some(here) = owner(&source.path) else { continue };
        for (number, line) in source.lines().filter(|(_, line)| !line.trim_start().starts_with("//")) {
            for table in named(line) {
                if let Some(owner) = owners.get(table).filter(|owner| **owner != here) {
                    let why = format!("the table {table} belongs to {owner}: ask it, do not read it");
                    broken.push(Untidy::at(source, number, why));
                }
            }
        }
    }
    broken
}

/// The folder a file's tables belong to: a duty, or a part of the floor.
fn owner(path: &str) -> Option<&str> {
    let inside = path.strip_prefix(SERVER)?;
    let (krate, inside) = inside.split_once("/src/")?;
    let (folder, _) = inside.split_once('/').unwrap_or((inside, ""));
    path.get(..SERVER.len() + krate.len() + "/src/".len() + folder.len())
}

/// The words of a line of SQL.
fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

/// The tables that a line creates.
fn created(line: &str) -> Vec<String> {
    let words: Vec<_> = words(line).filter(|word| !["IF", "NOT", "EXISTS"].contains(word)).collect();
    let pairs = words
        .windows(3)
        .filter(|window| window.first() == Some(&"CREATE") && window.get(1) == Some(&"TABLE"));
    pairs.filter_map(|window| window.get(2)).map(|table| (*table).to_owned()).collect()
}

/// The words of a line that stand where SQL names a table.
fn named(line: &str) -> impl Iterator<Item = &str> {
    let after = |before: &str| BEFORE_A_TABLE.contains(&before);
    let mut before = "";
    let words = words(line).filter(|word| !["IF", "NOT", "EXISTS"].contains(word));
    words.filter(move |word| after(std::mem::replace(&mut before, word)))
}

#[cfg(test)]
mod tests {
    use super::super::{Untidy, planted, said};
    use crate::sources::Source;

    const ROOMS: &str = "CREATE TABLE IF NOT EXISTS rooms (\n  id BLOB PRIMARY KEY\n);";

    fn check(path: &str, text: &str) -> Vec<String> {
        let rooms = planted("server/duties/src/rooms/migrations/0001_rooms.sql", ROOMS);
        said(super::check as fn(&[Source]) -> Vec<Untidy>, &[rooms, planted(path, text)])
    }

    #[test]
    fn reading_another_dutys_table_is_found() {
        for sql in
            ["SELECT id FROM rooms", "UPDATE rooms SET", "x JOIN rooms ON x.id", "INSERT INTO rooms (id)"]
        {
            let found =
                check("server/duties/src/delivery/store.rs", &format!("const SQL: &str = \"{sql}\";"));
            let said = "the table rooms belongs to server/duties/src/rooms: ask it, do not read it";
            assert_eq!(found, [format!("server/duties/src/delivery/store.rs:1: {said}")], "{sql}");
            assert!(check("server/duties/src/rooms/store.rs", sql).is_empty());
        }
    }

    #[test]
    fn a_table_with_two_owners_is_found() {
        let found = check("server/duties/src/zoo/migrations/0001_zoo.sql", ROOMS);
        assert!(
            found.iter().any(|line| line.contains("belongs to server/duties/src/rooms already")),
            "{found:?}"
        );
    }

    #[test]
    fn words_that_are_no_sql_are_left_alone() {
        assert!(
            check("server/duties/src/delivery/a.rs", "// taken FROM rooms\nuse crate::rooms;").is_empty()
        );
    }
}
