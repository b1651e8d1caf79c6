//! Why rooms says no.

use chancery_floor::{store::StoreError, work::Denied};
use chancery_groups::Breach;
use chancery_wire::problem::Code;

use crate::counter::{Refusal, Told};

/// A state in which rooms refuses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RoomsError {
    /// There is no such room, or it is none of the device's: one answer.
    #[error("there is no such room")]
    NoRoom,
    /// It is none of the device's, and policy has said so: the same answer, counted already.
    #[error("there is no such room")]
    Hidden,
    /// The id is taken by another room.
    #[error("the room's id is taken")]
    Taken,
    /// The room does not start as a room must.
    #[error("{0}")]
    BadRoom(#[from] Breach),
    /// Its one leaf is not the device that opens it.
    #[error("the room's first leaf is not the device that opens it")]
    Foreign,
    /// The room was not looked at to the end, as when the server stops.
    #[error("the room was not looked at to the end")]
    Unread,
    /// Policy says no.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The store says no.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<RoomsError> for Refusal {
    fn from(error: RoomsError) -> Self {
        match error {
            RoomsError::NoRoom => Self::new(Code::NoRoom),
            RoomsError::Hidden => Self { told: Told::Counted, ..Self::new(Code::NoRoom) },
            RoomsError::Taken => Self::new(Code::RoomTaken),
            RoomsError::BadRoom(_) | RoomsError::Foreign => Self::because(Code::BadRoom, &error),
            RoomsError::Unread => Self::new(Code::Failed),
            RoomsError::Denied(denied) => denied.into(),
            RoomsError::Store(error) => error.into(),
        }
    }
}
