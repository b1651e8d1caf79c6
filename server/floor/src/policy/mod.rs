//! Policy: may this actor do this to that? Answered by Cedar, denied unless allowed.
//!
//! Everything that knows Cedar is in this folder. Policies see kinds and attributes and no ids: so a decision can be kept
//! and used again for everybody with the same attributes, and no policy can be about one person.

mod cases;
mod cedar;
mod entity;

pub use cases::{Case, InvalidCase};
pub use cedar::{InvalidPolicies, Policies};
pub use entity::{Attribute, Entity};
