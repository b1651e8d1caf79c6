//! The charter: read as its signers signed it, checked down to the root, kept, and amended with this device's signature; and who may meet
//! whom by it.

use std::{cell::RefCell, sync::Arc};

use chancery_groups::{Breach, Leaf, bridged};
use chancery_transparency::{Amendment, Change, Charter, InvalidAmendment, Root, Whose};
use chancery_vault::{Step, TrustedDevice};
use chancery_wire::{ids::AmendmentId, names::Handle, policy::RoomPolicy, time::Instant};

use crate::{
    engine::{Engine, Turn},
    error::EngineError,
    trust::trusted,
};

/// What the server has to be asked for before something can be judged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Accounts whose chains are needed.
    pub chains: Vec<Handle>,
    /// Whether later amendments of the charter are.
    pub charter: bool,
}

impl Needs {
    /// Whether nothing is needed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.chains.is_empty() && !self.charter
    }

    /// The need for later amendments of the charter.
    pub(crate) fn of_charter() -> Self {
        Self { chains: vec![], charter: true }
    }
}

impl From<Vec<Handle>> for Needs {
    fn from(chains: Vec<Handle>) -> Self {
        Self { chains, charter: false }
    }
}

impl Engine {
    /// How many amendments of the charter to ask the server to leave out: all that are known but the last one, by which it is noticed
    /// that the server shows another charter now.
    pub fn amendments_after(&self) -> Result<u64, EngineError> {
        self.look(|step, _| Ok(step.charter_number()?.saturating_sub(1)))
    }

    /// Takes in what the server shows of the charter after the first so many amendments; `there` is how many it says there are. Answers
    /// whose chains are needed first: then the same is said once more.
    ///
    /// The charter can only grow: [`EngineError::OtherCharter`] where what was seen of it before is not in it any more.
    pub fn amended(
        &mut self,
        (after, there): (u64, u64),
        amendments: &[Vec<u8>],
        now: Instant,
    ) -> Result<Vec<Handle>, EngineError> {
        self.turn(now, |turn| {
            let mut known = turn.step.charter_number()?;
            // Another program of this vault may have read further meanwhile.
            if there <= after && known > 0 {
                return Err(EngineError::OtherCharter);
            }
            let mut charter = (*turn.charter()?).clone();
            let mut needs = vec![];
            for (amendment, at) in amendments.iter().zip(after.saturating_add(1)..) {
                if at <= known {
                    if turn.step.amendment(at)?.as_ref() != Some(amendment) {
                        return Err(EngineError::OtherCharter);
                    }
                    continue;
                }
                match charter.take(amendment, &mut |whose| trusted(turn.step, whose).ok().flatten()) {
                    Ok(_) => {}
                    Err(InvalidAmendment::Missing(whose)) => {
                        needs.push(whose);
                        break;
                    }
                    // Those who signed it had seen a charter that this one never was.
                    Err(InvalidAmendment::OtherBase) => return Err(EngineError::OtherCharter),
                    Err(why) => return Err(why.into()),
                }
                turn.step.keep_amendment(at, amendment)?;
                known = at;
            }
            turn.memory.charter = Arc::new(charter).into();
            Ok(needs)
        })
    }

    /// The charter as far as it was read.
    pub fn charter(&mut self, now: Instant) -> Result<Arc<Charter>, EngineError> {
        self.turn(now, |turn| turn.charter())
    }

    /// The charter as this view of the vault has it.
    pub(crate) fn charter_in(&self, step: &Step<'_>) -> Result<Arc<Charter>, EngineError> {
        let number = step.charter_number()?;
        let same = |it: &&Arc<Charter>| u64::try_from(it.number()).is_ok_and(|it| it == number);
        match self.remembered_charter().filter(same) {
            Some(charter) => Ok(Arc::clone(charter)),
            None => Ok(Arc::new(read(step)?)),
        }
    }

    /// An amendment of the charter that this device proposes, with its signature. What it could not be is refused here.
    pub fn amend(&mut self, change: Change, now: Instant) -> Result<Vec<u8>, EngineError> {
        self.turn(now, |turn| {
            let charter = turn.charter()?;
            let me = &turn.me.identity;
            let own = trusted(turn.step, &me.handle)?.ok_or(EngineError::NotEnrolled)?;
            let id = AmendmentId(turn.draw());
            let amendment = Amendment::propose(&charter, (&own, me.device, turn.me), (id, change), now);
            let amendment = amendment.ok_or(EngineError::NotEnrolled)?;
            let mut chains = |whose: &_| trusted(turn.step, whose).ok().flatten();
            match charter.judge(&amendment, &mut chains) {
                Ok(_) | Err(InvalidAmendment::TakesAnother) => Ok(amendment),
                Err(InvalidAmendment::Missing(whose)) => Err(EngineError::NoAccount(whose)),
                Err(why) => Err(why.into()),
            }
        })
    }

    /// An amendment that somebody else proposes, with this device's signature besides.
    pub fn agree(&mut self, amendment: &[u8], now: Instant) -> Result<Vec<u8>, EngineError> {
        self.turn(now, |turn| {
            let charter = turn.charter()?;
            let me = &turn.me.identity;
            let own = trusted(turn.step, &me.handle)?.ok_or(EngineError::NotEnrolled)?;
            let agreed = Amendment::agree(amendment, (&own, me.device, turn.me));
            let agreed = agreed.ok_or(InvalidAmendment::Malformed)?;
            match charter.judge(&agreed, &mut |whose| trusted(turn.step, whose).ok().flatten()) {
                Err(InvalidAmendment::Missing(whose)) => Err(EngineError::NoAccount(whose)),
                judged => judged.map(|_| agreed).map_err(EngineError::from),
            }
        })
    }
}

impl Turn<'_> {
    /// The charter as far as it was read. What is in the vault was checked when it came.
    pub(crate) fn charter(&self) -> Result<Arc<Charter>, EngineError> {
        if let Some(charter) = self.memory.charter.get() {
            return Ok(Arc::clone(charter));
        }
        let charter = Arc::new(read(self.step)?);
        Ok(Arc::clone(self.memory.charter.get_or_init(|| charter)))
    }

    /// Whether more of the charter has to be asked for, because a change goes by so many amendments: once for each such number in a row.
    pub(crate) fn needs_charter(&mut self, number: u64) -> Result<bool, EngineError> {
        if number <= self.step.charter_number()? {
            return Ok(false);
        }
        Ok(std::mem::replace(&mut self.memory.charter_sought, number) != number)
    }

    /// Whether more of the charter is to be asked for, because somebody has spoken of a later amendment than is known: once for each that is
    /// later still, since it may be a lie.
    pub(crate) fn hears_of_charter(&mut self) -> Result<bool, EngineError> {
        let told = self.memory.charter_told;
        if told <= self.step.charter_number()? || told <= self.memory.charter_asked {
            return Ok(false);
        }
        self.memory.charter_asked = told;
        Ok(true)
    }

    /// Whether the time of an account was over then: that of a program or a guest, by any of the terms that are known. What was done in a
    /// room then is read later as well, and judged alike by everybody, whenever they read it.
    pub(crate) fn had_run_out(&self, handle: &Handle, at: Instant) -> Result<bool, EngineError> {
        let invited = self.step.trusted(handle)?.first().and_then(TrustedDevice::good_until);
        let charter = self.charter()?;
        let mut untils = charter.hosted_on(handle).map(|terms| terms.until).chain(invited);
        Ok(untils.any(|until| until <= at))
    }

    /// Until when an account may do anything; for ever where nothing is said.
    pub(crate) fn good_until(&self, handle: &Handle) -> Result<Option<Instant>, EngineError> {
        good_until(self.step, &*self.charter()?, handle)
    }

    /// Whether the time of an account is over now.
    pub(crate) fn has_run_out(&self, handle: &Handle) -> Result<bool, EngineError> {
        Ok(self.good_until(handle)?.is_some_and(|until| until <= self.now))
    }

    /// The first two in a room who may not meet since a barrier has come between them.
    pub(crate) fn bridged(
        &self,
        leaves: &[Leaf],
        policy: &RoomPolicy,
    ) -> Result<Result<(), Breach>, EngineError> {
        let charter = self.charter()?;
        with_whose(self.step, |whose| bridged(leaves, &policy.away, &charter, whose))
    }

    /// Whether these may come to those who are there, as the charter stands.
    pub(crate) fn may_meet<'h>(
        &self,
        coming: impl IntoIterator<Item = &'h Handle> + Clone,
        there: impl IntoIterator<Item = &'h Handle>,
    ) -> Result<(), EngineError> {
        let charter = self.charter()?;
        let all = there.into_iter().chain(coming.clone());
        let apart = with_whose(self.step, |whose| charter.segments().apart(coming, all, whose))?;
        apart.map_or(Ok(()), |apart| Err(Breach::from(apart).into()))
    }
}

/// The charter that the vault has.
pub(crate) fn read(step: &Step<'_>) -> Result<Charter, EngineError> {
    let me = step.identity()?.ok_or(EngineError::NotEnrolled)?;
    let mut charter = Charter::new(me.domain, Root(me.root));
    for amendment in step.amendments()? {
        charter.take_again(&amendment, &mut |whose| trusted(step, whose).ok().flatten())?;
    }
    Ok(charter)
}

/// Until when an account may do anything, by the terms that are in force; for ever where nothing is said.
pub(crate) fn good_until(
    step: &Step<'_>,
    charter: &Charter,
    handle: &Handle,
) -> Result<Option<Instant>, EngineError> {
    let invited = step.trusted(handle)?.first().and_then(TrustedDevice::good_until);
    Ok(charter.segments().hosted().get(handle).map(|terms| terms.until).or(invited))
}

/// Asks something for which it has to be known who answers for whom, by the chains as they were checked. A failure to read the vault must
/// not look like an account for which nobody answers.
pub(crate) fn with_whose<T>(step: &Step<'_>, ask: impl FnOnce(Whose<'_>) -> T) -> Result<T, EngineError> {
    let failed = RefCell::new(None);
    let answer = ask(&|handle| match trusted(step, handle) {
        Ok(chain) => chain?.devices.into_iter().next()?.attended(),
        Err(error) => {
            failed.replace(Some(error));
            None
        }
    });
    failed.into_inner().map_or(Ok(answer), Err)
}
