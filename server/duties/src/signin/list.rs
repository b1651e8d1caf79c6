//! List the sessions of one's own account: on which of its devices, since when and until when.
//!
//! `GET /v1/sessions`, permitted by `Signin::"list"`. Changes nothing.

use axum::Json;
use chancery_floor::{
    store::{Read, StoreError},
    work::Action,
};
use chancery_wire::{
    api::{OpenSession, Sessions},
    names::Handle,
    problem::Problem,
    time::Instant,
};

use super::store::{self, Kept};
use crate::{
    accounts,
    counter::{Organisation, Refusal, Visitor},
};

/// The right to list them.
#[derive(Debug)]
pub(crate) enum List {}

impl Action for List {
    type Resource = Organisation;
    const NAME: &'static str = r#"Signin::Action::"list""#;
}

/// The sessions of the calling account, by device, the newest of each first.
#[utoipa::path(get, path = "/v1/sessions", tag = "signin", operation_id = "signin.list",
    responses((status = 200, description = "The sessions.", body = Sessions),
        (status = "default", description = "Refused.", body = Problem)))]
pub(super) async fn handle(Visitor { desk, caller }: Visitor) -> Result<Json<Sessions>, Refusal> {
    let permit = desk.permit::<List>(Organisation)?;
    let open = sessions_of(&mut desk.look(&permit), &caller.handle, desk.now()).await?;
    let sessions = open.into_iter().map(|it| OpenSession {
        session: it.session,
        device: it.device,
        opened: it.opened,
        until: it.until,
        this: it.session == caller.session,
    });
    Ok(Json(Sessions { sessions: sessions.collect() }))
}

/// The sessions of an account that have not run out, by device.
pub(super) async fn sessions_of(
    from: &mut impl Read,
    handle: &Handle,
    now: Instant,
) -> Result<Vec<Kept>, StoreError> {
    let mut sessions = Vec::new();
    for device in accounts::devices_of(from, handle).await? {
        sessions.extend(store::of(from, device.device, now).await?);
    }
    Ok(sessions)
}
