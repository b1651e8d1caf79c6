//! Which proofs were accepted: each one is, once.

use std::collections::HashSet;

use chancery_transparency::PROOF_WINDOW;
use chancery_wire::{ids::DeviceId, time::Instant};

use super::error::SigninError;

/// How many proofs one generation remembers: beyond, nobody gets in until some are forgotten.
const REMEMBERED: usize = 200_000;

/// The proofs accepted lately, in two generations: each remembers for longer than a proof can be used.
#[derive(Debug, Default)]
pub(crate) struct Replays {
    young: HashSet<(DeviceId, String)>,
    old: HashSet<(DeviceId, String)>,
    turned: Option<Instant>,
}

impl Replays {
    /// Remembers a proof whose key was checked; refuses one that is remembered.
    pub(crate) fn accept(&mut self, device: DeviceId, id: String, now: Instant) -> Result<(), SigninError> {
        // A proof may be used from `PROOF_WINDOW` before its time to as long after it.
        let turn = self.turned.get_or_insert(now).plus_seconds(2 * PROOF_WINDOW + 2);
        if now > turn {
            self.old = std::mem::take(&mut self.young);
            self.turned = Some(now);
        }
        let proof = (device, id);
        if self.old.contains(&proof) || self.young.contains(&proof) {
            return Err(SigninError::Replayed);
        }
        if self.young.len() >= REMEMBERED {
            return Err(SigninError::TooMany);
        }
        self.young.insert(proof);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Instant = Instant(1_700_000_000_000);

    #[test]
    fn a_proof_is_accepted_once_for_as_long_as_it_could_be_used() {
        let (mut replays, device) = (Replays::default(), DeviceId([1; 16]));
        assert_eq!(replays.accept(device, "a".into(), NOW), Ok(()));
        for seconds in [0, 60, 119, 123, 240] {
            let again = replays.accept(device, "a".into(), NOW.plus_seconds(seconds));
            assert_eq!(again, Err(SigninError::Replayed), "{seconds}");
        }
        assert_eq!(replays.accept(DeviceId([2; 16]), "a".into(), NOW), Ok(()));
    }

    #[test]
    fn what_can_no_longer_be_used_is_forgotten() {
        let (mut replays, device) = (Replays::default(), DeviceId([1; 16]));
        assert_eq!(replays.accept(device, "a".into(), NOW), Ok(()));
        assert_eq!(replays.accept(device, "b".into(), NOW.plus_seconds(200)), Ok(()));
        assert_eq!(replays.accept(device, "c".into(), NOW.plus_seconds(400)), Ok(()));
        assert_eq!((replays.young.len(), replays.old.len()), (1, 1));
    }
}
