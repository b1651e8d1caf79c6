//! Read: one person or group (RFC 7644, section 3.4.1).
//!
//! `GET /scim/v2/{kind}/{id}`, permitted by `Provisioning::"read"`.

use axum::{
    extract::{Query, rejection::QueryRejection},
    http::{
        HeaderMap, StatusCode,
        header::{ETAG, IF_NONE_MATCH},
    },
    response::{IntoResponse, Response},
};
use chancery_floor::work::Action;
use serde_json::Value;

use super::{
    error::ProvisioningError as Error,
    list::{Asked, Question, kind_of},
    said::{Answer, is_any},
    show::whole,
    store,
};
use crate::counter::{At, Organisation, Refusal, Visitor};

/// The right to read persons and groups.
#[derive(Debug)]
pub(crate) enum ReadOne {}

impl Action for ReadOne {
    type Resource = Organisation;
    const NAME: &'static str = r#"Provisioning::Action::"read""#;
}

/// A person or a group.
#[utoipa::path(get, path = "/scim/v2/{kind}/{id}", tag = "provisioning", operation_id = "provisioning.read",
    params(("kind" = String, Path, description = "Users or Groups."), ("id" = String, Path, description = "Which one."),
        ("attributes" = Option<String>, Query, description = "Only these attributes, with commas between."),
        ("excludedAttributes" = Option<String>, Query, description = "All attributes but these, with commas between.")),
    responses((status = 200, description = "As it is now.", body = Value, content_type = "application/scim+json"),
        (status = 304, description = "As it was when it was read last (`If-None-Match`)."),
        (status = "default", description = "Refused.", body = Value, content_type = "application/scim+json")))]
pub(super) async fn handle(
    Visitor { desk, .. }: Visitor,
    At((kind, id)): At<(String, String)>,
    headers: HeaderMap,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Refusal> {
    let permit = desk.permit::<ReadOne>(Organisation)?;
    let (of, id) = (kind_of(&kind)?, id.parse().map_err(|_| Error::NoResource)?);
    let Query(asked) = asked.map_err(|_| Error::Value("startIndex and count are numbers"))?;
    let question = Question::read(&asked)?;
    let mut from = desk.look(&permit);
    let it = store::find(&mut from, of, id).await?.ok_or(Error::NoResource)?;
    let known = headers.get(IF_NONE_MATCH).and_then(|tags| tags.to_str().ok());
    let known: Vec<&str> = known.into_iter().flat_map(|tags| tags.split(',')).map(str::trim).collect();
    // A person is in other groups without being changed.
    if !it.is_person() && !known.is_empty() && is_any(&known, &it).is_ok() {
        return Ok((StatusCode::NOT_MODIFIED, [(ETAG, it.tag())]).into_response());
    }
    let whole = whole(&mut from, &it).await?;
    let shown: Value = question.wanted.of(of, whole);
    Ok(Answer::about(&it, StatusCode::OK, shown).into_response())
}
