//! Segments: parts of the organisation, and the barriers between those that may not meet.
//!
//! Where a barrier stands, nobody of the one segment comes into a room with somebody of the other. Server and clients ask the same
//! lines (`chancery_groups::meet`), for the charter as it was at the number that the room's policy names.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use chancery_wire::{
    names::{Handle, RoleName},
    time::Instant,
};

use super::{
    Amendment, Change, Charter, InvalidAmendment,
    judge::{Chains, chain_of},
};
use crate::invitation::Guest;

/// How many segments and how many barriers an organisation has.
const OWN: usize = 256;
/// How many accounts answer for each other in a row at most.
const OWNERS: usize = 8;
/// How many accounts one amendment moves.
const MOVES: usize = 256;

/// Who belongs to which segment, and which of them may not meet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Segments {
    of: BTreeMap<Handle, BTreeSet<RoleName>>,
    /// The smaller name first.
    barriers: BTreeSet<(RoleName, RoleName)>,
    /// Guests whose terms are others than those of their invitation.
    hosted: BTreeMap<Handle, Guest>,
}

/// Two accounts that may not be in one room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Apart {
    /// One of them, and its segment.
    pub one: (Handle, RoleName),
    /// The other one, and its segment.
    pub other: (Handle, RoleName),
}

/// An account for which another one answers. It belongs to whatever that one belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attended {
    /// Who answers for it: a program's owner, a guest's sponsor.
    pub owner: Handle,
    /// On what terms it takes part, where it is a guest's.
    pub guest: Option<Guest>,
    /// Until when it may do anything; for ever where nothing is said.
    pub until: Option<Instant>,
}

/// Says who answers for an account by its invitation; nobody does for most.
pub type Whose<'a> = &'a dyn Fn(&Handle) -> Option<Attended>;

/// The segments of which somebody is there, with those of them who are.
type Present<'s, 'h> = BTreeMap<&'s RoleName, BTreeSet<&'h Handle>>;

impl Segments {
    /// Who belongs to which segments by what was signed.
    #[must_use]
    pub fn members(&self) -> &BTreeMap<Handle, BTreeSet<RoleName>> {
        &self.of
    }

    /// The segments that may not meet, the smaller name first.
    #[must_use]
    pub fn barriers(&self) -> &BTreeSet<(RoleName, RoleName)> {
        &self.barriers
    }

    /// The terms of guests that are others than those of their invitation.
    #[must_use]
    pub fn hosted(&self) -> &BTreeMap<Handle, Guest> {
        &self.hosted
    }

    /// Who answers for an account, if anybody does.
    #[must_use]
    pub fn attended(&self, handle: &Handle, whose: Whose<'_>) -> Option<Attended> {
        let hosted = self.hosted.get(handle);
        hosted
            .map(|it| Attended { owner: it.sponsor.clone(), guest: Some(it.clone()), until: Some(it.until) })
            .or_else(|| whose(handle))
    }

    /// The segments that an account belongs to, by itself or by whoever answers for it.
    #[must_use]
    pub fn of(&self, handle: &Handle, whose: Whose<'_>) -> BTreeSet<RoleName> {
        self.present([handle], whose).into_keys().cloned().collect()
    }

    /// The first of those who come in and of those who are there, themselves among them, that may not be in one room.
    #[must_use]
    pub fn apart<'h>(
        &self,
        coming: impl IntoIterator<Item = &'h Handle>,
        there: impl IntoIterator<Item = &'h Handle>,
        whose: Whose<'_>,
    ) -> Option<Apart> {
        if self.barriers.is_empty() {
            return None;
        }
        self.across(&self.present(coming, whose), &self.present(there, whose))
    }

    /// The first of the ones and of the others between whom a barrier stands.
    fn across(&self, coming: &Present<'_, '_>, there: &Present<'_, '_>) -> Option<Apart> {
        self.barriers.iter().find_map(|(one, other)| {
            let meets = |one: &RoleName, other: &RoleName| {
                let (a, b) = (coming.get(one)?.first()?, there.get(other)?.first()?);
                Some(Apart { one: ((*a).clone(), one.clone()), other: ((*b).clone(), other.clone()) })
            };
            meets(one, other).or_else(|| meets(other, one))
        })
    }

    /// The first two in a room that may not be in one.
    #[must_use]
    pub fn bridged<'h>(
        &self,
        there: impl IntoIterator<Item = &'h Handle>,
        whose: Whose<'_>,
    ) -> Option<Apart> {
        if self.barriers.is_empty() {
            return None;
        }
        let there = self.present(there, whose);
        self.across(&there, &there)
    }

    /// The segments of which somebody is there, with those of them who are.
    fn present<'s, 'h>(
        &'s self,
        handles: impl IntoIterator<Item = &'h Handle>,
        whose: Whose<'_>,
    ) -> Present<'s, 'h> {
        let mut present = Present::new();
        for handle in handles {
            let mut who = handle.clone();
            for _ in 0..OWNERS {
                for segment in self.of.get(&who).into_iter().flatten() {
                    present.entry(segment).or_default().insert(handle);
                }
                match self.attended(&who, whose) {
                    Some(it) => who = it.owner,
                    None => break,
                }
            }
        }
        present
    }

    /// Everybody in a room who may not meet somebody else there: the two sides of each barrier that runs through it.
    #[must_use]
    pub fn sides<'h>(
        &self,
        there: impl IntoIterator<Item = &'h Handle>,
        whose: Whose<'_>,
    ) -> Vec<[(RoleName, Vec<Handle>); 2]> {
        let present = self.present(there, whose);
        let side = |segment: &RoleName| {
            let handles = present.get(segment)?.iter().map(|handle| (*handle).clone()).collect();
            Some((segment.clone(), handles))
        };
        self.barriers.iter().filter_map(|(one, other)| Some([side(one)?, side(other)?])).collect()
    }

    fn is_in(&self, handle: &Handle, segment: &RoleName) -> bool {
        self.of.get(handle).is_some_and(|of| of.contains(segment))
    }

    fn is_known(&self, segment: &RoleName) -> bool {
        self.of.values().any(|of| of.contains(segment))
    }

    /// Whether somebody would belong to two segments that may not meet.
    fn torn(&self) -> Option<&Handle> {
        let both = |of: &BTreeSet<RoleName>| {
            self.barriers.iter().any(|(one, other)| of.contains(one) && of.contains(other))
        };
        self.of.iter().find(|(_, of)| both(of)).map(|(handle, _)| handle)
    }

    /// Takes over what a change makes of it; other changes make nothing of it.
    fn change(&mut self, change: &Change) {
        match change {
            Change::Segment { name, add, remove } => {
                for handle in remove {
                    if let Some(of) = self.of.get_mut(handle) {
                        of.remove(name);
                    }
                }
                self.of.retain(|_, of| !of.is_empty());
                for handle in add {
                    self.of.entry(handle.clone()).or_default().insert(name.clone());
                }
            }
            Change::Barrier { between: (one, other), stands: true } => {
                self.barriers.insert((one.clone(), other.clone()));
            }
            Change::Barrier { between, stands: false } => {
                self.barriers.remove(between);
            }
            Change::Host { account, terms } => {
                self.hosted.insert(account.clone(), terms.clone());
            }
            _ => {}
        }
    }

    /// What it would be after a change.
    fn after(&self, change: &Change) -> Self {
        let mut after = self.clone();
        after.change(change);
        after
    }
}

impl Charter {
    /// Who may meet whom as the charter stands.
    #[must_use]
    pub fn segments(&self) -> &Segments {
        &self.segments
    }

    /// The number of the last amendment that says who may meet whom; 0 where none does.
    #[must_use]
    pub fn separated(&self) -> u64 {
        self.separations.last().map_or(0, |(number, _)| *number)
    }

    /// Whether the amendment at this place says who may meet whom.
    #[must_use]
    pub fn is_separation(&self, number: u64) -> bool {
        self.separations.binary_search_by_key(&number, |(at, _)| *at).is_ok()
    }

    /// Who might meet whom after the first so many amendments.
    #[must_use]
    pub fn segments_at(&self, number: u64) -> Cow<'_, Segments> {
        if number >= self.separated() {
            return Cow::Borrowed(&self.segments);
        }
        let mut at = Segments::default();
        for (_, change) in self.separations.iter().take_while(|(then, _)| *then <= number) {
            at.change(change);
        }
        Cow::Owned(at)
    }

    /// The terms on which a guest has been hosted, others than those of the invitation: the first ones first.
    pub fn hosted_on<'c>(&'c self, account: &Handle) -> impl Iterator<Item = &'c Guest> + use<'c> {
        let account = account.clone();
        self.separations.iter().filter_map(move |(_, change)| match change {
            Change::Host { account: whose, terms } if *whose == account => Some(terms),
            _ => None,
        })
    }

    /// Whether a guest can be hosted so.
    pub(super) fn may_host(
        &self,
        it: &Amendment,
        (account, terms): (&Handle, &Guest),
        chains: Chains<'_>,
    ) -> Result<(), InvalidAmendment> {
        use InvalidAmendment::{Bounds, Malformed, Nothing};
        let first = |whose: &Handle, chains: Chains<'_>| {
            chain_of(chains, whose)?.devices.into_iter().next().ok_or(Malformed)
        };
        let guest = first(account, chains)?.guest.ok_or(Nothing("the account is no guest's"))?;
        if self.segments.hosted.get(account).unwrap_or(&guest) == terms {
            return Err(Nothing("the terms are so already"));
        }
        if !terms.is_sound() || terms.until <= it.at {
            return Err(Bounds("a guest comes into at least one room, and for a while from now on"));
        }
        if first(&terms.sponsor, chains)?.attended().is_some() {
            return Err(Bounds("only somebody of the organisation answers for a guest"));
        }
        Ok(())
    }

    /// Takes over a change at this number.
    pub(super) fn separate(&mut self, change: &Change) {
        let number = u64::try_from(self.number()).unwrap_or(u64::MAX);
        self.segments.change(change);
        self.separations.push((number, change.clone()));
    }

    /// Whether an account belongs to a segment that may not meet this one.
    fn stands_against(&self, account: &Handle, segment: &RoleName) -> bool {
        let meets = |other: &RoleName| {
            let between = if other < segment { (other, segment) } else { (segment, other) };
            self.segments.barriers.contains(&(between.0.clone(), between.1.clone()))
        };
        self.segments.of.get(account).is_some_and(|of| of.iter().any(meets))
    }

    /// Whether such a segment or barrier can be, and gives its signers nothing.
    pub(super) fn may_separate(
        &self,
        it: &Amendment,
        signs: &dyn Fn(&Handle) -> bool,
    ) -> Result<(), InvalidAmendment> {
        use InvalidAmendment::{Bounds, ForThemselves, Malformed, Nothing};
        let now = &self.segments;
        match &it.change {
            Change::Segment { name, add, remove } => {
                let sorted = |handles: &[Handle]| handles.is_sorted_by(|one, next| one < next);
                if !sorted(add) || !sorted(remove) || add.len() + remove.len() > MOVES {
                    return Err(Malformed);
                }
                if add.iter().any(|it| now.is_in(it, name)) {
                    return Err(Nothing("somebody belongs to the segment already"));
                }
                if remove.iter().any(|it| !now.is_in(it, name)) {
                    return Err(Nothing("somebody does not belong to the segment"));
                }
                if add.is_empty() && remove.is_empty() {
                    return Err(Nothing("nobody comes into the segment or leaves it"));
                }
                // Nor does anybody let others out whom they may not meet themselves.
                let opposite = |it: &Handle| self.stands_against(it, name);
                if remove.iter().any(signs)
                    || (!remove.is_empty() && now.of.keys().any(|it| signs(it) && opposite(it)))
                {
                    return Err(ForThemselves);
                }
                let names: BTreeSet<&RoleName> = now.of.values().flatten().collect();
                if names.len() >= OWN && !names.contains(name) {
                    return Err(Bounds("an organisation has at most 256 segments"));
                }
            }
            Change::Barrier { between: between @ (one, other), stands } => {
                if one >= other {
                    return Err(Malformed);
                }
                if now.barriers.contains(between) == *stands {
                    return Err(Nothing("the barrier is so already"));
                }
                if *stands && !(now.is_known(one) && now.is_known(other)) {
                    return Err(Nothing("nobody belongs to one of these segments"));
                }
                if *stands && now.barriers.len() >= OWN {
                    return Err(Bounds("an organisation has at most 256 barriers"));
                }
                let behind = |it: &Handle| now.is_in(it, one) || now.is_in(it, other);
                if !stands && now.of.keys().any(|it| behind(it) && signs(it)) {
                    return Err(ForThemselves);
                }
            }
            _ => return Ok(()),
        }
        match now.after(&it.change).torn() {
            Some(_) => Err(Bounds("somebody would belong to two segments that may not meet")),
            None => Ok(()),
        }
    }
}
