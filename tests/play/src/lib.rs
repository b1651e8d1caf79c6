//! People, their devices and a hub in memory: what the tests of the engine and the torture play with. Nothing here is shipped.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    reason = "what tests stand on: a test that cannot go on has failed"
)]

pub mod dice;
pub mod hub;
pub mod person;
