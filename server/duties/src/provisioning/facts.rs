//! What the directory tells the journal: which account, and never what a person is called.

use chancery_floor::journal::{Fact, Meaning};
use chancery_wire::{ids::ResourceId, names::Handle};
use serde::Serialize;

/// The directory knows somebody, or something else of somebody.
#[derive(Debug, Serialize)]
pub(crate) struct Kept {
    /// Its id.
    pub resource: ResourceId,
    /// Whether it is a person or a group.
    pub of: &'static str,
    /// How often it was changed.
    pub version: u64,
    /// The person's account, where the name can be one's.
    pub handle: Option<Handle>,
    /// Whether the person belongs to the organisation.
    pub active: bool,
    /// The directory's account.
    pub by: Handle,
}

impl Fact for Kept {
    const KIND: &'static str = "provisioning.kept";
    const MEANING: &'static str = "the directory has made or changed a person or group: id, which of both, version, the person's account, whether the person belongs to the organisation, by which program";
}

/// The directory knows somebody no more.
#[derive(Debug, Serialize)]
pub(crate) struct Deleted {
    /// Its id.
    pub resource: ResourceId,
    /// Whether it was a person or a group.
    pub of: &'static str,
    /// The person's account.
    pub handle: Option<Handle>,
    /// The directory's account.
    pub by: Handle,
}

impl Fact for Deleted {
    const KIND: &'static str = "provisioning.deleted";
    const MEANING: &'static str = "the directory has deleted a person or group: id, which of both, the person's account, which is suspended then, by which program";
}

/// Every kind of fact this duty tells.
pub(crate) const FACTS: &[Meaning] = &[Meaning::of::<Kept>(), Meaning::of::<Deleted>()];
