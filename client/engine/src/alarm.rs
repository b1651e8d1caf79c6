//! Alarms: what a server that tells the truth never shows. A room in which one was raised is stopped.

use chancery_groups::Breach;
use chancery_wire::names::Handle;

use crate::trust::Distrust;

/// Something in a room that must not be. The text is what the person is told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Alarm {
    /// An entry of the log is missing.
    #[error("the server left out a part of this room's log")]
    Gap,
    /// An entry does not follow from those before it.
    #[error("the server changed or reordered this room's log: its chain does not hold")]
    Chain,
    /// A body is not the one the log names.
    #[error("the server changed the body of an entry in this room's log")]
    Body,
    /// The log ends before what was already seen, or an entry seen before reads differently now.
    #[error("the server rolled this room back to an earlier time")]
    RolledBack,
    /// Another member saw another log, or says so.
    #[error("{0} was shown a different history of this room: the server forked it, or {0}'s program lies")]
    Forked(Handle),
    /// A sender claims to have seen what did not exist yet.
    #[error(
        "a message of {0} speaks of what came after it: the server reordered the room, or {0}'s program lies"
    )]
    Reordered(Handle),
    /// A device that comes back was offered another state of the room than the one its log leads to.
    #[error("the server led this device back into another room than the one its log leads to")]
    Elsewhere,
    /// A submission was acknowledged and is not where it was promised.
    #[error("the server acknowledged a message and then did not put it into the room")]
    Dropped,
    /// The body of an own submission was replaced.
    #[error("the server replaced something this device sent")]
    Replaced,
    /// Something unsealed stands where a sealed message must.
    #[error("the server put something into the room that is not a sealed message")]
    NotSealed,
    /// A handshake breaks the rules of the room, which every server checks first.
    #[error("a change of the room was shown that its rules forbid: {0}")]
    Breach(#[from] Breach),
    /// A device was shown that nobody vouches for.
    #[error("{0}")]
    Distrust(#[from] Distrust),
}
