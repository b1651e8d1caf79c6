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
mod groups;
mod judge;
mod permission;
mod role;
mod segments;
mod unused;

pub use amendment::{Amendment, Change, InvalidAmendment};
pub use permission::Permission;
pub use role::{BuiltIn, Conflict};
pub use segments::{Apart, Attended, Segments, Whose};
pub use unused::Unused;

use crate::chain::{Device, Root};

/// The most amendments a charter has.
const AMENDMENTS: usize = 65_536;

/// The charter as it stands after so many amendments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charter {
    domain: Domain,
    /// What the head has been: before the first amendment, and after each.
    heads: Vec<Digest>,
    ids: BTreeSet<AmendmentId>,
    rests_on: BTreeSet<Handle>,
    two_persons: bool,
    roles: BTreeMap<RoleName, Vec<Permission>>,
    assigned: BTreeMap<Handle, BTreeMap<RoleName, Option<Instant>>>,
    /// When that was assigned, and when roles of the organisation's own became what they are.
    assigned_at: BTreeMap<(Handle, RoleName), Instant>,
    defined_at: BTreeMap<RoleName, Instant>,
    given_up: BTreeSet<(Handle, RoleName)>,
    rules: BTreeMap<RoleName, String>,
    emergencies: Vec<Emergency>,
    mapped: BTreeMap<String, BTreeSet<RoleName>>,
    segments: Segments,
    /// The changes that have made the segments what they are, with their numbers.
    separations: Vec<(u64, Change)>,
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

/// What a device chain makes of an account, as far as the charter is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The first account of the organisation.
    Founder,
    /// An officer that another one has invited.
    Officer,
    /// Anybody else.
    Other,
}

impl Standing {
    /// Whether the account is an officer's.
    #[must_use]
    pub fn is_officer(self) -> bool {
        self != Self::Other
    }

    /// What the chain makes of the account of this device.
    #[must_use]
    pub fn of(device: &Device) -> Self {
        match (device.officer, &device.invited_by) {
            (true, None) => Self::Founder,
            (true, Some(_)) => Self::Officer,
            (false, _) => Self::Other,
        }
    }
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
        let (ids, rests_on, given_up) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        let (roles, assigned) = (BTreeMap::new(), BTreeMap::new());
        let (emergencies, separations) = (Vec::new(), Vec::new());
        Self {
            domain,
            heads,
            ids,
            rests_on,
            two_persons: false,
            roles,
            assigned,
            assigned_at: BTreeMap::new(),
            defined_at: BTreeMap::new(),
            given_up,
            rules: BTreeMap::new(),
            emergencies,
            mapped: BTreeMap::new(),
            segments: Segments::default(),
            separations,
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

    /// Everybody whose chain it takes to check the charter: who has signed an amendment, or is one about.
    #[must_use]
    pub fn rests_on(&self) -> &BTreeSet<Handle> {
        &self.rests_on
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

    /// The roles that an account holds at that time, those of emergencies last. `standing` is what its device chain makes of it.
    #[must_use]
    pub fn held(&self, handle: &Handle, standing: Standing, now: Instant) -> Vec<Held> {
        self.holds_or_will(handle, standing, now)
            .into_iter()
            .filter(|(it, from)| *from <= now || it.as_officer)
            .map(|(it, _)| it)
            .collect()
    }

    /// What an account holds at that time or is to hold later, from when on.
    fn holds_or_will(&self, handle: &Handle, standing: Standing, now: Instant) -> Vec<(Held, Instant)> {
        let begin = Instant(i64::MIN);
        let mut held: BTreeMap<(Instant, RoleName), Held> = BTreeMap::new();
        let by_birth = match standing {
            Standing::Founder => true,
            // Where it takes two people, one who invites officers must not have made them two.
            Standing::Officer => !self.two_persons,
            Standing::Other => false,
        };
        for role in BuiltIn::of_officers().filter(|_| by_birth) {
            if !self.given_up.contains(&(handle.clone(), role.clone())) {
                held.insert((begin, role.clone()), Held { role, until: None, as_officer: true });
            }
        }
        let assigned = self.assigned.get(handle).into_iter().flatten();
        for (role, until) in assigned.filter(|(_, until)| until.is_none_or(|until| now < until)) {
            let it = Held { role: role.clone(), until: *until, as_officer: false };
            held.entry((begin, role.clone())).or_insert(it);
        }
        let emergencies = self.emergencies.iter().filter(|it| it.by == *handle && now < it.until);
        for it in emergencies.filter(|it| !held.contains_key(&(begin, it.role.clone()))).collect::<Vec<_>>() {
            let one = Held { role: it.role.clone(), until: Some(it.until), as_officer: false };
            held.insert((it.at, it.role.clone()), one);
        }
        held.into_iter().map(|((from, _), it)| (it, from)).collect()
    }

    /// What an account may do at that time by the roles it holds.
    #[must_use]
    pub fn permissions(&self, handle: &Handle, standing: Standing, now: Instant) -> BTreeSet<Permission> {
        let held = self.held(handle, standing, now);
        held.iter().filter_map(|it| self.permits(&it.role)).flatten().copied().collect()
    }
}

#[cfg(test)]
mod tests;
