//! Rights that nobody uses: what could be taken from whom without anybody missing it.
//!
//! A role goes where what its holder has used of it comes from other roles that stay; what is left unused of a role that stays is named. So
//! nothing is ever proposed by which somebody would lose what they have used.

use std::collections::BTreeSet;

use chancery_wire::{
    names::{Handle, RoleName},
    time::Instant,
};

use super::{BuiltIn, Charter, Permission, Standing};

/// A role of which its holder has used less than it gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unused {
    /// Who holds it.
    pub account: Handle,
    /// The role.
    pub role: RoleName,
    /// What of it was not used.
    pub permissions: Vec<Permission>,
    /// Whether the whole role could go: whatever was used of it, other roles give as well.
    pub whole: bool,
}

impl Charter {
    /// What an account could do without, as far as it has held it since then for good, or for a while that goes on. `used` says what the
    /// account has used since.
    #[must_use]
    pub fn unused(
        &self,
        (account, standing): (&Handle, Standing),
        used: &BTreeSet<Permission>,
        (since, now): (Instant, Instant),
    ) -> Vec<Unused> {
        let permits = |role: &RoleName| self.permits(role).unwrap_or_default().iter().copied();
        // An emergency ends by itself; whoever has founded the organisation is to be able to look after it.
        let founded = |role: &RoleName| {
            standing == Standing::Founder
                && BuiltIn::find(role.as_str()).is_some_and(|it| it.name == "policy-admin")
        };
        let held: Vec<RoleName> = self.held(account, standing, now).into_iter().map(|it| it.role).collect();
        let old = |role: &RoleName| {
            let assigned = self.assigned.get(account).is_some_and(|all| all.contains_key(role));
            let at = self.assigned_at.get(&(account.clone(), role.clone())).filter(|_| assigned);
            let since_then =
                at.is_none_or(|at| *at <= since) && (assigned || !self.is_emergency(account, role));
            since_then && self.defined_at.get(role).is_none_or(|at| *at <= since)
        };
        let (mut kept, mut found): (Vec<RoleName>, Vec<Unused>) = (held.clone(), Vec::new());
        let mut candidates: Vec<&RoleName> = held.iter().filter(|role| old(role) && !founded(role)).collect();
        // The largest first: so what is left gives as little more as can be.
        candidates.sort_by_key(|role| std::cmp::Reverse(permits(role).count()));
        for role in candidates {
            let others: BTreeSet<Permission> =
                kept.iter().filter(|it| *it != role).flat_map(permits).collect();
            let whole = permits(role).filter(|it| used.contains(it)).all(|it| others.contains(&it));
            let permissions: Vec<Permission> = permits(role).filter(|it| !used.contains(it)).collect();
            if whole {
                kept.retain(|it| it != role);
            } else if permissions.is_empty() {
                continue;
            }
            found.push(Unused { account: account.clone(), role: role.clone(), permissions, whole });
        }
        found.sort_by(|one, next| one.role.cmp(&next.role));
        found
    }

    fn is_emergency(&self, account: &Handle, role: &RoleName) -> bool {
        self.emergencies.iter().any(|it| it.by == *account && it.role == *role)
    }
}
