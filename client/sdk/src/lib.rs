//! Joins engine, vault and network: the façade that the command line, web and bots use.
//!
//! A [`Client`] is one profile: one device of one account, with its vault. What it is asked to do is kept in the vault
//! first and sent as soon as it can be; interrupted anywhere, the next call goes on from there.

mod client;
mod clock;
mod error;
mod files;
mod keys;
mod link;
mod live;
mod net;
mod nudge;
mod profile;
mod recover;
mod search;
mod sync;

pub use chancery_engine::{
    Alarm, Cause, Line, Link, Linking, MemberView, Opener, Progress, RoomView, Setting, Unsent, Want,
};
pub use chancery_transparency::{Bot, Kind};
pub use chancery_vault::{Erased, Identity, Message, Said, Standing, TrustedDevice, VaultKey, WishId};
pub use client::Client;
pub use error::SdkError;
pub use keys::{KeySource, Unlock};
pub use link::Compared;
pub use live::News;
pub use nudge::Nudge;
pub use profile::Profile;
pub use recover::Vouching;
