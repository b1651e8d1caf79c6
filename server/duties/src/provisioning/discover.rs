//! Discover: what is done here, and which attributes there are (RFC 7644, section 4).
//!
//! `GET /scim/v2/ServiceProviderConfig`, `/ResourceTypes` and `/Schemas`, permitted by `Provisioning::"discover"`.

use chancery_floor::work::Action;
use serde_json::{Value, json};

use super::{
    error::ProvisioningError as Error,
    list::LIST,
    said::Answer,
    schema::{TYPES, Type},
};
use crate::counter::{At, Organisation, Refusal, Visitor};

/// The right to see what is done here.
#[derive(Debug)]
pub(crate) enum Discover {}

impl Action for Discover {
    type Resource = Organisation;
    const NAME: &'static str = r#"Provisioning::Action::"discover""#;
}

/// What is done here.
#[utoipa::path(get, path = "/scim/v2/ServiceProviderConfig", tag = "provisioning", operation_id = "provisioning.discover",
    responses((status = 200, description = "RFC 7643, section 5.", body = Value, content_type = "application/scim+json"),
        (status = "default", description = "Refused.", body = Value, content_type = "application/scim+json")))]
pub(super) async fn config(Visitor { desk, .. }: Visitor) -> Result<Answer, Refusal> {
    desk.permit::<Discover>(Organisation)?;
    Ok(Answer::of(super::schema::config()))
}

/// The kinds of resources.
#[utoipa::path(get, path = "/scim/v2/ResourceTypes", tag = "provisioning", operation_id = "provisioning.discover#types",
    responses((status = 200, description = "RFC 7643, section 6.", body = Value, content_type = "application/scim+json"),
        (status = "default", description = "Refused.", body = Value, content_type = "application/scim+json")))]
pub(super) async fn types(Visitor { desk, .. }: Visitor) -> Result<Answer, Refusal> {
    desk.permit::<Discover>(Organisation)?;
    Ok(Answer::of(listed(&TYPES.map(Type::shown))))
}

/// One kind of resources.
#[utoipa::path(get, path = "/scim/v2/ResourceTypes/{name}", tag = "provisioning", operation_id = "provisioning.discover#type",
    params(("name" = String, Path, description = "User or Group.")),
    responses((status = 200, description = "RFC 7643, section 6.", body = Value, content_type = "application/scim+json"),
        (status = "default", description = "Refused.", body = Value, content_type = "application/scim+json")))]
pub(super) async fn one_type(Visitor { desk, .. }: Visitor, At(name): At<String>) -> Result<Answer, Refusal> {
    desk.permit::<Discover>(Organisation)?;
    let found = Type::named(&name).ok_or(Error::NoResource)?;
    Ok(Answer::of(found.shown()))
}

/// All attributes.
#[utoipa::path(get, path = "/scim/v2/Schemas", tag = "provisioning", operation_id = "provisioning.discover#schemas",
    responses((status = 200, description = "RFC 7643, section 7.", body = Value, content_type = "application/scim+json"),
        (status = "default", description = "Refused.", body = Value, content_type = "application/scim+json")))]
pub(super) async fn schemas(Visitor { desk, .. }: Visitor) -> Result<Answer, Refusal> {
    desk.permit::<Discover>(Organisation)?;
    Ok(Answer::of(listed(&super::schema::schemas())))
}

/// The attributes of one schema.
#[utoipa::path(get, path = "/scim/v2/Schemas/{id}", tag = "provisioning", operation_id = "provisioning.discover#schema",
    params(("id" = String, Path, description = "The schema's URN.")),
    responses((status = 200, description = "RFC 7643, section 7.", body = Value, content_type = "application/scim+json"),
        (status = "default", description = "Refused.", body = Value, content_type = "application/scim+json")))]
pub(super) async fn one_schema(Visitor { desk, .. }: Visitor, At(id): At<String>) -> Result<Answer, Refusal> {
    desk.permit::<Discover>(Organisation)?;
    let found = super::schema::schemas().into_iter().find(|it| it["id"] == id.as_str());
    Ok(Answer::of(found.ok_or(Error::NoResource)?))
}

fn listed(all: &[Value]) -> Value {
    json!({ "schemas": [LIST], "totalResults": all.len(), "startIndex": 1, "itemsPerPage": all.len(), "Resources": all })
}
