//! Why sign-in says no.

use chancery_floor::{store::StoreError, work::Denied};
use chancery_transparency::InvalidProof;
use chancery_wire::{
    ids::{RoomId, SessionId},
    problem::Code,
};

use crate::{counter::Refusal, providers::ProvidersError};

/// A state in which sign-in refuses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SigninError {
    /// There is no session, or it ended.
    #[error("there is no session, or it ended")]
    NoSession,
    /// There is no such session of this account.
    #[error("there is no such session")]
    NoSuchSession,
    /// There is no such account.
    #[error("there is no such account")]
    NoAccount,
    /// Somebody has the token of a session, and not the key of its device.
    #[error("the token of a session was used without its device's key")]
    Exposed(SessionId),
    /// The proof does not hold, or is by another device than it says, or by none that is known.
    #[error("the proof of the device key does not hold")]
    BadProof,
    /// The device was revoked.
    #[error("the device was revoked")]
    Revoked,
    /// The account is suspended.
    #[error("the account is suspended")]
    Suspended,
    /// The time of a program's account is over.
    #[error("the time for which this account was let in is over")]
    RunOut,
    /// Roles are taken up for at most eight hours.
    #[error("roles are taken up for a minute at least, and for eight hours at most")]
    TooLong,
    /// The roles of the account count at another listener.
    #[error("the roles of this account count at another address")]
    Elsewhere,
    /// The account is in rooms with others, and those who look after things are not.
    #[error(
        "this account is in a room with others ({0}): who looks after things has an account of its own for it"
    )]
    InRooms(RoomId),
    /// The proof is too old, from the future, or from before the server started.
    #[error("the proof of the device key is too old or from the future")]
    Stale,
    /// The proof was used.
    #[error("the proof of the device key was used before")]
    Replayed,
    /// More proofs than can be remembered.
    #[error("there are too many requests at once")]
    TooMany,
    /// The organisation asks for more than the device's key: what a person shows at an identity provider.
    #[error(transparent)]
    Provider(#[from] ProvidersError),
    /// Policy says no.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The store says no.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<InvalidProof> for SigninError {
    fn from(proof: InvalidProof) -> Self {
        match proof {
            InvalidProof::Wrong => Self::BadProof,
            InvalidProof::Stale => Self::Stale,
        }
    }
}

impl From<SigninError> for Refusal {
    fn from(error: SigninError) -> Self {
        match error {
            SigninError::NoSession => Self::new(Code::NoSession),
            SigninError::NoSuchSession => Self::new(Code::NoSuchSession),
            SigninError::NoAccount => Self::new(Code::NoAccount),
            SigninError::BadProof | SigninError::Exposed(_) => Self::new(Code::BadProof),
            SigninError::Revoked => Self::new(Code::DeviceRevoked),
            SigninError::Suspended => Self::new(Code::Suspended),
            SigninError::RunOut => Self::new(Code::RunOut),
            SigninError::Elsewhere => Self::new(Code::Elsewhere),
            SigninError::InRooms(_) => Self::because(Code::InRooms, &error),
            SigninError::TooLong => Self::because(Code::Malformed, &error),
            SigninError::Stale => Self::new(Code::StaleProof),
            SigninError::Replayed => Self::new(Code::ReplayedProof),
            SigninError::TooMany => Self::new(Code::TooMany),
            SigninError::Provider(error) => error.into(),
            SigninError::Denied(denied) => denied.into(),
            SigninError::Store(error) => error.into(),
        }
    }
}
