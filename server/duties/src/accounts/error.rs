//! Why accounts says no.

use chancery_floor::{store::StoreError, work::Denied};
use chancery_transparency::InvalidChain;
use chancery_wire::problem::Code;

use crate::counter::Refusal;

/// A state in which accounts refuses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AccountsError {
    /// The organisation was founded before.
    #[error("the organisation has been founded already")]
    Founded,
    /// The organisation was not founded yet.
    #[error("the organisation has not been founded yet")]
    NotFounded,
    /// The founding code is another one.
    #[error("the founding code is not right")]
    WrongCode,
    /// Somebody has the handle.
    #[error("the name is taken")]
    HandleTaken,
    /// The entry of the device chain does not hold.
    #[error("{0}")]
    BadEntry(#[from] InvalidChain),
    /// The device or its key is known already.
    #[error("the device or its key is known already")]
    KnownDevice,
    /// There is no such invitation that can be used.
    #[error("there is no such invitation, or it was used, or it ran out")]
    NoInvitation,
    /// The invitation does not hold.
    #[error("{0}")]
    BadInvitation(&'static str),
    /// Policy says no.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The store says no.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<AccountsError> for Refusal {
    fn from(error: AccountsError) -> Self {
        match error {
            AccountsError::Founded => Self::new(Code::Founded),
            AccountsError::NotFounded => Self::new(Code::NotFounded),
            AccountsError::WrongCode => Self::new(Code::WrongCode),
            AccountsError::HandleTaken => Self::new(Code::HandleTaken),
            AccountsError::NoInvitation => Self::new(Code::NoInvitation),
            AccountsError::BadEntry(why) => Self::because(Code::BadEntry, &why),
            AccountsError::KnownDevice => Self::because(Code::BadEntry, &error),
            AccountsError::BadInvitation(why) => Self::because(Code::BadInvitation, &why),
            AccountsError::Denied(denied) => denied.into(),
            AccountsError::Store(error) => error.into(),
        }
    }
}
