//! Delete: the directory knows a person or group no more (RFC 7644, section 3.6).
//!
//! `DELETE /scim/v2/{kind}/{id}`, permitted by `Provisioning::"delete"`, recorded as `provisioning.deleted`. The person's account stays, and is
//! suspended.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
};
use chancery_floor::work::{Action, Desk};
use chancery_wire::names::{Domain, Handle};

use super::{
    Provisioning, create::told, error::ProvisioningError as Error, facts::Deleted, replace::Which,
    said::unchanged, store,
};
use crate::counter::{At, Organisation, Refusal, Visitor};

/// The right to delete persons and groups.
#[derive(Debug)]
pub(crate) enum Delete {}

impl Action for Delete {
    type Resource = Organisation;
    const NAME: &'static str = r#"Provisioning::Action::"delete""#;
}

/// Deletes a person or a group.
#[utoipa::path(delete, path = "/scim/v2/{kind}/{id}", tag = "provisioning", operation_id = "provisioning.delete",
    params(("kind" = String, Path, description = "Users or Groups."), ("id" = String, Path, description = "Which one.")),
    responses((status = 204, description = "Deleted."),
        (status = "default", description = "Refused.", body = serde_json::Value, content_type = "application/scim+json")))]
pub(super) async fn handle(
    State(provisioning): State<Provisioning>,
    Visitor { desk, caller }: Visitor,
    At((kind, id)): At<(String, String)>,
    headers: HeaderMap,
) -> Result<StatusCode, Refusal> {
    desk.permit::<Delete>(Organisation)?;
    let which = Which::read(&kind, &id, headers)?;
    delete(&desk, &caller.handle, &which, &provisioning.domain).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Deletes one.
pub(super) async fn delete(desk: &Desk, by: &Handle, which: &Which, domain: &Domain) -> Result<(), Error> {
    let permit = desk.permit::<Delete>(Organisation)?;
    let mut work = desk.begin(permit).await?;
    let it = store::find(&mut work.tx, which.of, which.id).await?.ok_or(Error::NoResource)?;
    unchanged(&which.versions, &it)?;
    let at = work.at();
    store::delete(&mut work.tx, it.id, at).await?;
    let handle = it.handle(domain);
    if let Some(handle) = &handle {
        store::leaves(&mut work.tx, handle, (it.id, true)).await?;
    }
    let handle = told(&mut work.tx, handle).await?;
    work.commit(&Deleted { resource: it.id, of: it.of.name, handle, by: by.clone() }).await?;
    Ok(())
}
