//! Why delivery says no.

use chancery_floor::{store::StoreError, work::Denied};
use chancery_groups::Breach;
use chancery_wire::problem::Code;

use crate::counter::{Refusal, Told};

/// A state in which delivery refuses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DeliveryError {
    /// There is no such room, or it is none of the device's, and policy has said so: one answer.
    #[error("there is no such room")]
    NoRoom,
    /// It was made for another epoch.
    #[error("the room has moved on since this was made")]
    WrongEpoch,
    /// The handshake breaks the rules.
    #[error("{0}")]
    Breach(Breach),
    /// The handshake brings somebody in by a charter that was amended since.
    #[error("the charter was amended since this was made")]
    OldCharter,
    /// Two are in the room who may not meet.
    #[error("people are in this room who may not meet: nothing is said here until some of them have gone")]
    Apart,
    /// The handshake is somebody else's.
    #[error("another device made this than the one that submits it")]
    SomebodyElses,
    /// A device that would be added is not known, or has another key.
    #[error("a device that would be added is not known by this key")]
    UnknownDevice,
    /// Somebody would be in a room with others who looks after the organisation.
    #[error(
        "who looks after your organisation talks with an account of their own, and comes into no room with this one"
    )]
    LooksAfter,
    /// The message is not sealed for this room.
    #[error("the message is not sealed for this room")]
    NotSealed,
    /// The frame does not fit together.
    #[error("{0}")]
    Malformed(&'static str),
    /// A part is larger than its limit.
    #[error("a part of the submission is larger than its limit")]
    TooLarge,
    /// The submission's id was used for something else.
    #[error("the submission's id was used for something else")]
    IdReused,
    /// The device has as many connections as it may.
    #[error("the device has as many connections as it may")]
    TooManyConnections,
    /// The server is stopping, or cannot keep up.
    #[error("the server is stopping or too busy")]
    Busy,
    /// Policy says no.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The store says no.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Breach> for DeliveryError {
    fn from(breach: Breach) -> Self {
        match breach {
            Breach::OtherEpoch => Self::WrongEpoch,
            Breach::OldCharter { .. } => Self::OldCharter,
            other => Self::Breach(other),
        }
    }
}

impl From<DeliveryError> for Refusal {
    fn from(error: DeliveryError) -> Self {
        use DeliveryError as E;
        match error {
            E::NoRoom => Self { told: Told::Counted, ..Self::new(Code::NoRoom) },
            E::WrongEpoch => Self::new(Code::WrongEpoch),
            E::OldCharter => Self::new(Code::OldCharter),
            E::Apart => Self::new(Code::Apart),
            E::Breach(_) | E::SomebodyElses | E::UnknownDevice | E::LooksAfter => {
                Self::because(Code::Refused, &error)
            }
            E::NotSealed => Self::new(Code::NotSealed),
            E::Malformed(_) => Self::because(Code::Malformed, &error),
            E::TooLarge => Self::because(Code::TooLarge, &error),
            E::IdReused => Self::new(Code::IdReused),
            E::TooManyConnections => Self::because(Code::TooMany, &error),
            E::Busy => Self::new(Code::Busy),
            E::Denied(denied) => denied.into(),
            E::Store(error) => error.into(),
        }
    }
}
