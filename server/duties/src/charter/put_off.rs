//! Put a request off: it is made again as it is once another person has agreed to it.
//!
//! Not asked for by anybody: it is what becomes of a request that is allowed but for that (`gateway/receive.rs`). Permitted by
//! `Charter::"put-off"`, recorded as `charter.put-off`.

use chancery_floor::work::{Action, Desk};
use chancery_wire::{api::PutOff, ids::RequestId, problem::Code};

use super::{
    amend::WAITING,
    facts::RequestPutOff,
    request_store::{self, Waiting},
};
use crate::counter::{Caller, Organisation, Refusal};

/// How many requests wait at most.
const REQUESTS: usize = 64;
/// The largest body that waits, in bytes.
const BODY: usize = 64 * 1024;

/// The right to have a request wait for another person.
#[derive(Debug)]
pub(crate) enum PutOffRequest {}

impl Action for PutOffRequest {
    type Resource = Organisation;
    const NAME: &'static str = r#"Charter::Action::"put-off""#;
}

/// Keeps a request that was refused for want of another person. The same one twice waits once.
pub(crate) async fn put_off(
    desk: &Desk,
    caller: &Caller,
    act: &'static str,
    (method, path, body): (&str, &str, &[u8]),
) -> Result<PutOff, Refusal> {
    let mut work = desk.begin(desk.permit::<PutOffRequest>(Organisation)?).await?;
    let (id, asked) = (RequestId(work.fresh()), work.at());
    let request = Waiting {
        id,
        asked,
        handle: caller.handle.clone(),
        device: caller.device,
        session: caller.session,
        zone: caller.zone.as_deref().unwrap_or_default().to_owned(),
        act: act.to_owned(),
        method: method.to_owned(),
        path: path.to_owned(),
        body: body.to_vec(),
    };
    let since = asked.plus_seconds(-WAITING);
    request_store::forget(&mut work.tx, since).await?;
    let all = request_store::since(&mut work.tx, since).await?;
    if let Some(kept) = all.iter().find(|it| it.act_of() == request.act_of()) {
        return Ok(PutOff { request: kept.id });
    }
    if all.len() >= REQUESTS {
        let why = "as many requests wait as may: agree to some, or decline them";
        return Err(Refusal::because(Code::TakesTwo, &why));
    }
    // Whom it is about is read from the path as it is.
    if body.len() > BODY || path.contains('%') {
        return Err(Refusal::because(
            Code::Malformed,
            &"this request cannot wait for another person: it is too large, or its path is encoded",
        ));
    }
    request_store::keep(&mut work.tx, &request).await?;
    let told = RequestPutOff {
        request: id,
        by: caller.handle.clone(),
        act: act.to_owned(),
        digest: request.digest(),
    };
    work.commit(&told).await?;
    Ok(PutOff { request: id })
}
