//! Why passkeys say no.

use chancery_floor::{store::StoreError, work::Denied};
use chancery_wire::problem::Code;
use webauthn_rs_core::error::WebauthnError;

use crate::counter::Refusal;

/// A state in which passkeys refuse.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PasskeysError {
    /// There is no such ceremony, or it is over.
    #[error("there is no such ceremony, or it is over")]
    NoCeremony,
    /// There is no such passkey of this account.
    #[error("there is no such passkey")]
    NoPasskey,
    /// The account has as many as it may.
    #[error("the account has as many passkeys as it may have")]
    TooMany,
    /// The device has more ceremonies open than it may have.
    #[error("there are too many ceremonies of this device at once")]
    TooManyCeremonies,
    /// The name is empty, too long, or of several lines.
    #[error("a passkey's name has 1 to 64 characters on one line")]
    BadName,
    /// What the authenticator answered does not hold.
    #[error("{0}")]
    Wrong(&'static str),
    /// The organisation does not take such a passkey.
    #[error("{0}")]
    NotAllowed(&'static str),
    /// The authenticator was copied: its counter has gone back.
    #[error("this passkey may have been copied: its counter has gone back")]
    Copied,
    /// Another request was approved, or none, or it was done.
    #[error("this is not what was approved")]
    NotApproved,
    /// The server has no name that passkeys could be made for.
    #[error("this server has no name that passkeys could be made for")]
    Unavailable,
    /// Policy says no.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The store says no.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<WebauthnError> for PasskeysError {
    fn from(error: WebauthnError) -> Self {
        match error {
            WebauthnError::UserNotPresent | WebauthnError::UserNotVerified => Self::Wrong(
                "the authenticator did not check that it is you: set a PIN or a fingerprint for it",
            ),
            WebauthnError::InvalidRPOrigin
            | WebauthnError::InvalidRPIDHash
            | WebauthnError::CredentialCrossOrigin => Self::Wrong(
                "the passkey was used on another page than this organisation's own: somebody may have copied it",
            ),
            WebauthnError::MismatchedChallenge | WebauthnError::InvalidClientDataType => {
                Self::Wrong("this is the answer to another question")
            }
            WebauthnError::CredentialNotFound => Self::Wrong("this is no passkey of the account"),
            WebauthnError::CredentialPossibleCompromise => Self::Copied,
            WebauthnError::CredentialMayNotBeHardwareBound
            | WebauthnError::CredentialBackupEligibilityInconsistent => {
                Self::NotAllowed("your organisation takes only passkeys that stay in one authenticator")
            }
            WebauthnError::AttestationNotSupported
            | WebauthnError::AttestationNotVerifiable
            | WebauthnError::AttestationUntrustedAaguid
            | WebauthnError::AttestationChainNotTrusted(_)
            | WebauthnError::AttestationFormatMissingAaguid => Self::NotAllowed(
                "the authenticator cannot show that it is of a model that your organisation takes",
            ),
            _ => Self::Wrong("what the authenticator answered does not hold"),
        }
    }
}

impl From<PasskeysError> for Refusal {
    fn from(error: PasskeysError) -> Self {
        match &error {
            PasskeysError::NoCeremony => Self::new(Code::NoCeremony),
            PasskeysError::NoPasskey => Self::new(Code::NoPasskey),
            PasskeysError::TooMany => Self::new(Code::ManyPasskeys),
            PasskeysError::TooManyCeremonies => {
                Self { wait: Some(60), ..Self::because(Code::TooMany, &error) }
            }
            PasskeysError::BadName => Self::because(Code::Malformed, &error),
            PasskeysError::Wrong(_) | PasskeysError::Copied => Self::because(Code::BadPasskey, &error),
            PasskeysError::NotAllowed(_) => Self::because(Code::OtherPasskey, &error),
            PasskeysError::NotApproved => Self::new(Code::NotApproved),
            PasskeysError::Unavailable => Self::new(Code::NoPasskeys),
            PasskeysError::Denied(denied) => (*denied).into(),
            PasskeysError::Store(error) => error.clone().into(),
        }
    }
}
