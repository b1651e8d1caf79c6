//! The charter: read as its signers signed it, checked down to the root, and amended with this device's signature.

use chancery_transparency::{Amendment, Change, Charter, InvalidAmendment, Root};
use chancery_wire::{ids::AmendmentId, time::Instant};

use crate::{engine::Engine, error::EngineError, trust::trusted};

impl Engine {
    /// The charter that these amendments make, from the first one on. What was seen of it before is in it still: it can only grow.
    ///
    /// [`InvalidAmendment::Missing`] says whose chain is needed first.
    pub fn charter(&mut self, amendments: &[Vec<u8>], now: Instant) -> Result<Charter, EngineError> {
        self.turn(now, |turn| {
            let me = &turn.me.identity;
            let mut charter = Charter::new(me.domain.clone(), Root(me.root));
            let seen = turn.step.charter_seen()?;
            let mut failed = None;
            for (amendment, number) in amendments.iter().zip(1_u64..) {
                let taken = charter.take(amendment, &mut |whose| {
                    trusted(turn.step, whose).unwrap_or_else(|error| {
                        failed = Some(error);
                        None
                    })
                });
                if let Some(error) = failed.take() {
                    return Err(error);
                }
                taken?;
                if seen.is_some_and(|(at, head)| at == number && head != charter.head()) {
                    return Err(EngineError::OtherCharter);
                }
            }
            let number = u64::try_from(charter.number()).unwrap_or(u64::MAX);
            if seen.is_some_and(|(at, _)| at > number) {
                return Err(EngineError::OtherCharter);
            }
            turn.step.see_charter(number, charter.head())?;
            Ok(charter)
        })
    }

    /// An amendment of the charter that this device proposes, with its signature. What it could not be is refused here.
    pub fn amend(&mut self, charter: &Charter, change: Change, now: Instant) -> Result<Vec<u8>, EngineError> {
        self.turn(now, |turn| {
            let me = &turn.me.identity;
            let own = trusted(turn.step, &me.handle)?.ok_or(EngineError::NotEnrolled)?;
            let id = AmendmentId(turn.draw());
            let amendment = Amendment::propose(charter, (&own, me.device, turn.me), (id, change), now);
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
    pub fn agree(
        &mut self,
        charter: &Charter,
        amendment: &[u8],
        now: Instant,
    ) -> Result<Vec<u8>, EngineError> {
        self.turn(now, |turn| {
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
