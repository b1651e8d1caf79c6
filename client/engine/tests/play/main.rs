//! Engines that talk to each other through a hub in memory, which tells the truth until a test makes it lie.

mod conversation;
mod forger;
mod hostile;
mod hub;
mod person;
mod rogue;
