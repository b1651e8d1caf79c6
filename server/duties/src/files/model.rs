//! The nouns of files.

use chancery_wire::{
    api,
    ids::{Digest, RoomId},
    names::Handle,
};

/// How many files a device may have begun that are not whole yet.
pub(super) const UNDER_WAY: u64 = 16;

/// A file as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct File {
    /// The room it is in.
    pub(super) room: RoomId,
    /// The account it is of.
    pub(super) handle: Handle,
    /// How far it has come.
    pub(super) state: api::FileState,
}

impl File {
    /// Whether all of it is there.
    pub(super) fn is_whole(&self) -> bool {
        self.state.next == self.state.parts
    }
}

/// A part that was put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// Its place, from 0.
    pub(super) number: u64,
    /// Its digest, under which its bytes lie.
    pub(super) digest: Digest,
    /// How many bytes it has.
    pub(super) bytes: u64,
}
