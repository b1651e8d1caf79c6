//! Groups of the directory: which roles those hold, at the server, who are in one.
//!
//! Who is in a group is the directory's word, which nobody signs. So a group gives nothing by which something is signed.

use std::collections::{BTreeMap, BTreeSet};

use chancery_wire::names::RoleName;

use super::{Charter, Conflict, InvalidAmendment, Permission, judge::OWN};

/// The most bytes of a group's name.
const GROUP: usize = 256;
/// What everybody judges by its signatures: nobody but the server knows who is in a group.
const SIGNED: [Permission; 5] =
    [Permission::Amend, Permission::BreakGlass, Permission::Review, Permission::Separate, Permission::Invite];

impl Charter {
    /// Which roles those hold, at the server, who are in a group of the directory.
    #[must_use]
    pub fn mapped(&self) -> &BTreeMap<String, BTreeSet<RoleName>> {
        &self.mapped
    }

    /// The roles that groups give somebody who holds these: none by which something would meet that must not, and none that is held already.
    #[must_use]
    pub fn by_groups<'g>(
        &self,
        held: &[RoleName],
        groups: impl IntoIterator<Item = &'g str>,
    ) -> Vec<RoleName> {
        let permits = |role: &RoleName| self.permits(role).unwrap_or_default().iter().copied();
        let mut all: BTreeSet<Permission> = held.iter().flat_map(permits).collect();
        let mut roles = Vec::new();
        for role in groups.into_iter().filter_map(|group| self.mapped.get(group)).flatten() {
            let with: BTreeSet<Permission> = all.iter().copied().chain(permits(role)).collect();
            if !held.contains(role) && !roles.contains(role) && Conflict::within(&with).is_none() {
                all = with;
                roles.push(role.clone());
            }
        }
        roles
    }

    /// Whether a group can give a role, or no more.
    pub(super) fn may_map(&self, group: &str, role: &RoleName, holds: bool) -> Result<(), InvalidAmendment> {
        use InvalidAmendment::{Bounds, Nothing};
        let permits = self.permits(role).ok_or(Nothing("there is no such role"))?;
        if self.mapped.get(group).is_some_and(|roles| roles.contains(role)) == holds {
            return Err(Nothing("the group is so already"));
        }
        let plain = !group.is_empty() && group.len() <= GROUP && !group.contains(char::is_control);
        if !plain || group.to_lowercase() != group {
            return Err(Bounds("a group is named in small letters, as the directory calls it"));
        }
        if holds && permits.iter().any(|it| SIGNED.contains(it)) {
            return Err(Bounds("a role by which something is signed is assigned to people by name"));
        }
        if holds && self.mapped.len() >= OWN && !self.mapped.contains_key(group) {
            return Err(Bounds("at most 256 groups have roles"));
        }
        Ok(())
    }
}
