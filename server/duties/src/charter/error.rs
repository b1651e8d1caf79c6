//! Why the charter says no.

use chancery_floor::{policy::InvalidRule, store::StoreError, work::Denied};
use chancery_transparency::InvalidAmendment;
use chancery_wire::problem::Code;

use crate::counter::Refusal;

/// A state in which the charter refuses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CharterError {
    /// The amendment does not hold.
    #[error("{0}")]
    BadAmendment(#[from] InvalidAmendment),
    /// The amendment does not fit this moment.
    #[error("{0}")]
    Unfit(&'static str),
    /// The rule is no rule.
    #[error(transparent)]
    BadRule(#[from] InvalidRule),
    /// Too few would be left who may amend the charter.
    #[error("{0}")]
    LastOne(&'static str),
    /// There is no such proposal.
    #[error("there is no such proposal")]
    NoProposal,
    /// There is no such request.
    #[error("there is no such request")]
    NoRequest,
    /// Whoever has made the request is not heard any more.
    #[error(
        "whoever asked for this is not heard any more: the device was revoked, or the account is suspended"
    )]
    Unheard,
    /// It takes somebody else to agree.
    #[error("nobody agrees to a request of their own, or about themselves")]
    OwnRequest,
    /// There is no such act.
    #[error("there is no such act")]
    NoSuchAct,
    /// There is no such account.
    #[error("there is no such account")]
    NoAccount,
    /// Policy says no.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The store says no.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<CharterError> for Refusal {
    fn from(error: CharterError) -> Self {
        match error {
            CharterError::BadAmendment(why) => Self::because(Code::BadAmendment, &why),
            CharterError::Unfit(why) => Self::because(Code::BadAmendment, &why),
            CharterError::BadRule(why) => Self::because(Code::BadRule, &why),
            CharterError::LastOne(why) => Self::because(Code::LastOne, &why),
            CharterError::NoProposal => Self::new(Code::NoProposal),
            CharterError::NoRequest => Self::new(Code::NoRequest),
            CharterError::Unheard => Self::because(Code::NoRequest, &error),
            CharterError::OwnRequest => Self::new(Code::OwnRequest),
            CharterError::NoSuchAct => Self::new(Code::NoSuchAct),
            CharterError::NoAccount => Self::new(Code::NoAccount),
            CharterError::Denied(denied) => denied.into(),
            CharterError::Store(error) => error.into(),
        }
    }
}
