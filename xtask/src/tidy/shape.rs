//! The shape of files: the first line says what it is, none is long, and none has a name that says nothing.

use super::Untidy;
use crate::sources::Source;

/// The most lines of a file, its own test module aside.
const LINES: usize = 500;
/// Names under which anything could be kept.
const EMPTY_NAMES: [&str; 10] =
    ["utils", "util", "common", "helpers", "helper", "manager", "misc", "handler", "handlers", "stuff"];

pub(super) fn check(sources: &[Source]) -> Vec<Untidy> {
    let mut broken = Vec::new();
    for source in sources {
        let mut names = source.path.split('/').map(|name| name.split('.').next().unwrap_or(name));
        if let Some(name) = names.find(|name| EMPTY_NAMES.contains(name)) {
            broken.push(Untidy::at(source, 1, format!("`{name}` says nothing: name it after what is in it")));
        }
        let begins = source.text.lines().next().unwrap_or_default();
        if source.is(&[".ts", ".tsx", ".mjs", ".css", ".ftl"])
            && !["// ", "/* ", "# "].iter().any(|opens| begins.starts_with(opens) && begins.len() > 12)
        {
            broken.push(Untidy::at(source, 1, "the first line says what the file is, in a comment"));
        }
        if !source.is(&[".rs"]) {
            continue;
        }
        if !source.text.lines().next().is_some_and(|line| line.starts_with("//! ") && line.len() > 12) {
            broken.push(Untidy::at(source, 1, "the first line says what the file is: `//! …`"));
        }
        let own = source.text.lines().take_while(|line| line.trim() != "#[cfg(test)]").count();
        if own > LINES {
            broken.push(Untidy::at(source, own, format!("{own} lines: split it by what it is about")));
        }
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::super::{planted, said};

    #[test]
    fn a_file_that_does_not_introduce_itself_is_found() {
        let found = said(super::check, &[planted("a/src/b.rs", "use std::fmt;")]);
        assert_eq!(found, ["a/src/b.rs:1: the first line says what the file is: `//! …`"]);
        assert!(said(super::check, &[planted("a/src/b.rs", "//! What b is for.")]).is_empty());
        let found = said(super::check, &[planted("web/app/b.ts", "export {};")]);
        assert_eq!(found, ["web/app/b.ts:1: the first line says what the file is, in a comment"]);
        assert!(said(super::check, &[planted("web/app/b.css", "/* What b looks like. */")]).is_empty());
    }

    #[test]
    fn a_long_file_is_found_and_long_tests_are_not() {
        let long = format!("//! What b is for.\n{}", "x\n".repeat(500));
        assert_eq!(said(super::check, &[planted("b.rs", &long)]).len(), 1);
        let long = long.replacen("x\n", "#[cfg(test)]\n", 1);
        assert!(said(super::check, &[planted("b.rs", &long)]).is_empty());
    }

    #[test]
    fn a_name_that_says_nothing_is_found_for_files_and_folders() {
        for path in ["web/utils/a.json", "server/src/helpers.rs", "misc.md"] {
            assert_eq!(said(super::check, &[planted(path, "//! What it is for.")]).len(), 1, "{path}");
        }
    }
}
