//! Judging an amendment: whether those who signed it may make it, and what it makes of the charter.

use std::collections::BTreeSet;

use chancery_wire::{
    ids::Digest,
    names::{Handle, RoleName},
    time::Instant,
};
use sha2::{Digest as _, Sha256};

use super::{
    AMENDMENTS, Amendment, BuiltIn, Change, Charter, Conflict, Emergency, InvalidAmendment, Permission,
    Standing,
    amendment::{AMENDING, Agreed, parts},
};
use crate::{
    chain::{Device, Trusted, read},
    signed::labelled,
};

/// How many amendments may have come in between.
const BEHIND: usize = 256;
/// The longest an emergency lasts, in milliseconds.
const EMERGENCY: i64 = 4 * 3_600_000;
/// The most bytes of a reason or a finding.
const WORDS: usize = 500;
/// The most bytes of a rule.
const RULE: usize = 4_096;
/// How deep brackets stand in each other in a rule.
const DEPTH: usize = 16;
/// How many operators a rule has.
const PARTS: usize = 64;
/// How many roles and how many rules an organisation makes.
pub(super) const OWN: usize = 256;

/// Answers with a checked chain, or with nothing when the caller has to fetch it.
pub(super) type Chains<'a> = &'a mut dyn FnMut(&Handle) -> Option<Trusted>;

impl Charter {
    /// Checks an amendment and takes it in. `chains` answers with already checked chains, or `None` when the caller has to fetch one.
    ///
    /// That a signer's device was not revoked yet when it signed is the server's word, as with invitations.
    pub fn take(&mut self, agreed: &[u8], chains: Chains<'_>) -> Result<Amendment, InvalidAmendment> {
        let it = self.judge(agreed, chains)?;
        self.enter(agreed, &it, chains)?;
        Ok(it)
    }

    /// Takes in an amendment that was checked before, by whoever asks for it, and kept since where nobody else writes.
    pub fn take_again(&mut self, agreed: &[u8], chains: Chains<'_>) -> Result<(), InvalidAmendment> {
        let (it, _) = Amendment::peek(agreed).ok_or(InvalidAmendment::Malformed)?;
        self.enter(agreed, &it, chains)
    }

    fn enter(&mut self, agreed: &[u8], it: &Amendment, chains: Chains<'_>) -> Result<(), InvalidAmendment> {
        let mut hash = Sha256::new();
        hash.update(self.head().0);
        hash.update(Sha256::digest(agreed));
        self.heads.push(Digest(hash.finalize().into()));
        self.ids.insert(it.id);
        let signers = Amendment::peek(agreed).map(|(_, signers)| signers);
        self.rests_on.extend(signers.into_iter().flatten().map(|(handle, _)| handle));
        self.rests_on.extend(it.change.is_about().into_iter().cloned());
        if let Change::Withdraw { account, role } = &it.change {
            let officer = standing_of(chains, account)? != Standing::Other;
            if officer && BuiltIn::of_officers().any(|it| it == *role) {
                self.given_up.insert((account.clone(), role.clone()));
            }
        }
        self.change(it);
        Ok(())
    }

    /// Checks an amendment, and changes nothing.
    pub fn judge(&self, agreed: &[u8], chains: Chains<'_>) -> Result<Amendment, InvalidAmendment> {
        let Agreed { body, signatures } = parts(agreed).ok_or(InvalidAmendment::Malformed)?;
        let it: Amendment = read(&body).ok_or(InvalidAmendment::Malformed)?;
        if it.domain != self.domain {
            return Err(InvalidAmendment::SomebodyElse);
        }
        if self.ids.contains(&it.id) {
            return Err(InvalidAmendment::Twice);
        }
        if !self.heads.iter().rev().take(BEHIND + 1).any(|head| *head == it.base) {
            return Err(InvalidAmendment::OtherBase);
        }
        if self.ids.len() >= AMENDMENTS {
            return Err(InvalidAmendment::Bounds("the charter has as many amendments as it can have"));
        }
        let first = signatures.first().filter(|first| first.by == it.by);
        first.ok_or(InvalidAmendment::Signature)?;
        let mut signers = BTreeSet::new();
        for signed in &signatures {
            let chain = chain_of(chains, &signed.by)?;
            let device = chain.devices.into_iter().find(|device| device.id == signed.device);
            let device = device.ok_or(InvalidAmendment::Signature)?;
            let bytes = labelled(AMENDING, &body);
            device.key.check(&bytes, &signed.signature).map_err(|_| InvalidAmendment::Signature)?;
            if !signers.insert(signed.by.clone()) {
                return Err(InvalidAmendment::Signature);
            }
            if device.attended().is_some() || !self.may_sign(&it.change, &device, it.at) {
                return Err(InvalidAmendment::NoRight(signed.by.clone()));
            }
        }
        self.holds(&it, &signers, chains)?;
        let alone = !self.two_persons || !it.change.gives();
        if alone || signers.len() > 1 { Ok(it) } else { Err(InvalidAmendment::TakesAnother) }
    }

    /// Whether an account, of which that is a device, may sign such a change.
    fn may_sign(&self, change: &Change, by: &Device, at: Instant) -> bool {
        let needed = change.needs(&by.handle);
        needed.is_none_or(|needed| self.permissions(&by.handle, Standing::of(by), at).contains(&needed))
    }

    /// Whether the change fits what is there, and gives its signers nothing.
    fn holds(
        &self,
        it: &Amendment,
        signers: &BTreeSet<Handle>,
        chains: Chains<'_>,
    ) -> Result<(), InvalidAmendment> {
        use InvalidAmendment::{Bounds, ForThemselves, Nothing};
        match &it.change {
            Change::Define { role, permissions } => {
                self.may_hold_so(it.at, (role, permissions), signers, chains)
            }
            Change::Assign { account, role, until } => {
                if signers.contains(account) {
                    return Err(ForThemselves);
                }
                let permits = self.permits(role).ok_or(Nothing("there is no such role"))?;
                if until.is_some_and(|until| until <= it.at) {
                    return Err(Bounds("that is over already"));
                }
                let chain = chain_of(chains, account)?;
                let whose = chain.devices.first().ok_or(InvalidAmendment::Malformed)?;
                if whose.attended().is_some() {
                    return Err(Bounds(
                        "programs and guests hold no roles: what one may do is in its invitation",
                    ));
                }
                let before = self.assigned.get(account).and_then(|held| held.get(role));
                if before == Some(until) {
                    return Err(Nothing("the account holds the role already"));
                }
                let mut all = self.would_hold(account, it.at, chains)?;
                all.extend(permits);
                no_conflict(&all)
            }
            Change::Withdraw { account, role } => {
                let own = (account.clone(), role.clone());
                let chain = chain_of(chains, account)?;
                let officer = chain.devices.first().is_some_and(|it| it.officer);
                let as_officer =
                    officer && BuiltIn::of_officers().any(|it| it == *role) && !self.given_up.contains(&own);
                let runs = |one: &Emergency| one.by == *account && one.role == *role && it.at < one.until;
                let holds = as_officer
                    || self.assigned.get(account).is_some_and(|held| held.contains_key(role))
                    || self.emergencies.iter().any(runs);
                if holds { Ok(()) } else { Err(Nothing("the account does not hold the role")) }
            }
            Change::Rule { name, cedar } => match cedar {
                None if !self.rules.contains_key(name) => Err(Nothing("there is no such rule")),
                Some(text) if self.rules.get(name) == Some(text) => Err(Nothing("the rule is so already")),
                Some(_) if !self.rules.contains_key(name) && self.rules.len() >= OWN => {
                    Err(Bounds("an organisation makes at most 256 rules"))
                }
                Some(text) => is_plain(text),
                None => Ok(()),
            },
            Change::TwoPersons { on } if *on == self.two_persons => Err(Nothing("it is so already")),
            Change::TwoPersons { .. } => Ok(()),
            Change::BreakGlass { role, until, reason } => {
                let permits = self.permits(role).ok_or(Nothing("there is no such role"))?;
                let lasts = until.0.saturating_sub(it.at.0);
                if !(1..=EMERGENCY).contains(&lasts) {
                    return Err(Bounds("an emergency lasts at most four hours"));
                }
                if self.emergencies.iter().any(|other| other.by == it.by && other.reviewed.is_none()) {
                    return Err(Bounds("the last emergency has to be reviewed first, by somebody else"));
                }
                let makes_lasting = [Permission::Amend, Permission::Review, Permission::BreakGlass];
                if makes_lasting.iter().any(|it| permits.contains(it)) {
                    return Err(Bounds("what an emergency gives does not last: that role could make it"));
                }
                says_something(reason)?;
                let mut all = self.would_hold(&it.by, it.at, chains)?;
                all.extend(permits);
                no_conflict(&all)
            }
            Change::Review { of, finding } => {
                let about = self.emergencies.iter().find(|it| it.id == *of && it.reviewed.is_none());
                let about = about.ok_or(Nothing("there is no such emergency, or it was reviewed"))?;
                if signers.contains(&about.by) {
                    return Err(ForThemselves);
                }
                says_something(finding)
            }
            Change::Map { group, role, holds } => self.may_map(group, role, *holds),
            Change::Host { account, terms } => self.may_host(it, (account, terms), chains),
            Change::Segment { .. } | Change::Barrier { .. } => {
                self.may_separate(it, &|handle| signers.contains(handle))
            }
        }
    }

    /// Whether a role of the organisation's own can permit this, with those who hold it.
    fn may_hold_so(
        &self,
        at: Instant,
        (role, permissions): (&RoleName, &[Permission]),
        signers: &BTreeSet<Handle>,
        chains: Chains<'_>,
    ) -> Result<(), InvalidAmendment> {
        use InvalidAmendment::{Bounds, ForThemselves};
        self.may_define(role, permissions)?;
        let before: BTreeSet<_> = self.roles.get(role).into_iter().flatten().copied().collect();
        let more = permissions.iter().any(|it| !before.contains(it));
        if more && self.mapped.values().any(|roles| roles.contains(role)) {
            return Err(Bounds("groups of the directory give that role: take it from them first"));
        }
        let now = |until: &Option<Instant>| until.is_none_or(|until| at < until);
        let assigned = self.assigned.iter().filter(|(_, held)| held.get(role).is_some_and(now));
        let emergencies = self.emergencies.iter().filter(|one| one.role == *role && at < one.until);
        let holders = assigned.map(|(holder, _)| holder).chain(emergencies.map(|one| &one.by));
        for holder in holders.filter(|_| more) {
            if signers.contains(holder) {
                return Err(ForThemselves);
            }
            let mut all = self.would_hold(holder, at, chains)?;
            all.extend(permissions);
            no_conflict(&all)?;
        }
        Ok(())
    }

    fn may_define(&self, role: &RoleName, permissions: &[Permission]) -> Result<(), InvalidAmendment> {
        use InvalidAmendment::{Bounds, Malformed, Nothing};
        if BuiltIn::find(role.as_str()).is_some() {
            return Err(Bounds("that is a role which every organisation has: it stays as it is"));
        }
        if !permissions.is_sorted_by(|one, next| one < next) {
            return Err(Malformed);
        }
        match self.roles.get(role) {
            None if permissions.is_empty() => return Err(Nothing("there is no such role")),
            Some(before) if before == permissions => return Err(Nothing("the role is so already")),
            None if self.roles.len() >= OWN => {
                return Err(Bounds("an organisation makes at most 256 roles"));
            }
            _ => {}
        }
        no_conflict(&permissions.iter().copied().collect())
    }

    /// What an account may do, or may when what it holds later counts.
    fn would_hold(
        &self,
        handle: &Handle,
        at: Instant,
        chains: Chains<'_>,
    ) -> Result<BTreeSet<Permission>, InvalidAmendment> {
        let held = self.holds_or_will(handle, standing_of(chains, handle)?, at);
        Ok(held.iter().filter_map(|(it, _)| self.permits(&it.role)).flatten().copied().collect())
    }

    pub(super) fn change(&mut self, it: &Amendment) {
        match it.change.clone() {
            Change::Define { role, permissions } if permissions.is_empty() => {
                self.roles.remove(&role);
                self.mapped.values_mut().for_each(|roles| {
                    roles.remove(&role);
                });
                self.mapped.retain(|_, roles| !roles.is_empty());
                self.assigned.values_mut().for_each(|held| held.retain(|it, _| *it != role));
                let running = self.emergencies.iter_mut().filter(|one| one.role == role && it.at < one.until);
                running.for_each(|one| one.until = it.at);
                self.assigned.retain(|_, held| !held.is_empty());
            }
            Change::Define { role, permissions } => {
                self.defined_at.insert(role.clone(), it.at);
                self.roles.insert(role, permissions);
            }
            Change::Assign { account, role, until } => {
                self.assigned_at.insert((account.clone(), role.clone()), it.at);
                self.assigned.entry(account).or_default().insert(role, until);
            }
            Change::Withdraw { account, role } => {
                let now = it.at;
                // Who may break no glass any more has broken none.
                let all = self.permits(&role).is_some_and(|it| it.contains(&Permission::BreakGlass));
                let running =
                    |one: &&mut Emergency| one.by == account && (all || one.role == role) && now < one.until;
                self.emergencies.iter_mut().filter(running).for_each(|one| one.until = now);
                if let Some(held) = self.assigned.get_mut(&account) {
                    held.remove(&role);
                }
                self.assigned.retain(|_, held| !held.is_empty());
            }
            Change::Rule { name, cedar: Some(text) } => {
                self.rules.insert(name, text);
            }
            Change::Rule { name, cedar: None } => {
                self.rules.remove(&name);
            }
            Change::TwoPersons { on } => self.two_persons = on,
            Change::BreakGlass { role, until, reason } => {
                let (id, by, at) = (it.id, it.by.clone(), it.at);
                self.emergencies.push(Emergency { id, by, role, at, until, reason, reviewed: None });
            }
            Change::Review { of, finding } => {
                let about = self.emergencies.iter_mut().find(|one| one.id == of);
                if let Some(about) = about {
                    about.reviewed = Some((it.by.clone(), finding));
                }
            }
            Change::Map { group, role, holds: true } => {
                self.mapped.entry(group).or_default().insert(role);
            }
            Change::Map { group, role, holds: false } => {
                if let Some(roles) = self.mapped.get_mut(&group) {
                    roles.remove(&role);
                }
                self.mapped.retain(|_, roles| !roles.is_empty());
            }
            change @ (Change::Segment { .. } | Change::Barrier { .. } | Change::Host { .. }) => {
                self.separate(&change);
            }
        }
    }
}

impl Change {
    /// What an account has to hold to sign it; nothing where it gives up what it holds itself.
    #[must_use]
    pub fn needs(&self, by: &Handle) -> Option<Permission> {
        match self {
            Self::Withdraw { account, .. } if account == by => None,
            Self::BreakGlass { .. } => Some(Permission::BreakGlass),
            Self::Review { .. } => Some(Permission::Review),
            Self::Segment { .. } | Self::Barrier { .. } => Some(Permission::Separate),
            Self::Host { .. } => Some(Permission::Invite),
            _ => Some(Permission::Amend),
        }
    }

    /// The accounts whose chains it takes to judge it, beside those of its signers.
    #[must_use]
    pub fn is_about(&self) -> Vec<&Handle> {
        match self {
            Self::Assign { account, .. } | Self::Withdraw { account, .. } => vec![account],
            Self::Host { account, terms } => vec![account, &terms.sponsor],
            _ => vec![],
        }
    }

    /// Whether it gives somebody something, so that it takes two people where the organisation wants that. What takes away is done at
    /// once, and emergencies are alone by their nature.
    #[must_use]
    pub fn gives(&self) -> bool {
        match self {
            Self::Assign { .. } | Self::Rule { .. } | Self::Host { .. } => true,
            Self::Map { holds, .. } => *holds,
            Self::Define { permissions, .. } => !permissions.is_empty(),
            Self::TwoPersons { on } => !on,
            Self::Segment { remove, .. } => !remove.is_empty(),
            Self::Barrier { stands, .. } => !stands,
            Self::Withdraw { .. } | Self::BreakGlass { .. } | Self::Review { .. } => false,
        }
    }
}

pub(super) fn chain_of(chains: Chains<'_>, whose: &Handle) -> Result<Trusted, InvalidAmendment> {
    chains(whose).ok_or_else(|| InvalidAmendment::Missing(whose.clone()))
}

fn standing_of(chains: Chains<'_>, whose: &Handle) -> Result<Standing, InvalidAmendment> {
    let chain = chain_of(chains, whose)?;
    Ok(chain.devices.first().map_or(Standing::Other, Standing::of))
}

/// Whether a rule can be read by a person and by a program: it hides nothing in comments, and is nowhere deep.
fn is_plain(text: &str) -> Result<(), InvalidAmendment> {
    use InvalidAmendment::Bounds;
    if text.len() > RULE {
        return Err(Bounds("a rule has at most 4,096 bytes"));
    }
    if text.contains("//") || text.contains(char::is_control) {
        return Err(Bounds("a rule is one line without comments"));
    }
    let (mut depth, mut deepest) = (0_usize, 0);
    for byte in text.bytes() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    let parts: usize =
        ["&&", "||", "if", "!", "+", "-", "*", "."].iter().map(|it| text.matches(it).count()).sum();
    if deepest > DEPTH || parts > PARTS {
        return Err(Bounds("the rule is too deep, or has too many parts: make several of it"));
    }
    Ok(())
}

fn no_conflict(all: &BTreeSet<Permission>) -> Result<(), InvalidAmendment> {
    Conflict::within(all).map_or(Ok(()), |it| Err(InvalidAmendment::Conflict(it.why)))
}

fn says_something(text: &str) -> Result<(), InvalidAmendment> {
    let fits = !text.trim().is_empty() && text.len() <= WORDS && !text.contains(char::is_control);
    if fits { Ok(()) } else { Err(InvalidAmendment::Bounds("say why, in a line of at most 500 bytes")) }
}
