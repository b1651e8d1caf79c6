//! Causes: why a message could not be opened. Each is counted; the room itself goes on.

use std::fmt;

/// Why a message could not be opened. The words are stored and never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Its body was deleted before this device fetched it.
    Expired,
    /// It was sent while this device had lost the room's keys; it has come back since.
    WhileLost,
    /// It was sent by another copy of this device, such as one whose vault was restored from an old image.
    OtherCopy,
    /// It is a copy of an earlier message; the earlier one was opened.
    Replayed,
    /// Its sender sent it twice; the first was shown.
    Repeated,
    /// It was sealed in an epoch whose keys are gone.
    OldEpoch,
    /// Its sender had been removed from the room.
    SenderGone,
    /// It does not open: it was damaged, or not made for this room.
    Damaged,
    /// Its sender may not say that in this room, such as give it a name.
    NotAllowed,
    /// It opened, and is not in a format this version knows.
    UnknownContent,
}

impl Cause {
    /// Every cause.
    pub const ALL: [Self; 10] = [
        Self::Expired,
        Self::WhileLost,
        Self::OtherCopy,
        Self::Replayed,
        Self::Repeated,
        Self::OldEpoch,
        Self::SenderGone,
        Self::Damaged,
        Self::NotAllowed,
        Self::UnknownContent,
    ];

    /// The stable word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::WhileLost => "while-lost",
            Self::OtherCopy => "other-copy",
            Self::Replayed => "replayed",
            Self::Repeated => "repeated",
            Self::OldEpoch => "old-epoch",
            Self::SenderGone => "sender-gone",
            Self::Damaged => "damaged",
            Self::NotAllowed => "not-allowed",
            Self::UnknownContent => "unknown-content",
        }
    }

    /// Whether a person misses something: copies of what was shown are only counted.
    #[must_use]
    pub fn is_loss(self) -> bool {
        !matches!(self, Self::Replayed | Self::Repeated)
    }

    /// Reads a cause back from its word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.as_str() == word)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Expired => "it was deleted from the server before this device was there to fetch it",
            Self::WhileLost => "it was sent while this device had lost the keys of the room",
            Self::OtherCopy => "it was sent by another copy of this device",
            Self::Replayed => "it repeats an earlier message that was opened",
            Self::Repeated => "its sender sent it twice",
            Self::OldEpoch => "it was sealed too long ago",
            Self::SenderGone => "its sender had been removed from the room",
            Self::NotAllowed => "its sender may not do that in this room",
            Self::Damaged => "it was damaged, or not made for this room",
            Self::UnknownContent => "a newer program wrote it: update this one",
        })
    }
}
