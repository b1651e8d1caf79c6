//! The charter: who holds which role in the organisation, as data that its people sign (`protocol/charter.md`).
//!
//! It is one list of amendments, each signed by those who may make it. The server keeps it and gives rights by it; it can add nothing
//! to it, and whoever reads it checks it down to the root.

use std::collections::{BTreeMap, BTreeSet};

use chancery_wire::{
    ids::{AmendmentId, Digest},
    names::{Domain, Handle, RoleName},
    time::Instant,
};
use sha2::{Digest as _, Sha256};

mod amendment;
mod judge;
mod permission;
mod role;

pub use amendment::{Amendment, Change, InvalidAmendment};
pub use permission::Permission;
pub use role::{BuiltIn, Conflict};

use crate::chain::Root;

/// The most amendments a charter has.
const AMENDMENTS: usize = 65_536;

/// The charter as it stands after so many amendments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charter {
    domain: Domain,
    /// What the head has been: before the first amendment, and after each.
    heads: Vec<Digest>,
    ids: BTreeSet<AmendmentId>,
    two_persons: bool,
    roles: BTreeMap<RoleName, Vec<Permission>>,
    assigned: BTreeMap<Handle, BTreeMap<RoleName, Option<Instant>>>,
    given_up: BTreeSet<(Handle, RoleName)>,
    rules: BTreeMap<RoleName, String>,
    emergencies: Vec<Emergency>,
}

/// Somebody has given themselves a role for a short while, alone, because something could not wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Emergency {
    /// The amendment.
    pub id: AmendmentId,
    /// Who.
    pub by: Handle,
    /// The role.
    pub role: RoleName,
    /// From when.
    pub at: Instant,
    /// Until when.
    pub until: Instant,
    /// Why, in their words.
    pub reason: String,
    /// Who has looked at it since, and what they found.
    pub reviewed: Option<(Handle, String)>,
}

/// A role that an account holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The role.
    pub role: RoleName,
    /// Until when; for good where nothing is said.
    pub until: Option<Instant>,
    /// Whether the account holds it as an officer, and nobody has assigned it.
    pub as_officer: bool,
}

impl Charter {
    /// The charter before its first amendment.
    #[must_use]
    pub fn new(domain: Domain, root: Root) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"chancery charter 1");
        hash.update(root.0.0);
        let heads = vec![Digest(hash.finalize().into())];
        let (ids, given_up) = (BTreeSet::new(), BTreeSet::new());
        let (roles, assigned, forbids) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let emergencies = Vec::new();
        Self {
            domain,
            heads,
            ids,
            two_persons: false,
            roles,
            assigned,
            given_up,
            rules: forbids,
            emergencies,
        }
    }

    /// How many amendments there are.
    #[must_use]
    pub fn number(&self) -> usize {
        self.ids.len()
    }

    /// What stands for the whole charter. An amendment names the head that its signers have seen.
    #[must_use]
    pub fn head(&self) -> Digest {
        self.heads.last().copied().unwrap_or(Digest([0; 32]))
    }

    /// Whether what gives rights takes two people.
    #[must_use]
    pub fn two_persons(&self) -> bool {
        self.two_persons
    }

    /// The roles that the organisation has made, with what they permit.
    #[must_use]
    pub fn roles(&self) -> &BTreeMap<RoleName, Vec<Permission>> {
        &self.roles
    }

    /// The organisation's own rules, in Cedar: each forbids something.
    #[must_use]
    pub fn rules(&self) -> &BTreeMap<RoleName, String> {
        &self.rules
    }

    /// The emergencies, the first one first.
    #[must_use]
    pub fn emergencies(&self) -> &[Emergency] {
        &self.emergencies
    }

    /// Who holds what because it was assigned, and until when.
    #[must_use]
    pub fn assignments(&self) -> &BTreeMap<Handle, BTreeMap<RoleName, Option<Instant>>> {
        &self.assigned
    }

    /// What officers have given up that they would hold as such.
    #[must_use]
    pub fn given_up(&self) -> &BTreeSet<(Handle, RoleName)> {
        &self.given_up
    }

    /// What a role permits; nothing where there is no such role.
    #[must_use]
    pub fn permits(&self, role: &RoleName) -> Option<&[Permission]> {
        let built_in = BuiltIn::find(role.as_str()).map(|it| it.permissions);
        built_in.or_else(|| self.roles.get(role).map(Vec::as_slice))
    }

    /// The roles that an account holds at that time, in the order of their names.
    #[must_use]
    pub fn held(&self, handle: &Handle, officer: bool, now: Instant) -> Vec<Held> {
        let mut held: BTreeMap<RoleName, Held> = BTreeMap::new();
        let own = |role: &RoleName| (handle.clone(), role.clone());
        for role in BuiltIn::of_officers().filter(|_| officer) {
            if !self.given_up.contains(&own(&role)) {
                held.insert(role.clone(), Held { role, until: None, as_officer: true });
            }
        }
        let assigned = self.assigned.get(handle).into_iter().flatten();
        for (role, until) in assigned.filter(|(_, until)| until.is_none_or(|until| now < until)) {
            let it = Held { role: role.clone(), until: *until, as_officer: false };
            held.entry(role.clone()).or_insert(it);
        }
        let emergencies = self.emergencies.iter().filter(|it| it.by == *handle);
        for it in emergencies.filter(|it| it.at <= now && now < it.until) {
            let one = Held { role: it.role.clone(), until: Some(it.until), as_officer: false };
            held.entry(it.role.clone()).or_insert(one);
        }
        held.into_values().collect()
    }

    /// What an account may do at that time by the roles it holds.
    #[must_use]
    pub fn permissions(&self, handle: &Handle, officer: bool, now: Instant) -> BTreeSet<Permission> {
        let held = self.held(handle, officer, now);
        held.iter().filter_map(|it| self.permits(&it.role)).flatten().copied().collect()
    }
}

#[cfg(test)]
mod tests;
