//! Agree to a request of somebody else's.
//!
//! `POST /v1/charter/requests/{id}/agreements` (in `gateway::agree`, which carries it out), permitted by `Charter::"agree"` and by whatever
//! the request itself has to be permitted by; recorded as `charter.agreed`. It counts once, whatever comes of it.

use chancery_floor::work::{Action, Denied, Desk, Resource as _};
use chancery_wire::ids::{Digest, RequestId};

use super::{
    CharterError, Charters,
    amend::WAITING,
    facts::Agreed,
    request_store::{self, Waiting},
};
use crate::counter::{Assurance, Caller, Granted, Organisation, Refusal};

/// The right to agree to a request.
#[derive(Debug)]
pub(crate) enum Agree {}

impl Action for Agree {
    type Resource = Organisation;
    const NAME: &'static str = r#"Charter::Action::"agree""#;
}

/// Agrees to exactly this request, which waits no more then.
pub(crate) async fn agree(
    desk: &Desk,
    charters: &Charters,
    caller: &Caller,
    (id, digest): (RequestId, Digest),
) -> Result<Waiting, Refusal> {
    let mut work = desk.begin(desk.permit::<Agree>(Organisation)?).await?;
    let since = work.at().plus_seconds(-WAITING);
    let request = request_store::find(&mut work.tx, id).await?;
    let request =
        request.filter(|it| it.asked >= since && it.digest() == digest).ok_or(CharterError::NoRequest)?;
    if request.handle == caller.handle || concerns(&request, caller) {
        return Err(CharterError::OwnRequest.into());
    }
    // Whoever agrees could have asked for it, by a role that was signed: who is in a group of the directory is not.
    let charter = charters.rights.charter(&mut work.tx, &charters.domain).await?;
    let charter = charter.ok_or(CharterError::NoRequest)?;
    let held = charter.held(&caller.handle, caller.standing, work.at());
    let granted = Granted::by(&charter, held.into_iter().map(|it| it.role));
    let assurance = Assurance { alone: false, ..caller.assurance };
    let signed = Caller { assurance, granted, ..caller.clone() }.actor();
    let could = desk.floor().policies.explain(&signed.entity, &request.act, &Organisation.entity());
    if !could.is_ok_and(|it| it.allowed) {
        return Err(Denied::Never.into());
    }
    if !request_store::take(&mut work.tx, id).await? {
        return Err(CharterError::NoRequest.into());
    }
    let (by, second) = (request.handle.clone(), caller.handle.clone());
    work.commit(&Agreed { request: id, by, second, act: request.act.clone(), digest }).await?;
    Ok(request)
}

/// Whether a request is about whoever would agree to it.
fn concerns(request: &Waiting, caller: &Caller) -> bool {
    let account = request.path.strip_prefix("/v1/accounts/").and_then(|rest| rest.split('/').next());
    account == Some(caller.handle.as_str())
}
