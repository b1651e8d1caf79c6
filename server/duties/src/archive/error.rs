//! Why the archive says no.

use chancery_floor::{store::StoreError, work::Denied};
use chancery_wire::problem::Code;

use crate::counter::{Refusal, Told};

/// A state in which the archive refuses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ArchiveError {
    /// The room is none of the device's, and policy has said so: as if there were none.
    #[error("there is no such room")]
    Hidden,
    /// There is no such block of the calling account.
    #[error("there is no such block")]
    NoBlock,
    /// It is no block: too short or too long.
    #[error("this is no block of an archive")]
    BadBlock,
    /// It is sealed to another recovery key than the account has now.
    #[error("the block is sealed to another recovery key")]
    OtherKey,
    /// Policy says no.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The store says no.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<ArchiveError> for Refusal {
    fn from(error: ArchiveError) -> Self {
        match error {
            ArchiveError::Hidden => Self { told: Told::Counted, ..Self::new(Code::NoRoom) },
            ArchiveError::NoBlock => Self::new(Code::NoBlock),
            ArchiveError::BadBlock => Self::new(Code::BadBlock),
            ArchiveError::OtherKey => Self::new(Code::OtherRecoveryKey),
            ArchiveError::Denied(denied) => denied.into(),
            ArchiveError::Store(error) => error.into(),
        }
    }
}
