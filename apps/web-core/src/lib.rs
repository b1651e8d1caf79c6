//! What the web client runs in its worker: `client/sdk`, as a page asks it. No decisions are made here.
//!
//! A page says what it wants as one [`Ask`] and is answered with one value; what happens by itself is told as [`Event`]s. Both are JSON, and
//! `web/core/words.ts` has the same words. `browser` is all that knows that there is a browser.

mod ask;
#[cfg(target_family = "wasm")]
pub mod browser;
mod event;
mod trouble;
mod view;

pub use ask::{Ask, perform};
pub use event::Event;
pub use trouble::Trouble;
