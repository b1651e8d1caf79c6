//! Search: the same question as a list's, in a body (RFC 7644, section 3.4.3).
//!
//! `POST /scim/v2/.search` and `POST /scim/v2/{kind}/.search`, permitted by `Provisioning::"search"`.

use chancery_floor::work::Action;
use serde_json::Value;

use super::{
    error::ProvisioningError as Error,
    list::{Asked, Question, kind_of},
    said::{Answer, Said},
    schema::{TYPES, Type},
    take::member,
};
use crate::counter::{At, Organisation, Refusal, Visitor};

/// The right to search persons and groups.
#[derive(Debug)]
pub(crate) enum Search {}

impl Action for Search {
    type Resource = Organisation;
    const NAME: &'static str = r#"Provisioning::Action::"search""#;
}

/// Persons and groups.
#[utoipa::path(post, path = "/scim/v2/.search", tag = "provisioning", operation_id = "provisioning.search",
    request_body(content = Value, content_type = "application/scim+json", description = "RFC 7644, section 3.4.3."),
    responses((status = 200, description = "Those that are meant.", body = Value, content_type = "application/scim+json"),
        (status = "default", description = "Refused.", body = Value, content_type = "application/scim+json")))]
pub(super) async fn all(visitor: Visitor, Said(said): Said) -> Result<Answer, Refusal> {
    search(&visitor, &TYPES, &said).await
}

/// Persons or groups.
#[utoipa::path(post, path = "/scim/v2/{kind}/.search", tag = "provisioning", operation_id = "provisioning.search#kind",
    params(("kind" = String, Path, description = "Users or Groups.")),
    request_body(content = Value, content_type = "application/scim+json", description = "RFC 7644, section 3.4.3."),
    responses((status = 200, description = "Those that are meant.", body = Value, content_type = "application/scim+json"),
        (status = "default", description = "Refused.", body = Value, content_type = "application/scim+json")))]
pub(super) async fn handle(
    visitor: Visitor,
    At(kind): At<String>,
    Said(said): Said,
) -> Result<Answer, Refusal> {
    visitor.desk.permit::<Search>(Organisation)?;
    search(&visitor, &[kind_of(&kind)?], &said).await
}

async fn search(
    Visitor { desk, .. }: &Visitor,
    types: &[&'static Type],
    said: &Value,
) -> Result<Answer, Refusal> {
    let permit = desk.permit::<Search>(Organisation)?;
    let said = said.as_object().ok_or(Error::Malformed("a search is a JSON object"))?;
    let text = |name: &str| match member(said, name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(Value::Array(names)) => {
            let names: Option<Vec<&str>> = names.iter().map(Value::as_str).collect();
            names.map(|names| Some(names.join(","))).ok_or(Error::Value("names are texts"))
        }
        Some(_) => Err(Error::Value("names and filters are texts")),
    };
    let number = |name: &str| match member(said, name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value.as_i64().map(Some).ok_or(Error::Value("startIndex and count are numbers")),
    };
    let asked = Asked {
        filter: text("filter")?,
        start_index: number("startIndex")?,
        count: number("count")?,
        attributes: text("attributes")?,
        excluded_attributes: text("excludedAttributes")?,
    };
    let question = Question::read(&asked)?;
    Ok(Answer::of(question.answer(&mut desk.look(&permit), types).await?))
}
