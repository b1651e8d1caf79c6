//! Work: permit → begin → commit(fact). No permit, no change; no fact, no commit: the compiler keeps both.

mod begun;
mod desk;
mod permit;

pub use begun::Work;
pub use desk::{Actor, Denied, Desk, Floor, Trail};
pub use permit::{Action, Permit, Resource};
