//! Why a handshake or a room is refused: every rule has its name.

use chancery_wire::{
    names::{Handle, InvalidName, RoleName},
    policy::InvalidPolicy,
};

use crate::change::Deed;

/// What is wrong with a handshake, seen against the room it claims to be for. Log-safe.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Breach {
    /// The bytes are no MLS message of the expected kind.
    #[error("the bytes are not the MLS message they should be")]
    Malformed,
    /// It is for another room.
    #[error("it was made for another room")]
    OtherRoom,
    /// It is for another epoch than the room's current one.
    #[error("it was made for another epoch")]
    OtherEpoch,
    /// MLS itself refuses it: a signature, tag, tree or key that does not hold.
    #[error("it does not hold: MLS refuses it")]
    Invalid,
    /// The suite is not one the registry lets rooms use.
    #[error("the cipher suite is not one that may be used")]
    Suite,
    /// A leaf's credential is no device name.
    #[error("a leaf does not name a device")]
    Name,
    /// The room has no policy, or one that cannot be followed.
    #[error("{0}")]
    Policy(#[from] InvalidPolicy),
    /// A room must start with one leaf, its owner's.
    #[error("a room starts with its owner alone")]
    NotAlone,
    /// A proposal or extension of a kind rooms do not use.
    #[error("it contains something rooms do not use")]
    Unknown,
    /// The author's role does not reach.
    #[error("{who} may not {what} here")]
    NotAllowed {
        /// Who tried.
        who: Handle,
        /// What was tried, in words.
        what: Deed,
    },
    /// Somebody was to be removed who is not lower in role.
    #[error("{whom} cannot be removed by somebody whose role is not higher")]
    Protected {
        /// Who was to be removed.
        whom: Handle,
    },
    /// Somebody would lose the place in the room, or keep one, without a cause.
    #[error("{whom} would be away without a cause, or would not be away with one")]
    Away {
        /// Whose place it is.
        whom: Handle,
    },
    /// Somebody leaves, and would still have a device in the room.
    #[error("{who} leaves, and would still have a device in the room")]
    Leaves {
        /// Who leaves.
        who: Handle,
    },
    /// The same device twice, or one that is there already.
    #[error("a device would be in the room twice")]
    Twice,
    /// Somebody else's device in the room of an account's own devices.
    #[error("only the devices of one account may be in this room")]
    NotOwn,
    /// A leaf of another organisation.
    #[error("a leaf belongs to another organisation")]
    Foreign,
    /// Two who may not meet would be in the room together.
    #[error(
        "{one} ({of_one}) and {other} ({of_other}) may not be in one room: a barrier of the organisation stands between them"
    )]
    Apart {
        /// One of them.
        one: Handle,
        /// To what that one belongs.
        of_one: RoleName,
        /// The other one.
        other: Handle,
        /// To what that one belongs.
        of_other: RoleName,
    },
    /// A guest comes into a room that is none of theirs.
    #[error("{who} is a guest, and may not come into this room, or not any more")]
    GuestElsewhere {
        /// The guest.
        who: Handle,
    },
    /// Somebody came in by a charter that was amended before.
    #[error(
        "somebody came in by the charter as it was at amendment {at}, after somebody had spoken here who knew of {known}: the server held it back, or a program of a member lies"
    )]
    OldCharter {
        /// The number that was gone by.
        at: u64,
        /// The number that had to be gone by.
        known: u64,
    },
    /// The room goes by an amendment that does not exist.
    #[error("the room goes by amendment {at} of the charter, and there is none")]
    NoCharter {
        /// The number that was gone by.
        at: u64,
    },
    /// A member changed its own name or key inside the room.
    #[error("a leaf changed its name or its signature key")]
    Impostor,
    /// Somebody came in without being added, and is not a device coming back.
    #[error("a device came in that nobody added")]
    Uninvited,
    /// A device that comes back removed somebody else's leaf (compare CVE-2026-71890).
    #[error("a device that comes back may remove only its own former leaf")]
    RemovesAnother,
    /// Somebody would be left in the room, and nobody who owns it.
    #[error("the room would be left without an owner")]
    NoOwner,
    /// The policy would lose its floor, its class or its last owner.
    #[error("the policy may not be changed in this way")]
    PolicyChange,
    /// A key package that has run out, or is to live longer than the rules allow.
    #[error("the key package has run out or lives longer than {days} days")]
    Lifetime {
        /// The longest life, in days.
        days: i64,
    },
}

impl From<InvalidName> for Breach {
    fn from(_: InvalidName) -> Self {
        Self::Name
    }
}
