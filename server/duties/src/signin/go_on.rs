//! Go on: something is asked in a session in which the roles of the account are up, so they stay up for a while.
//!
//! No route; permitted by `Signin::"go-on"` to the server itself, recorded as `signin.went-on`, once a minute at most. Kept in the database,
//! because the next request may come to another node.

use chancery_floor::work::{Action, Desk};

use super::{authenticate::InUse, facts::WentOn, store};
use crate::counter::{Organisation, Refusal};

/// The right to say that a session is in use.
#[derive(Debug)]
pub(crate) enum GoOn {}

impl Action for GoOn {
    type Resource = Organisation;
    const NAME: &'static str = r#"Signin::Action::"go-on""#;
}

/// Writes down that a session is in use, unless another request has.
pub(crate) async fn go_on(desk: &Desk, InUse { device, session }: InUse) -> Result<(), Refusal> {
    let permit = desk.permit::<GoOn>(Organisation)?;
    let mut work = desk.begin(permit).await?;
    let at = work.at();
    if store::mark_used(&mut work.tx, session, at).await? {
        work.commit(&WentOn { device, session }).await?;
    }
    Ok(())
}
