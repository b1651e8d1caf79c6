//! Policy: may this actor do this to that? Answered by Cedar, denied unless allowed.
//!
//! Everything that knows Cedar is in this folder. Policies see kinds, attributes and groups, and nobody's id: so a decision can be kept
//! and used again for everybody who is alike, and no policy can be about one person.

mod cases;
mod cedar;
mod entity;

pub use cases::{Case, InvalidCase};
pub use cedar::{Answer, InvalidPolicies, InvalidRule, Policies};
pub use entity::{Attribute, Entity};
