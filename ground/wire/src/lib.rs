//! Everything that crosses a socket: ids, API, frames, content, room policy, refusals.
//!
//! Pure data: no I/O, no clock, no randomness, no keys that open anything. Both sides parse with these types and
//! trust what they parsed; the documents in `protocol/` describe every byte written here.

pub mod api;
pub mod archive;
pub mod bytes;
pub mod content;
pub mod files;
pub mod frames;
pub mod ids;
pub mod names;
pub mod policy;
pub mod problem;
pub mod time;

#[cfg(test)]
mod vector;
