//! The crates and what they depend on, as `cargo metadata` tells it. Dependencies of tests do not count.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::Deserialize;

use super::Never;
use crate::shell::{Outcome, about};

/// What is read of `cargo metadata`.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_members: BTreeSet<String>,
    workspace_root: String,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    manifest_path: String,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    pkg: String,
    dep_kinds: Vec<Kind>,
}

#[derive(Deserialize)]
struct Kind {
    kind: Option<String>,
}

/// A crate.
#[derive(Debug)]
struct Crate {
    name: String,
    /// Its folder from the root, when it is one of ours.
    folder: Option<String>,
    /// The ids of what it is built with.
    needs: Vec<String>,
}

/// All crates, by id.
#[derive(Debug)]
pub(super) struct Graph(BTreeMap<String, Crate>);

impl Graph {
    /// Reads the output of `cargo metadata --format-version 1`.
    pub(super) fn read(metadata: &str) -> Outcome<Self> {
        let metadata: Metadata = serde_json::from_str(metadata).map_err(about("cargo metadata"))?;
        let mut needs: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for node in metadata.resolve.nodes {
            let built = |dependency: &Dependency| {
                dependency.dep_kinds.iter().any(|kind| kind.kind.as_deref() != Some("dev"))
            };
            let with = node.deps.into_iter().filter(built).map(|dependency| dependency.pkg);
            needs.insert(node.id, with.collect());
        }
        let folder = |package: &Package| {
            let inside = package.manifest_path.strip_prefix(&metadata.workspace_root)?;
            Some(inside.trim_start_matches('/').trim_end_matches("/Cargo.toml").to_owned())
        };
        let read = metadata.packages.into_iter().map(|package| {
            let ours = metadata.workspace_members.contains(&package.id);
            let folder = if ours { folder(&package) } else { None };
            let needs = needs.remove(&package.id).unwrap_or_default();
            (package.id, Crate { name: package.name, folder, needs })
        });
        Ok(Self(read.collect()))
    }

    /// Holds every crate of ours against the list of what it may depend on.
    pub(super) fn check_crates(&self, allowed: &BTreeMap<String, Vec<String>>) -> Vec<String> {
        let mut broken = Vec::new();
        let ours = self.0.values().filter(|it| it.folder.is_some());
        let names: BTreeSet<&str> = ours.clone().map(|it| it.name.as_str()).collect();
        for it in ours {
            let Some(may) = allowed.get(&it.name) else {
                broken.push(format!("{} is a crate that floors.toml does not know", it.name));
                continue;
            };
            for needed in
                it.needs.iter().filter_map(|id| self.0.get(id)).filter(|needed| needed.folder.is_some())
            {
                if !may.contains(&needed.name) && !may.iter().any(|any| any == "*") {
                    broken.push(format!("{} depends on {}, and may not", it.name, needed.name));
                }
            }
        }
        let gone = allowed.keys().filter(|name| !names.contains(name.as_str()));
        broken.extend(gone.map(|name| format!("{name} stands in floors.toml and is no crate")));
        broken
    }

    /// Looks for ways that must not exist, each as the names on it: the shortest from every start.
    pub(super) fn check_never(&self, never: &Never) -> Vec<Vec<String>> {
        let starts = self.0.iter().filter(|(_, it)| never.who.iter().any(|who| it.is(who)));
        starts.filter_map(|(id, _)| self.way(id, &never.reaches)).collect()
    }

    /// The shortest way from a crate to one of `ends`, as names.
    fn way(&self, start: &str, ends: &[String]) -> Option<Vec<String>> {
        let mut seen = BTreeSet::from([start]);
        let mut ways = VecDeque::from([vec![start]]);
        while let Some(way) = ways.pop_front() {
            let here = self.0.get(*way.last()?)?;
            if way.len() > 1 && ends.iter().any(|end| here.is(end)) {
                return Some(way.iter().filter_map(|id| Some(self.0.get(*id)?.name.clone())).collect());
            }
            for next in here.needs.iter().filter(|id| seen.insert(id.as_str())) {
                ways.push_back([way.as_slice(), &[next.as_str()]].concat());
            }
        }
        None
    }
}

impl Crate {
    /// Whether it is meant by a name, by its folder, or by a folder of folders (`client/`).
    fn is(&self, meant: &str) -> bool {
        let inside = |folder: &String| folder == meant || meant.ends_with('/') && folder.starts_with(meant);
        self.folder.as_ref().map_or(self.name == meant, inside)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A workspace of `chanceryd` and `engine`, with a library between them; `kind` is how chanceryd needs that library.
    fn workspace(kind: &str) -> Graph {
        let text = r#"{
            "workspace_root": "/w", "workspace_members": ["d", "e"],
            "packages": [
                { "id": "d", "name": "chanceryd", "manifest_path": "/w/apps/chanceryd/Cargo.toml" },
                { "id": "l", "name": "library", "manifest_path": "/registry/library/Cargo.toml" },
                { "id": "e", "name": "chancery-engine", "manifest_path": "/w/client/engine/Cargo.toml" }
            ],
            "resolve": { "nodes": [
                { "id": "d", "deps": [{ "pkg": "l", "dep_kinds": [{ "kind": KIND }] }] },
                { "id": "l", "deps": [{ "pkg": "e", "dep_kinds": [{ "kind": null }] }] },
                { "id": "e", "deps": [] }
            ] }
        }"#;
        Graph::read(&text.replace("KIND", kind)).unwrap()
    }

    fn never(reaches: &str) -> Never {
        Never { why: "I1".into(), who: vec!["apps/chanceryd".into()], reaches: vec![reaches.into()] }
    }

    #[test]
    fn a_key_holder_behind_a_library_is_found() {
        let found = workspace("null").check_never(&never("client/"));
        assert_eq!(found, [["chanceryd", "library", "chancery-engine"]]);
        assert_eq!(workspace("null").check_never(&never("library")).len(), 1);
        assert!(workspace("null").check_never(&never("server/")).is_empty());
    }

    #[test]
    fn tests_may_use_what_the_program_may_not() {
        assert!(workspace("\"dev\"").check_never(&never("client/")).is_empty());
        assert_eq!(workspace("\"build\"").check_never(&never("client/")).len(), 1);
    }

    #[test]
    fn every_crate_is_listed_with_what_it_may_use() {
        let list = |text: &str| toml::from_str::<BTreeMap<String, Vec<String>>>(text).unwrap();
        let good = list("chanceryd = []\nchancery-engine = []");
        assert!(workspace("null").check_crates(&good).is_empty());
        let found = workspace("null").check_crates(&list("chanceryd = []\nghost = []"));
        assert_eq!(
            found,
            [
                "chancery-engine is a crate that floors.toml does not know",
                "ghost stands in floors.toml and is no crate"
            ]
        );
    }

    #[test]
    fn a_direct_dependency_that_is_not_listed_is_found() {
        let text = r#"{
            "workspace_root": "/w", "workspace_members": ["a", "b"],
            "packages": [
                { "id": "a", "name": "a", "manifest_path": "/w/a/Cargo.toml" },
                { "id": "b", "name": "b", "manifest_path": "/w/b/Cargo.toml" }
            ],
            "resolve": { "nodes": [
                { "id": "a", "deps": [{ "pkg": "b", "dep_kinds": [{ "kind": null }] }] },
                { "id": "b", "deps": [] }
            ] }
        }"#;
        let allowed = |a: &[&str]| {
            let a = a.iter().map(|name| (*name).to_owned()).collect();
            BTreeMap::from([("a".to_owned(), a), ("b".to_owned(), vec![])])
        };
        let graph = Graph::read(text).unwrap();
        assert_eq!(graph.check_crates(&allowed(&[])), ["a depends on b, and may not"]);
        assert!(graph.check_crates(&allowed(&["b"])).is_empty());
        assert!(graph.check_crates(&allowed(&["*"])).is_empty());
    }
}
