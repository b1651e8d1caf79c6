//! Why the directory says no.

use chancery_floor::{store::StoreError, work::Denied};
use chancery_wire::problem::Code;

use crate::counter::Refusal;

/// A state in which the directory refuses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ProvisioningError {
    /// There is no such person or group.
    #[error("there is no such person or group")]
    NoResource,
    /// The request is not in the form it should have.
    #[error("{0}")]
    Malformed(&'static str),
    /// The filter cannot be read.
    #[error("the filter cannot be read, or names an attribute that there is not")]
    Filter,
    /// The path of a change cannot be read.
    #[error("the path of a change cannot be read, or names an attribute that there is not")]
    Path,
    /// A change has no target.
    #[error("what is to be changed is not there")]
    NoTarget,
    /// A value is not as the schema says.
    #[error("{0}")]
    Value(&'static str),
    /// An attribute cannot be written.
    #[error("this attribute cannot be changed")]
    ReadOnly,
    /// Somebody else has the name.
    #[error("another person has the name")]
    NameTaken,
    /// It is not as it was.
    #[error("it was changed since it was read")]
    Changed,
    /// This is not done here.
    #[error("this is not done here")]
    NotHere,
    /// Policy says no.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The store says no.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<ProvisioningError> for Refusal {
    fn from(error: ProvisioningError) -> Self {
        match error {
            ProvisioningError::NoResource => Self::new(Code::NoResource),
            ProvisioningError::Malformed(why) => Self::because(Code::Malformed, &why),
            ProvisioningError::Filter => Self::new(Code::BadFilter),
            ProvisioningError::Path => Self::new(Code::BadPath),
            ProvisioningError::NoTarget => Self::new(Code::NoTarget),
            ProvisioningError::Value(why) => Self::because(Code::BadValue, &why),
            ProvisioningError::ReadOnly => Self::new(Code::ReadOnly),
            ProvisioningError::NameTaken => Self::new(Code::NameTaken),
            ProvisioningError::Changed => Self::new(Code::Changed),
            ProvisioningError::NotHere => Self::new(Code::NotHere),
            ProvisioningError::Denied(denied) => denied.into(),
            ProvisioningError::Store(error) => error.into(),
        }
    }
}
