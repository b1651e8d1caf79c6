//! The server: configuration, TLS, listeners, signals. What it does for whom is in `server/`; this puts it on a machine.
//!
//! Clock and randomness enter here and nowhere else. Nothing in this crate's dependencies can open a message.
//! [`Server::start`] and [`Server::run`] are a whole server for whoever wants one inside another process, such as a test.

pub mod arguments;
pub mod config;
mod describe;
mod health;
mod init;
mod listen;
mod logs;
mod serve;
mod server;
mod stream;
mod surroundings;
mod tls;
mod web;

pub use describe::describe;
pub use init::{InitError, init};
pub use serve::serve;
pub use server::{Renewal, Server, ServerError};
pub use surroundings::{MachineClock, MachineEntropy};
pub use tls::{Tls, TlsError};
