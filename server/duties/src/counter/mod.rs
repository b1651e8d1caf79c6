//! The counter: where every request is received. Who asks, what is asked, and how a refusal is worded.

mod ask;
mod caller;
mod refusal;

pub(crate) use ask::{Anybody, Ask, At, Visitor};
pub(crate) use caller::Organisation;
pub use caller::{Assurance, Caller};
pub use refusal::Refusal;
pub(crate) use refusal::Told;
