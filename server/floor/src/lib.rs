//! The floor every duty stands on: store, blobs, bus, policy, journal, work, limits.
//!
//! Nothing here knows what a room or an account is. It promises four things: one SQL text runs on both databases; nothing
//! changes without a permit; nothing is committed without a fact; and what was acknowledged is durable.

pub mod blobs;
pub mod bus;
pub mod clock;
pub mod journal;
pub mod limit;
pub mod policy;
pub mod store;
pub mod work;
