//! Guests: those who take part from outside.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{ids::RoomId, names::Handle, time::Instant};

/// The guests of the organisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Guests {
    /// They, by name.
    pub guests: Vec<Guest>,
}

/// Somebody who takes part from outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Guest {
    /// The account.
    pub account: Handle,
    /// Who answers for it.
    pub sponsor: Handle,
    /// The rooms it may come into.
    pub rooms: Vec<RoomId>,
    /// Until when it may do anything.
    pub until: Instant,
    /// Whether that is over.
    pub over: bool,
    /// Whether it is suspended.
    pub suspended: bool,
    /// Whether its sponsor is suspended: then nobody answers for it, and it is not heard until somebody does.
    pub orphaned: bool,
}
