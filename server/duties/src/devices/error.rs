//! Why devices says no.

use chancery_floor::{store::StoreError, work::Denied};
use chancery_groups::Breach;
use chancery_wire::{
    api::{CHAINS_LIMIT, PACKAGES_LIMIT},
    problem::Code,
};

use crate::counter::Refusal;

/// A state in which devices refuses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DevicesError {
    /// Too many chains at once.
    #[error("at most {CHAINS_LIMIT} chains are answered at once")]
    TooManyChains,
    /// A key package does not hold.
    #[error("{0}")]
    BadPackage(#[from] Breach),
    /// A key package of another device.
    #[error("a key package is not of this device")]
    Foreign,
    /// A key package for one use stands where the last resort should, or the other way round.
    #[error("a key package is not for the use it is deposited for")]
    OtherUse,
    /// The stock is full.
    #[error("a device keeps at most {PACKAGES_LIMIT} key packages in stock")]
    Full,
    /// There is no such account.
    #[error("there is no such account")]
    NoAccount,
    /// No device of the account can be added now.
    #[error("the account has no device that could be added now")]
    NoPackage,
    /// There is no such meeting, or it is over.
    #[error("there is no such linking, or it is over")]
    NoLinking,
    /// A part that is not the next one, or is too large.
    #[error("this is not the next part of the linking")]
    OtherPart,
    /// The check was cut short, as when the server stops.
    #[error("the key packages were not checked to the end")]
    Unchecked,
    /// Policy says no.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The store says no.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<DevicesError> for Refusal {
    fn from(error: DevicesError) -> Self {
        match error {
            DevicesError::TooManyChains => Self::because(Code::TooLarge, &error),
            DevicesError::BadPackage(_) | DevicesError::Foreign | DevicesError::OtherUse => {
                Self::because(Code::BadPackage, &error)
            }
            DevicesError::Full => Self::because(Code::FullStock, &error),
            DevicesError::NoLinking => Self::new(Code::NoLinking),
            DevicesError::OtherPart => Self::new(Code::OtherPart),
            DevicesError::NoAccount => Self::new(Code::NoAccount),
            DevicesError::NoPackage => Self::new(Code::NoPackage),
            DevicesError::Unchecked => Self::new(Code::Failed),
            DevicesError::Denied(denied) => denied.into(),
            DevicesError::Store(error) => error.into(),
        }
    }
}
