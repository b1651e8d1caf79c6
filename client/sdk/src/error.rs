//! Why something was not done, for a person and for a script.

use std::path::PathBuf;

use chancery_engine::{EngineError, InvalidLink};
use chancery_vault::VaultError;
use chancery_wire::{
    ids::RequestId,
    problem::{Code, Problem},
};

/// Why something was not done. Nothing is lost: what was wished for is kept where it could be.
#[derive(Debug, thiserror::Error)]
pub enum SdkError {
    /// The engine says no.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The vault says no.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The server says no.
    #[error("{}", .0.title)]
    Refused(Problem),
    /// Another person has to agree to it first. It is done then, without anybody asking again.
    #[error("another person has to agree to this: it waits for that, and is done then")]
    Waits(RequestId),
    /// The server cannot be reached.
    #[error("the server cannot be reached: {0}")]
    Unreachable(String),
    /// The server does not speak as it should.
    #[error("the server answered in a way this program does not understand ({0})")]
    Strange(&'static str),
    /// The link is no link.
    #[error(transparent)]
    Link(#[from] InvalidLink),
    /// The link opens something else.
    #[error("this link is for founding an organisation; people join with an invitation link")]
    FoundingLink,
    /// The link opens something else.
    #[error("this link is an invitation; an organisation is founded with the link its server prints")]
    JoiningLink,
    /// The link opens something else.
    #[error("this link does not link a device; make one on the device that you have: chancery devices link")]
    OtherLink,
    /// The link opens something else.
    #[error("this link is not one by which people join whom the organisation's identity provider knows")]
    NoSignInLink,
    /// The way to the server is not encrypted.
    #[error(
        "the link leads over plain HTTP to another machine, where anybody on the way can read and change it"
    )]
    Plain,
    /// There is no such profile.
    #[error("there is no profile {0} yet")]
    NoProfile(String),
    /// The profile's name is not one.
    #[error("a profile's name is 1 to 32 letters, digits, '-' and '_'")]
    ProfileName,
    /// The profile's files cannot be used.
    #[error("{path}: {why}")]
    Profile {
        /// Which one.
        path: PathBuf,
        /// What is the matter.
        why: String,
    },
    /// A file that is to be sent or saved cannot be.
    #[error("{path}: {why}")]
    File {
        /// Which one.
        path: PathBuf,
        /// What is the matter.
        why: String,
    },
    /// The vault's key is to be kept beside the vault.
    #[error("the key file must not lie in the profile's directory: whoever copies that would have both")]
    KeyBeside,
    /// The passphrase is too short.
    #[error("the passphrase is too short: use at least {0} characters")]
    Passphrase(usize),
    /// Somebody has to say how the vault is unlocked.
    #[error("the vault's key cannot be kept or found: {0}")]
    NoKeyring(String),
    /// The person has to use a passkey, and cannot be asked here.
    #[error("this needs the passkey of its owner, and nobody can be asked for it here")]
    NobodyToAsk,
    /// The identity provider says no, or does not speak as it should.
    #[error("the identity provider: {0}")]
    Provider(String),
    /// What is searched for is not a question.
    #[error("{0}")]
    Search(String),
    /// A room was named that is not there, or several are.
    #[error("{0}")]
    Room(String),
}

impl SdkError {
    /// A stable code for scripts: the server's where it said no, ours otherwise.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Engine(EngineError::BadFile) => "client.bad-file",
            Self::Engine(EngineError::Distrust(_)) => "client.distrust",
            Self::Engine(EngineError::NotEnrolled) | Self::NoProfile(_) => "client.not-enrolled",
            Self::Engine(EngineError::Revoked) => "client.revoked",
            Self::Engine(EngineError::Suspended) => "client.suspended",
            Self::Engine(EngineError::TurnedDown) => "client.words",
            Self::Engine(EngineError::Vault(_)) | Self::Vault(_) => "client.vault",
            Self::Engine(_) => "client.refused",
            Self::Refused(problem) => &problem.code,
            Self::Waits(_) => "charter.takes-two",
            Self::Unreachable(_) => "client.unreachable",
            Self::Strange(_) => "client.strange-server",
            Self::Link(_)
            | Self::OtherLink
            | Self::NoSignInLink
            | Self::Plain
            | Self::FoundingLink
            | Self::JoiningLink => "client.link",
            Self::ProfileName => "client.profile-name",
            Self::Profile { .. } => "client.profile",
            Self::File { .. } => "client.file",
            Self::KeyBeside | Self::Passphrase(_) | Self::NoKeyring(_) => "client.key",
            Self::Provider(_) => "client.provider",
            Self::Room(_) => "client.room",
            Self::Search(_) => "client.search",
            Self::NobodyToAsk => "passkeys.unconfirmed",
        }
    }

    /// What to do about it, when there is something to do.
    #[must_use]
    pub fn remedy(&self) -> Option<&str> {
        Some(match self {
            Self::Refused(problem) => return problem.detail.as_deref(),
            Self::Waits(_) => "within 7 days, somebody who may do the same agrees: chancery admin proposals",
            Self::Unreachable(_) => "check the connection, and try again",
            Self::Plain => {
                "ask for a link to the server's https address; plain HTTP is for a server on this machine only"
            }
            Self::NoProfile(_) | Self::Engine(EngineError::NotEnrolled) => {
                "join with: chancery join '<link>'"
            }
            Self::Engine(EngineError::Vault(VaultError::Full)) | Self::Vault(VaultError::Full) => {
                "make room on the disk and try again"
            }
            Self::Vault(VaultError::WrongKey) => {
                "check the passphrase or key file; a vault cannot be opened without its key"
            }
            Self::NoKeyring(_) => {
                "use --unlock passphrase, or --unlock file with --key-file, and keep using the same for this profile"
            }
            Self::Engine(EngineError::Distrust(_)) => {
                "do not go on: tell your organisation's security officer what is written here"
            }
            _ => return None,
        })
    }

    /// Whether the server refused with this code.
    #[must_use]
    pub fn is(&self, code: Code) -> bool {
        matches!(self, Self::Refused(problem) if problem.code == code.as_str())
    }

    /// Whether it may be another one, or none, in a moment, without anybody doing anything.
    pub(crate) fn passes(&self) -> bool {
        let passing = [Code::TooMany, Code::Busy, Code::Full];
        matches!(self, Self::Unreachable(_)) || passing.into_iter().any(|code| self.is(code))
    }
}
