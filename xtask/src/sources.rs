//! The files of the checkout, as the rules look at them.

use std::{fs, path::Path};

use crate::shell::{Outcome, about, root};

/// Folders that hold nothing a person wrote.
const SKIPPED: [&str; 5] = [".git", "target", "node_modules", "data", "dist"];

/// A file of the checkout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    /// Its path from the root, with `/` between folders.
    pub(crate) path: String,
    /// What stands in it; empty for files that are not text.
    pub(crate) text: String,
}

impl Source {
    /// Whether its name ends in one of these.
    pub(crate) fn is(&self, endings: &[&str]) -> bool {
        endings.iter().any(|ending| self.path.ends_with(ending))
    }

    /// Its lines with their numbers, from 1.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(at, line)| (at + 1, line))
    }

    /// Whether line `number` belongs to tests: in a test crate or folder, or after `#[cfg(test)]` in its file.
    pub(crate) fn is_test(&self, number: usize) -> bool {
        let folder = self.path.starts_with("tests/") || self.path.contains("/tests/");
        folder || self.lines().take(number).any(|(_, line)| line.trim() == "#[cfg(test)]")
    }
}

/// Reads every file of the checkout.
pub(crate) fn read() -> Outcome<Vec<Source>> {
    let root = root();
    let mut found = Vec::new();
    walk(&root, "", &mut found)?;
    found.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(found)
}

fn walk(root: &Path, folder: &str, found: &mut Vec<Source>) -> Outcome {
    let here = root.join(folder);
    for entry in fs::read_dir(&here).map_err(about(here.display()))? {
        let entry = entry.map_err(about(here.display()))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
        let kind = entry.file_type().map_err(about(&path))?;
        if kind.is_dir() && !SKIPPED.contains(&name.as_str()) {
            walk(root, &path, found)?;
        } else if kind.is_file() {
            let text = fs::read(entry.path()).map_err(about(&path))?;
            found.push(Source { path, text: String::from_utf8(text).unwrap_or_default() });
        }
    }
    Ok(())
}
