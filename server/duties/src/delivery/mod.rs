//! Delivery: submissions become entries of a room's log, and entries reach the devices of the room.
//!
//! One task writes: it takes all submissions that wait, puts them into one durable transaction, and answers and delivers
//! after it. There is no timer: while one batch is being made durable, the next one gathers. The path of one message is
//! `socket` (one frame) → `submit` (what can be checked alone) → `batch` (order, durability) → the bus → sockets.
//!
//! Invariants: an acknowledgement means durable; the same submission again gets the same answer; nothing reaches a device
//! that is no leaf of the room, but the commit that removed it.

mod acknowledge;
mod answer;
mod batch;
mod decide;
mod error;
mod expire;
mod facts;
mod fetch;
mod finish;
mod forget;
mod heads;
mod judge;
mod part;
mod plan;
mod socket;
mod stage;
mod store;
mod submit;
mod write;

pub(crate) use expire::expire;
pub(crate) use facts::FACTS;
pub(crate) use socket::Socket;
pub(crate) use stage::{Bounds, Delivery};
pub(crate) use store::MIGRATIONS;

/// How many epochs back a message may have been sealed. A constant of the protocol (`protocol/rooms.md`).
pub const PAST_EPOCHS: u64 = 1;
