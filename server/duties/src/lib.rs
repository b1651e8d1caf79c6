//! What the server does, one folder per duty; gateway composes them.
//!
//! A duty is a slice: its verbs, its nouns, its tables, its facts, its refusals. Calls go down this list and never up:
//! gateway → delivery → archive → files → rooms → passkeys → signin → providers → provisioning → devices → charter → audit → accounts →
//! counter.

pub mod accounts;
mod archive;
mod audit;
mod charter;
mod counter;
pub mod delivery;
pub mod devices;
pub mod files;
pub mod gateway;
mod passkeys;
mod providers;
mod provisioning;
pub mod rooms;
mod signin;

pub use counter::{Assurance, Caller, Granted, Refusal};
