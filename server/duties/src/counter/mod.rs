//! The counter: where every request is received. Who asks, what is asked, and how a refusal is worded.

mod ask;
mod caller;
mod date;
mod plane;
mod refusal;

pub(crate) use ask::{Anybody, Ask, At, BODY_LIMIT, Visitor, json_body, place};
pub(crate) use caller::Organisation;
pub(crate) use caller::Whose;
pub use caller::{Assurance, Caller, Granted};
pub(crate) use date::{http_date, read_rfc3339, rfc3339};
pub(crate) use plane::Plane;
pub use refusal::Refusal;
pub(crate) use refusal::Told;
