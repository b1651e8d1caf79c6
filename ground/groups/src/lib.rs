//! Suites, the public face of a room's MLS group, and the one answer to: is this commit allowed?
//!
//! Server and clients run this same code: the server before it accepts a commit, every client before it merges one. It
//! is pure and knows public values only; what opens a message lives in `client/engine`.

mod breach;
mod change;
mod face;
mod judge;
mod key_package;
mod leaf;
mod leave;
mod meet;
mod sealed;
mod snapshot;
pub mod suites;

pub use breach::Breach;
pub use change::{Author, Change, Deed};
pub use face::Face;
pub use judge::judge;
pub use key_package::{KEY_PACKAGE_DAYS, Offer, check_key_package};
pub use leaf::{Leaf, POLICY_EXTENSION, policy_of, roster};
pub use leave::{leave, leaving, may_leave};
pub use meet::{Company, bridged, meet};
pub use sealed::sealed_epoch;
