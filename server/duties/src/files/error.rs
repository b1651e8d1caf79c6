//! Why files says no.

use chancery_floor::{store::StoreError, work::Denied};
use chancery_wire::problem::Code;

use crate::counter::{Refusal, Told};

/// A state in which files refuses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FilesError {
    /// The room is none of the device's, and policy has said so: as if there were none.
    #[error("there is no such room")]
    Hidden,
    /// There is no such file in the room, or it is not whole, or it is somebody else's to change: one answer.
    #[error("there is no such file")]
    NoFile,
    /// Not the part that comes next, or not of its size.
    #[error("this is not the part that comes next")]
    OtherPart,
    /// It has more parts than the server takes.
    #[error("the file is larger than this server takes")]
    TooLarge,
    /// The device has begun too many.
    #[error("this device has begun too many files that are not whole yet")]
    TooMany,
    /// Policy says no.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The store says no.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<FilesError> for Refusal {
    fn from(error: FilesError) -> Self {
        match error {
            FilesError::Hidden => Self { told: Told::Counted, ..Self::new(Code::NoRoom) },
            FilesError::NoFile => Self::new(Code::NoFile),
            FilesError::OtherPart => Self::new(Code::OtherFilePart),
            FilesError::TooLarge => Self::new(Code::LargeFile),
            FilesError::TooMany => Self::new(Code::ManyFiles),
            FilesError::Denied(denied) => denied.into(),
            FilesError::Store(error) => error.into(),
        }
    }
}
