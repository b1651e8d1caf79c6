//! Accounts that are suspended.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{bytes::Opaque, ids::RoomId, names::Handle};

/// Suspends an account, or restores it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Suspend {
    /// The next entry of the account's device chain, by an officer's device or the directory's.
    pub entry: Opaque,
}

/// How an account is suspended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Suspension {
    /// The account.
    pub handle: Handle,
    /// Who has suspended it: `officer` or `directory`; left out when it is not suspended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended: Option<String>,
    /// The rooms in which that is not carried out yet: its devices still are there, or are not back yet.
    pub pending: Vec<RoomId>,
}

/// The accounts that are suspended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Suspensions {
    /// Them.
    pub suspended: Vec<Suspension>,
}

/// The accounts that stand otherwise than the directory says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Waiting {
    /// Those that are to be suspended.
    pub suspend: Vec<Handle>,
    /// Those that are to be restored.
    pub restore: Vec<Handle>,
    /// Those that belong to the organisation no more and that only an officer may suspend.
    pub officers: Vec<Handle>,
}
