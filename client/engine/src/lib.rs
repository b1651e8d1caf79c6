//! What a device does: one event, one vault transaction, one outcome. No network, no clock.
//!
//! Events come in as method calls on [`Engine`]: a wish of the person, entries of a room's log, an answer of the server,
//! a tick. Each changes the vault in exactly one transaction and says what to send and what to show. A crash anywhere
//! replays to the same place: wishes are kept before anything is sent, and what is sent is kept before it leaves.

mod alarm;
mod answer;
mod archive;
mod cause;
mod charter;
mod come_back;
mod directory;
mod drafts;
mod engine;
mod enrol;
mod entropy;
mod error;
mod files;
mod history;
mod invite;
mod join;
mod leaving;
mod link;
mod linking;
mod mend;
mod mls;
mod names;
mod open;
mod outgoing;
mod packages;
mod provider;
mod read;
mod receive;
mod recover;
mod reports;
mod revoke;
mod seal;
mod show;
mod suspend;
mod trust;
mod wish;

pub use alarm::Alarm;
pub use archive::SealedBlock;
pub use cause::Cause;
pub use charter::Needs;
pub use directory::{Filled, Heard, Shown};
pub use engine::Engine;
pub use entropy::Entropy;
pub use error::EngineError;
pub use files::{FileHere, open_chunk};
pub use history::{Telling, Told};
pub use join::Joined;
pub use link::{InvalidLink, Link, Opener};
pub use linking::{Asking, Linking};
pub use outgoing::Out;
pub use provider::{NewProvider, Newcomer, Signed};
pub use read::Line;
pub use receive::Received;
pub use show::{AwayView, MemberView, Progress, RoomView, Unsent};
pub use trust::Distrust;
pub use wish::{Setting, Want};
