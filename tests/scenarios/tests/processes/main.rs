//! Scenarios with real processes: the built server, the built command line, and talkers, killed and starved.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod attack;
mod chat;
mod devices;
mod directory;
mod disk;
mod files;
mod functions;
mod kill;
mod misuse;
mod nodes;
mod place;
mod talker;
mod terminal;
mod walk;
mod web;
