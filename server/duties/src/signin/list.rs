//! List the sessions of one's own account, or of another one: on which of its devices, since when and until when.
//!
//! `GET /v1/sessions`, permitted by `Signin::"list"`, and `GET /v1/accounts/{handle}/sessions` by `Signin::"list-others"`. Changes
//! nothing.

use axum::Json;
use chancery_floor::{
    store::{Read, StoreError},
    work::Action,
};
use chancery_wire::{
    api::{OpenSession, Sessions},
    names::Handle,
    problem::{Code, Problem},
    time::Instant,
};

use super::store::{self, Kept};
use crate::{
    accounts,
    counter::{At, Caller, Organisation, Refusal, Visitor},
};

/// The right to list them.
#[derive(Debug)]
pub(crate) enum List {}

impl Action for List {
    type Resource = Organisation;
    const NAME: &'static str = r#"Signin::Action::"list""#;
}

/// The right to list those of another account.
#[derive(Debug)]
pub(crate) enum ListOthers {}

impl Action for ListOthers {
    type Resource = Organisation;
    const NAME: &'static str = r#"Signin::Action::"list-others""#;
}

/// The sessions of an account, by device, the newest of each first.
#[utoipa::path(get, path = "/v1/accounts/{handle}/sessions", tag = "signin", operation_id = "signin.list-others",
    params(("handle" = Handle, Path, description = "The account.")),
    responses((status = 200, description = "The sessions.", body = Sessions),
        (status = "default", description = "Refused.", body = Problem)))]
pub(super) async fn of_others(
    Visitor { desk, caller }: Visitor,
    At(handle): At<Handle>,
) -> Result<Json<Sessions>, Refusal> {
    let permit = desk.permit::<ListOthers>(Organisation)?;
    if accounts::all_devices_of(&mut desk.look(&permit), &handle).await?.is_empty() {
        return Err(Refusal::new(Code::NoAccount));
    }
    let open = sessions_of(&mut desk.look(&permit), &handle, desk.now()).await?;
    Ok(Json(shown(open, &caller)))
}

/// The sessions of the calling account, by device, the newest of each first.
#[utoipa::path(get, path = "/v1/sessions", tag = "signin", operation_id = "signin.list",
    responses((status = 200, description = "The sessions.", body = Sessions),
        (status = "default", description = "Refused.", body = Problem)))]
pub(super) async fn handle(Visitor { desk, caller }: Visitor) -> Result<Json<Sessions>, Refusal> {
    let permit = desk.permit::<List>(Organisation)?;
    let open = sessions_of(&mut desk.look(&permit), &caller.handle, desk.now()).await?;
    Ok(Json(shown(open, &caller)))
}

fn shown(open: Vec<Kept>, caller: &Caller) -> Sessions {
    let sessions = open.into_iter().map(|it| OpenSession {
        session: it.session,
        device: it.device,
        opened: it.opened,
        until: it.until,
        this: it.session == caller.session,
        administration: it.administration,
    });
    Sessions { sessions: sessions.collect() }
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
