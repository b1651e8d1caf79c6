//! The bus: hints to whoever is connected, in process, over bounded queues; and notices from one node to the others.
//!
//! Durable truth is SQL; the bus only spares the listener from asking. A queue that is full loses hints and says for which
//! topic, and the listener reads the range. Payloads are built once and shared.

mod inbox;
pub(crate) mod notice;
mod topics;

pub use inbox::{Closed, Inbox, Tap, Turn};
pub use notice::Notice;
pub use topics::Bus;

/// Something hints are about.
pub trait Topic: Copy + Eq + std::hash::Hash + std::fmt::Debug + Send + Sync + 'static {}
impl<T: Copy + Eq + std::hash::Hash + std::fmt::Debug + Send + Sync + 'static> Topic for T {}

/// How much one listener may leave waiting.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Payloads.
    pub count: usize,
    /// Bytes.
    pub bytes: usize,
}
