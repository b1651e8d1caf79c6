//! Failures: what a person reads when something was not done, and the exit code a script gets.

use chancery_sdk::SdkError;

/// Why a command was not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Sdk(#[from] SdkError),
    /// Something typed is not what it should be.
    #[error("{0}")]
    Usage(String),
    /// A wish was refused.
    #[error("{0}")]
    Refused(String),
    /// The server cannot be reached; a wish is kept.
    #[error("{0}")]
    Kept(String),
    /// A wish is kept, and not fulfilled yet.
    #[error("{0}")]
    Pending(String),
    /// The words that two devices show are not the same, or were mistyped.
    #[error("these are not the words: {0}")]
    Words(&'static str),
    /// A file is on its way; the same command goes on.
    #[error("{0}")]
    Broken(String),
    /// A server or device lies.
    #[error("{0}")]
    Alarm(String),
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

impl From<chancery_wire::names::InvalidName> for Failure {
    fn from(error: chancery_wire::names::InvalidName) -> Self {
        Self::Usage(error.to_string())
    }
}

impl From<chancery_wire::content::InvalidContent> for Failure {
    fn from(error: chancery_wire::content::InvalidContent) -> Self {
        Self::Usage(error.to_string())
    }
}

impl Failure {
    /// What a failure to reach the server is once a wish is kept.
    pub(crate) fn with_wish_kept(self) -> Self {
        match self {
            Self::Sdk(error @ SdkError::Unreachable(_)) => Self::Kept(error.to_string()),
            other => other,
        }
    }

    /// What a failure to reach the server is while a file is under way.
    pub(crate) fn with_file_kept(error: SdkError) -> Self {
        match error {
            SdkError::Unreachable(why) => Self::Broken(format!("the server cannot be reached ({why})")),
            other => other.into(),
        }
    }

    /// Whether whoever read the answers has gone. Then there is nobody left to tell.
    pub(crate) fn is_unheard(&self) -> bool {
        matches!(self, Self::Io(error) if error.kind() == std::io::ErrorKind::BrokenPipe)
    }

    /// The exit code; `chancery --help` lists them.
    pub(crate) fn exit(&self) -> u8 {
        match self {
            Self::Refused(_) | Self::Io(_) => 1,
            Self::Usage(_) => 2,
            Self::Kept(_) | Self::Broken(_) => 4,
            Self::Pending(_) => 7,
            Self::Alarm(_) | Self::Words(_) => 6,
            Self::Sdk(error) => match error.code() {
                "client.not-enrolled" => 3,
                "client.unreachable" => 4,
                "client.vault" | "client.key" | "client.profile" => 5,
                "client.distrust" | "client.bad-file" | "client.words" => 6,
                "client.file" | "client.link" | "client.room" | "client.profile-name" | "client.search" => 2,
                code if code.starts_with("server.") => 7,
                _ => 1,
            },
        }
    }

    /// A stable code for scripts.
    pub(crate) fn code(&self) -> &str {
        match self {
            Self::Sdk(error) => error.code(),
            Self::Usage(_) => "client.usage",
            Self::Refused(_) => "client.refused",
            Self::Kept(_) | Self::Broken(_) => "client.unreachable",
            Self::Words(_) => "client.words",
            Self::Pending(_) => "client.pending",
            Self::Alarm(_) => "client.alarm",
            Self::Io(_) => "client.io",
        }
    }

    /// What to do about it.
    pub(crate) fn remedy(&self) -> Option<&str> {
        match self {
            Self::Sdk(error) => error.remedy(),
            Self::Kept(_) => {
                Some("check the connection; it is kept, and done the next time this profile is online")
            }
            Self::Broken(_) => Some("check the connection; the same command goes on where it stopped"),
            Self::Words(_) => Some(
                "if they were mistyped, begin anew; if they were not, another device has answered: tell your organisation's security officer",
            ),
            Self::Pending(_) => Some("it is kept, and tried again whenever this profile is online"),
            Self::Alarm(_) => Some(
                "do not go on in this room: tell your organisation's security officer what is written here",
            ),
            _ => None,
        }
    }
}
