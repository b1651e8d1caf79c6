//! List the sessions of one's own account: on which of its devices, since when and until when.
//!
//! `GET /v1/sessions`, permitted by `Signin::"list"`. Changes nothing.

use axum::Json;
use chancery_floor::work::Action;
use chancery_wire::{
    api::{OpenSession, Sessions},
    problem::Problem,
};

use super::store;
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
    let (mut from, now) = (desk.look(&permit), desk.now());
    let mut sessions = Vec::new();
    for device in accounts::devices_of(&mut from, &caller.handle).await? {
        let open = store::of(&mut from, device.device, now).await?;
        sessions.extend(open.into_iter().map(|it| OpenSession {
            session: it.session,
            device: it.device,
            opened: it.opened,
            until: it.until,
            this: it.session == caller.session,
        }));
    }
    Ok(Json(Sessions { sessions }))
}
