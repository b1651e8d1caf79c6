//! What files tells the journal.

use chancery_floor::journal::{Fact, Meaning};
use chancery_wire::ids::{DeviceId, Digest, FileId, RoomId};
use serde::Serialize;

/// A file was begun.
#[derive(Debug, Serialize)]
pub(crate) struct Begun {
    /// The file.
    pub file: FileId,
    /// The room it is put into.
    pub room: RoomId,
    /// The device.
    pub by: DeviceId,
    /// How many parts it has.
    pub parts: u64,
}

impl Fact for Begun {
    const KIND: &'static str = "files.begun";
    const MEANING: &'static str =
        "a device began to put a sealed file into a room: file, room, by which device, how many parts";
}

/// A part of a file was put.
#[derive(Debug, Serialize)]
pub(crate) struct Put {
    /// The file.
    pub file: FileId,
    /// Which part.
    pub number: u64,
    /// Its digest.
    pub digest: Digest,
    /// Its size.
    pub bytes: u64,
}

impl Fact for Put {
    const KIND: &'static str = "files.put";
    const MEANING: &'static str =
        "a sealed part of a file was put: file, which part, its digest, how many bytes";
}

/// A file was deleted.
#[derive(Debug, Serialize)]
pub(crate) struct Deleted {
    /// The file.
    pub file: FileId,
    /// The room it was in.
    pub room: RoomId,
    /// The device.
    pub by: DeviceId,
    /// How many parts were deleted with it.
    pub parts: u64,
}

impl Fact for Deleted {
    const KIND: &'static str = "files.deleted";
    const MEANING: &'static str =
        "a file was deleted by the account that had put it: file, room, by which device, how many parts";
}

/// Files that were begun and not gone on with, and parts that belong to no file, were deleted.
#[derive(Debug, Serialize)]
pub(crate) struct Expired {
    /// How many files.
    pub files: u64,
}

impl Fact for Expired {
    const KIND: &'static str = "files.expired";
    const MEANING: &'static str = "files that were begun and not gone on with were deleted: how many";
}

/// Every kind of fact this duty tells.
pub(crate) const FACTS: &[Meaning] =
    &[Meaning::of::<Begun>(), Meaning::of::<Put>(), Meaning::of::<Deleted>(), Meaning::of::<Expired>()];
