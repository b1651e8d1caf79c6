//! Refusals on the wire: RFC 9457 problems with a stable code.

use serde::{Deserialize, Serialize};

/// Why a request was refused, in the form of RFC 9457 (`application/problem+json`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Problem {
    /// The HTTP status, repeated so that the body stands alone.
    pub status: u16,
    /// A stable code such as `rooms.not-found`; `protocol/errors.md` lists them all.
    pub code: String,
    /// What is the matter, for a person. Never contains what a person wrote.
    pub title: String,
    /// What to do about it, when there is something to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}
