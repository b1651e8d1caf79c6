//! Joins engine, vault and network: the façade that the command line, web and bots use.
//!
//! # A bot in thirty lines
//!
//! `examples/bot.rs` answers "ping" with "pong"; `examples/webhook.rs` says what is posted to it on loopback, sealed on this very machine. A bot is
//! an account like any other, and is invited as one ([`AccountKind::Bot`]): everybody in its rooms sees who answers for it and what it is for. It
//! reads the rooms it was added to and nothing else, and there is no way to say anything unsealed.
//!
//! ```no_run
//! # async fn hello() -> Result<(), Box<dyn std::error::Error>> {
//! use std::{path::Path, time::Duration};
//! use chancery_sdk::{Client, Profile, SdkError, Want};
//! use chancery_wire::content::{TEXT_LIMIT, Written};
//!
//! let profile = Profile::new(Path::new("/srv/chancery"), "pager")?;
//! let key = profile.source()?.key(|| Err(SdkError::NoKeyring("lock it with a key file".to_owned())))?;
//! let mut client = Client::open(&profile, &key, None)?;
//! let room = client.find_room("Ward 7")?.id;
//! // Kept first: from here on it survives anything.
//! client.want(room, Want::Say(Written::parse("bed 3 is free", TEXT_LIMIT)?))?;
//! client.sync(Duration::from_secs(20), &mut |_| {}).await?;
//! # Ok(()) }
//! ```
//!
//! # What it is
//!
//! A [`Client`] is one profile: one device of one account, with its vault. What it is asked to do is kept in the vault
//! first and sent as soon as it can be; interrupted anywhere, the next call goes on from there.

mod charter;
mod client;
mod clock;
mod directory;
mod error;
mod files;
mod heard;
mod history;
mod keys;
mod link;
mod live;
mod net;
mod nudge;
mod passkeys;
#[cfg(not(target_family = "wasm"))]
mod profile;
#[cfg(not(target_family = "wasm"))]
mod provider;
mod recover;
mod search;
mod sessions;
mod suspend;
mod sync;

pub use chancery_engine::{
    Alarm, AwayView, Cause, Filled, Line, Link, Linking, MemberView, Opener, Progress, RoomView, Setting,
    Signed, Unsent, Want,
};
pub use chancery_transparency::{
    AccountKind, Amendment, Bot, BuiltIn, Change, Charter, Conflict, Emergency, Guest, Permission, Provider,
    Scope,
};
pub use chancery_vault::{
    Erased, Identity, Message, Said, Standing, TrustedBot, TrustedDevice, TrustedGuest, VaultKey, WishId,
};
pub use client::Client;
pub use directory::{Filling, Passed, Settled};
pub use error::SdkError;
#[cfg(not(target_family = "wasm"))]
pub use keys::{KeySource, Unlock};
pub use keys::{Lock, Opens};
pub use link::Compared;
pub use live::News;
pub use nudge::Nudge;
pub use passkeys::AskOwner;
#[cfg(not(target_family = "wasm"))]
pub use profile::Profile;
#[cfg(not(target_family = "wasm"))]
pub use provider::{TrustedProvider, Visit};
pub use recover::Vouching;
