//! List the requests that wait for another person.
//!
//! `GET /v1/charter/requests` (in `gateway::agree`, which says in words what each does), permitted by `Charter::"list-requests"`. Changes
//! nothing.

use chancery_floor::{
    store::{Read, StoreError},
    work::{Action, Desk},
};
use chancery_wire::ids::RequestId;

use super::{
    amend::WAITING,
    request_store::{self, Waiting},
};
use crate::counter::{Organisation, Refusal};

/// The right to list them.
#[derive(Debug)]
pub(crate) enum ListRequests {}

impl Action for ListRequests {
    type Resource = Organisation;
    const NAME: &'static str = r#"Charter::Action::"list-requests""#;
}

/// A request that waits, for whoever is about to agree to it.
pub(crate) async fn request(from: &mut impl Read, id: RequestId) -> Result<Option<Waiting>, StoreError> {
    request_store::find(from, id).await
}

/// The requests that wait for another person, the oldest first.
pub(crate) async fn requests(desk: &Desk) -> Result<Vec<Waiting>, Refusal> {
    let permit = desk.permit::<ListRequests>(Organisation)?;
    let since = desk.now().plus_seconds(-WAITING);
    Ok(request_store::since(&mut desk.look(&permit), since).await?)
}
