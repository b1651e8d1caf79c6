//! Change: parts of what is said of a person or group (RFC 7644, section 3.5.2).
//!
//! `PATCH /scim/v2/{kind}/{id}`, permitted by `Provisioning::"change"`, recorded as `provisioning.kept`.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
};
use chancery_floor::work::{Action, Desk};
use chancery_wire::names::{Domain, Handle};
use serde_json::{Map, Value, json};

use super::{
    Provisioning,
    create::shown,
    error::ProvisioningError as Error,
    model::Resource,
    patch,
    replace::{Which, become_of},
    said::{Answer, Said},
    take,
};
use crate::counter::{At, Organisation, Refusal, Visitor};

/// The right to change persons and groups.
#[derive(Debug)]
pub(crate) enum Change {}

impl Action for Change {
    type Resource = Organisation;
    const NAME: &'static str = r#"Provisioning::Action::"change""#;
}

/// Changes parts of a person or a group: all of the changes, or none.
#[utoipa::path(patch, path = "/scim/v2/{kind}/{id}", tag = "provisioning", operation_id = "provisioning.change",
    params(("kind" = String, Path, description = "Users or Groups."), ("id" = String, Path, description = "Which one.")),
    request_body(content = Value, content_type = "application/scim+json", description = "The changes: RFC 7644, section 3.5.2."),
    responses((status = 200, description = "As it is now.", body = Value, content_type = "application/scim+json"),
        (status = "default", description = "Refused.", body = Value, content_type = "application/scim+json")))]
pub(super) async fn handle(
    State(provisioning): State<Provisioning>,
    Visitor { desk, caller }: Visitor,
    At((kind, id)): At<(String, String)>,
    headers: HeaderMap,
    Said(said): Said,
) -> Result<Answer, Refusal> {
    desk.permit::<Change>(Organisation)?;
    let which = Which::read(&kind, &id, headers)?;
    let it = change(&desk, &caller.handle, (&which, &said), &provisioning.domain).await?;
    shown(&desk, it, StatusCode::OK).await
}

/// Changes parts of one.
pub(super) async fn change(
    desk: &Desk,
    by: &Handle,
    (which, said): (&Which, &Value),
    domain: &Domain,
) -> Result<Resource, Error> {
    let permit = desk.permit::<Change>(Organisation)?;
    let work = desk.begin(permit).await?;
    let becomes = |before: &Map<String, Value>| {
        let mut after = before.clone();
        patch::apply(which.of, said, &mut after)?;
        // What comes of it is as the schema says, too.
        after.insert("schemas".to_owned(), json!([which.of.core.id]));
        take::resource(which.of, &Value::Object(after))
    };
    become_of(work, by, which, domain, becomes).await
}
