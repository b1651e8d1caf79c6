//! Segments: parts of the organisation, and the barriers between those that may not meet.
//!
//! Where a barrier stands, nobody of the one segment comes into a room with somebody of the other. Server and clients ask the same
//! lines (`chancery_groups::meet`), for the charter as it was at the number that the room's policy names.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use chancery_wire::names::{Handle, RoleName};

use super::{Amendment, Change, Charter, InvalidAmendment};

/// How many segments and how many barriers an organisation has.
const OWN: usize = 256;
/// How many accounts one amendment moves.
const MOVES: usize = 256;

/// Who belongs to which segment, and which of them may not meet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Segments {
    of: BTreeMap<Handle, BTreeSet<RoleName>>,
    /// The smaller name first.
    barriers: BTreeSet<(RoleName, RoleName)>,
}

/// Two accounts that may not be in one room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Apart {
    /// One of them, and its segment.
    pub one: (Handle, RoleName),
    /// The other one, and its segment.
    pub other: (Handle, RoleName),
}

/// Answers who answers for an account: a program's owner. Such an account belongs to whatever its owner belongs to.
pub type Owner<'a> = &'a dyn Fn(&Handle) -> Option<Handle>;

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

    /// The first of those who come in and of those who are there, themselves among them, that may not be in one room.
    #[must_use]
    pub fn apart<'h>(
        &self,
        coming: impl IntoIterator<Item = &'h Handle>,
        there: impl IntoIterator<Item = &'h Handle>,
        owner: Owner<'_>,
    ) -> Option<Apart> {
        if self.barriers.is_empty() {
            return None;
        }
        let (coming, there) = (self.present(coming, owner), self.present(there, owner));
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
        there: impl IntoIterator<Item = &'h Handle> + Clone,
        owner: Owner<'_>,
    ) -> Option<Apart> {
        self.apart(there.clone(), there, owner)
    }

    /// The segments of which somebody is there, with those of them who are.
    fn present<'h>(
        &self,
        handles: impl IntoIterator<Item = &'h Handle>,
        owner: Owner<'_>,
    ) -> BTreeMap<&RoleName, BTreeSet<&'h Handle>> {
        let mut present: BTreeMap<&RoleName, BTreeSet<&'h Handle>> = BTreeMap::new();
        for handle in handles {
            let own = self.of.get(handle);
            let inherited = owner(handle).and_then(|owner| self.of.get(&owner));
            for segment in own.into_iter().chain(inherited).flatten() {
                present.entry(segment).or_default().insert(handle);
            }
        }
        present
    }

    /// Everybody in a room who may not meet somebody else there: the two sides of each barrier that runs through it.
    #[must_use]
    pub fn sides<'h>(
        &self,
        there: impl IntoIterator<Item = &'h Handle>,
        owner: Owner<'_>,
    ) -> Vec<[(RoleName, Vec<Handle>); 2]> {
        let present = self.present(there, owner);
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

    /// Takes over a change at this number.
    pub(super) fn separate(&mut self, change: &Change) {
        if matches!(change, Change::Segment { .. } | Change::Barrier { .. }) {
            let number = u64::try_from(self.number()).unwrap_or(u64::MAX);
            self.segments.change(change);
            self.separations.push((number, change.clone()));
        }
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
                if remove.iter().any(signs) {
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
