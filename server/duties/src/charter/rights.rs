//! Rights: the charter as it stands, remembered. Every request asks whether it was amended, and reads on from there.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use chancery_floor::{
    policy::Policies,
    store::{Read, StoreError},
};
use chancery_transparency::{Charter, InvalidAmendment, Trusted};
use chancery_wire::names::{Domain, Handle};

use super::store;
use crate::accounts;

/// The charter as it stands. Clones remember the same one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rights {
    remembered: Arc<RwLock<Option<Arc<Charter>>>>,
}

impl Rights {
    /// The charter as it stands; nothing before the organisation was founded.
    pub(crate) async fn charter(
        &self,
        from: &mut impl Read,
        domain: &Domain,
    ) -> Result<Option<Arc<Charter>>, StoreError> {
        let number = store::number(from).await?;
        let remembered = self.remembered.read().unwrap_or_else(PoisonError::into_inner).clone();
        let mut charter = match remembered {
            Some(charter) if at(&charter) == number => return Ok(Some(charter)),
            // A transaction that was begun earlier sees an earlier charter.
            Some(charter) if at(&charter) < number => charter,
            _ => match accounts::root(from).await? {
                Some(root) => Arc::new(Charter::new(domain.clone(), root)),
                None => return Ok(None),
            },
        };
        let mut chains = HashMap::new();
        while at(&charter) < number {
            for amendment in store::after(from, at(&charter)).await? {
                if at(&charter) < number {
                    take(from, domain, (Arc::make_mut(&mut charter), &amendment), &mut chains).await?;
                }
            }
        }
        Ok(Some(charter))
    }

    /// The charter as everybody sees it from now on: remembered, with its rules in force.
    pub(crate) async fn refresh(
        &self,
        from: &mut impl Read,
        domain: &Domain,
        policies: &Policies,
    ) -> Result<Option<Arc<Charter>>, StoreError> {
        let Some(charter) = self.charter(from, domain).await? else { return Ok(None) };
        let mut remembered = self.remembered.write().unwrap_or_else(PoisonError::into_inner);
        if remembered.as_ref().is_some_and(|before| at(before) >= at(&charter)) {
            return Ok(Some(charter));
        }
        if remembered.as_ref().is_none_or(|before| before.rules() != charter.rules()) {
            let rules = charter.rules().iter().map(|(name, text)| (name.as_str(), text.as_str()));
            let unfit = |error| {
                StoreError::Failed(format!("a rule of the charter does not fit this version: {error}"))
            };
            policies.set_rules(rules).map_err(unfit)?;
        }
        *remembered = Some(Arc::clone(&charter));
        Ok(Some(charter))
    }
}

/// How many amendments a charter has.
pub(super) fn at(charter: &Charter) -> u64 {
    u64::try_from(charter.number()).unwrap_or(u64::MAX)
}

/// Takes an amendment into a charter, with the chains that it takes to check it.
async fn take(
    from: &mut impl Read,
    domain: &Domain,
    (charter, amendment): (&mut Charter, &[u8]),
    chains: &mut HashMap<Handle, Trusted>,
) -> Result<(), StoreError> {
    let taken = judged(from, domain, chains, |chains| {
        charter.take(amendment, &mut |whose| chains.get(whose).cloned()).map(drop)
    });
    let broken = |error| StoreError::Failed(format!("an amendment of the charter: {error}"));
    taken.await?.map_err(broken)
}

/// Has an amendment judged, with the chains that it takes: each is read when it is asked for.
pub(super) async fn judged<T>(
    from: &mut impl Read,
    domain: &Domain,
    chains: &mut HashMap<Handle, Trusted>,
    mut judge: impl FnMut(&HashMap<Handle, Trusted>) -> Result<T, InvalidAmendment>,
) -> Result<Result<T, InvalidAmendment>, StoreError> {
    loop {
        match judge(chains) {
            Err(InvalidAmendment::Missing(whose)) => match accounts::trusted(from, domain, &whose).await? {
                Some(chain) => drop(chains.insert(whose, chain)),
                None => return Ok(Err(InvalidAmendment::Missing(whose))),
            },
            judged => return Ok(judged),
        }
    }
}
