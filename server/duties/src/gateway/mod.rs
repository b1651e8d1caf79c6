//! Gateway: puts the duties together into one house with one door.
//!
//! It knows every duty and no rule. What comes in is authenticated, bounded and counted here; what goes wrong comes out as
//! one problem format. `House` is all that a program needs; the rest describes the house for documents.

mod agree;
mod amend;
mod approve;
mod come_back;
mod describe;
mod end_session;
mod explain;
mod follow;
mod guests;
mod house;
mod limit;
mod link;
mod pend;
mod receive;
mod recovery_key;
mod revoke;
mod routes;
mod settings;
mod stream;
mod suspend;
mod sweep;
mod tasks;

pub use describe::{facts, migrations, openapi, schema};
pub use house::{House, HouseError};
pub use limit::Peer;
pub use settings::{Administration, Settings};

pub use crate::passkeys::{
    InvalidMetadata, InvalidModels, Level, MetadataFile, Models, PasskeyRule, PasskeySettings,
};
