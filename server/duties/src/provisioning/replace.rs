//! Replace: what is said of a person or group takes the place of what was said before (RFC 7644, section 3.5.1).
//!
//! `PUT /scim/v2/{kind}/{id}`, permitted by `Provisioning::"replace"`, recorded as `provisioning.kept`. Whether a person belongs to the
//! organisation stays as it is where nothing is said of it: leaving it out brings nobody back.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
};
use chancery_floor::work::{Action, Desk, Work};
use chancery_wire::{
    ids::ResourceId,
    names::{Domain, Handle},
};
use serde_json::{Map, Value};

use super::{
    Provisioning,
    create::{keep, shown},
    error::ProvisioningError as Error,
    facts::Kept,
    list::kind_of,
    model::Resource,
    said::{Answer, Said, unchanged},
    schema::Type,
    show, store, take,
};
use crate::counter::{At, Organisation, Refusal, Visitor};

/// The right to replace persons and groups.
#[derive(Debug)]
pub(crate) enum Replace {}

impl Action for Replace {
    type Resource = Organisation;
    const NAME: &'static str = r#"Provisioning::Action::"replace""#;
}

/// Which one: its type, its id, and the versions that it may have.
#[derive(Clone, Debug)]
pub(super) struct Which {
    pub of: &'static Type,
    pub id: ResourceId,
    pub versions: HeaderMap,
}

impl Which {
    pub(super) fn read(kind: &str, id: &str, versions: HeaderMap) -> Result<Self, Error> {
        let (of, id) = (kind_of(kind)?, id.parse().map_err(|_| Error::NoResource)?);
        Ok(Self { of, id, versions })
    }
}

/// Replaces a person or a group.
#[utoipa::path(put, path = "/scim/v2/{kind}/{id}", tag = "provisioning", operation_id = "provisioning.replace",
    params(("kind" = String, Path, description = "Users or Groups."), ("id" = String, Path, description = "Which one.")),
    request_body(content = Value, content_type = "application/scim+json", description = "The person or group: RFC 7643."),
    responses((status = 200, description = "As it is now.", body = Value, content_type = "application/scim+json"),
        (status = "default", description = "Refused.", body = Value, content_type = "application/scim+json")))]
pub(super) async fn handle(
    State(provisioning): State<Provisioning>,
    Visitor { desk, caller }: Visitor,
    At((kind, id)): At<(String, String)>,
    headers: HeaderMap,
    Said(said): Said,
) -> Result<Answer, Refusal> {
    desk.permit::<Replace>(Organisation)?;
    let which = Which::read(&kind, &id, headers)?;
    let it = replace(&desk, &caller.handle, (&which, &said), &provisioning.domain).await?;
    shown(&desk, it, StatusCode::OK).await
}

/// Replaces one.
pub(super) async fn replace(
    desk: &Desk,
    by: &Handle,
    (which, said): (&Which, &Value),
    domain: &Domain,
) -> Result<Resource, Error> {
    let permit = desk.permit::<Replace>(Organisation)?;
    let said = take::resource(which.of, said)?;
    let work = desk.begin(permit).await?;
    become_of(work, by, which, domain, |before| {
        let mut after = said;
        if let (false, Some(active)) = (after.contains_key("active"), before.get("active")) {
            after.insert("active".to_owned(), active.clone());
        }
        Ok(after)
    })
    .await
}

/// Makes of a resource what `becomes` says, with its members.
pub(super) async fn become_of<A: Action<Resource = Organisation>>(
    mut work: Work<A>,
    by: &Handle,
    which: &Which,
    domain: &Domain,
    becomes: impl FnOnce(&Map<String, Value>) -> Result<Map<String, Value>, Error>,
) -> Result<Resource, Error> {
    let before = store::find(&mut work.tx, which.of, which.id).await?.ok_or(Error::NoResource)?;
    unchanged(&which.versions, &before)?;
    let mut body = before.body.clone();
    let members = if before.is_person() { vec![] } else { show::members(&mut work.tx, &before).await? };
    if !members.is_empty() {
        body.insert("members".to_owned(), Value::Array(members));
    }
    let after = becomes(&body)?;
    if after == body {
        return Ok(before);
    }
    let (version, modified) = (before.version + 1, work.at());
    let after = Resource { body: after, version, modified, active: before.is_active(), ..before.clone() };
    // Who had a name and has another one leaves the first one behind.
    if let Some(handle) = before.handle(domain).filter(|handle| Some(handle) != after.handle(domain).as_ref())
    {
        store::leaves(&mut work.tx, &handle, (before.id, true)).await?;
    }
    let handle = keep(&mut work.tx, &after, domain, false).await?;
    let (resource, of, active) = (after.id, after.of.name, after.is_active());
    work.commit(&Kept { resource, of, version, handle, active, by: by.clone() }).await?;
    Ok(after)
}
