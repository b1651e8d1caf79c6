//! Engines that talk to each other through a hub in memory, which tells the truth until a test makes it lie.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    reason = "a test that cannot go on has failed"
)]

use chancery_play::{hub, person};

mod archive;
mod charter;
mod conversation;
mod devices;
mod forger;
mod history;
mod hostile;
mod marks;
mod names;
mod rogue;
mod speaking;
