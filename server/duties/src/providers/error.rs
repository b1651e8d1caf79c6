//! Why identity providers say no.

use chancery_floor::{store::StoreError, work::Denied};
use chancery_transparency::InvalidToken;
use chancery_wire::problem::Code;

use crate::{accounts::AccountsError, counter::Refusal};

/// A state in which identity providers refuse.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ProvidersError {
    /// There is no such provider, or nobody of that root.
    #[error("there is no such identity provider")]
    NoProvider,
    /// The statement does not hold.
    #[error("{0}")]
    BadStatement(&'static str),
    /// What the provider said does not hold.
    #[error(transparent)]
    BadToken(#[from] InvalidToken),
    /// The account is somebody else's at the provider, or the person there has another account.
    #[error("at the provider, this account is somebody else's, or this person has another one")]
    OtherSubject,
    /// The device has no sign-in that is recent enough.
    #[error("the organisation asks for a sign-in at its identity provider")]
    Needed,
    /// The account cannot be opened.
    #[error(transparent)]
    Accounts(#[from] AccountsError),
    /// Policy says no.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The store says no.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<ProvidersError> for Refusal {
    fn from(error: ProvidersError) -> Self {
        match error {
            ProvidersError::NoProvider => Self::new(Code::NoProvider),
            ProvidersError::BadStatement(why) => Self::because(Code::BadProvider, &why),
            ProvidersError::BadToken(why) => Self::because(Code::BadToken, &why),
            ProvidersError::OtherSubject => Self::new(Code::OtherSubject),
            ProvidersError::Needed => Self::new(Code::SignInNeeded),
            ProvidersError::Accounts(error) => error.into(),
            ProvidersError::Denied(denied) => denied.into(),
            ProvidersError::Store(error) => error.into(),
        }
    }
}
