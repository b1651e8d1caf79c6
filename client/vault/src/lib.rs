//! Everything a device keeps, in one encrypted SQLite: identity, MLS state, rooms, messages, wishes, trust.
//!
//! One change of the device is one [`Step`]: a transaction that holds all of it or nothing. Several programs may have the
//! same vault open; steps queue. Nothing here talks to a network, reads a clock or decides anything.

mod archive;
mod charter;
mod directory;
mod error;
mod files;
mod history;
mod identity;
mod key;
mod marks;
mod messages;
mod mls;
mod open;
mod outbox;
mod rooms;
mod step;
mod trust;

pub use archive::{Block, Found};
pub use directory::FilledRoom;
pub use error::VaultError;
pub use files::Upload;
pub use history::{Piece, To, ToldPiece};
pub use identity::{Identity, SigningSeed};
pub use key::VaultKey;
pub use messages::{Erased, Message, Said, Search};
pub use mls::MlsStore;
pub use outbox::{Sealed, WishId, Wished};
pub use rooms::{Room, Standing, Title};
pub use step::{Step, Vault};
pub use trust::{TrustedBot, TrustedDevice, TrustedGuest};
