//! A whole house with its door open: what is asked of it, by whom, and what it answers.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unreachable,
    reason = "a test that cannot go on has failed"
)]

mod archive;
mod authenticator;
mod bad_input;
mod barriers;
mod charter;
mod contract;
mod door;
mod files;
mod filled_rooms;
mod guests;
mod history;
mod limits;
mod nodes;
mod page;
mod passkey_rules;
mod passkeys;
mod planes;
mod provider_flow;
mod providers;
mod provisioning;
mod recovery;
mod requests;
mod sessions;
mod suspensions;
mod thieves;
mod trees;
