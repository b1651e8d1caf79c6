//! What is said over HTTP: bodies of SCIM's own media type, and refusals in its own form (RFC 7644, sections 3.1 and 3.12).

use axum::{
    Json,
    extract::{FromRequest, Request},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{CONTENT_TYPE, ETAG, IF_MATCH, LOCATION},
    },
    response::{IntoResponse, Response},
};
use chancery_wire::problem::{Code, Problem};
use serde_json::{Map, Value, json};

use super::{error::ProvisioningError as Error, model::Resource};
use crate::counter::{Refusal, json_body};

/// The media type.
const SCIM: &str = "application/scim+json";
/// The schema of a refusal.
const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

/// The body of a request.
#[derive(Debug)]
pub(super) struct Said(pub Value);

impl<S: Send + Sync> FromRequest<S> for Said {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        json_body(request, state, &[SCIM, "application/json"]).await.map(Self)
    }
}

/// An answer: its status, what is said, and the resource it is about.
#[derive(Debug)]
pub(super) struct Answer {
    status: StatusCode,
    body: Value,
    tag: Option<String>,
    location: Option<String>,
}

impl Answer {
    /// What was asked.
    pub(super) fn of(body: Value) -> Self {
        Self { status: StatusCode::OK, body, tag: None, location: None }
    }

    /// A resource, as it is shown.
    pub(super) fn about(it: &Resource, status: StatusCode, body: Value) -> Self {
        Self { status, body, tag: Some(it.tag()), location: Some(it.location()) }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(SCIM));
        for (name, value) in [(ETAG, self.tag), (LOCATION, self.location)] {
            if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
                headers.insert(name, value);
            }
        }
        response
    }
}

/// Whether a resource is as the asker has read it, where that is said.
pub(super) fn unchanged(headers: &HeaderMap, it: &Resource) -> Result<(), Error> {
    let tags = headers.get_all(IF_MATCH).iter().filter_map(|it| it.to_str().ok());
    let tags: Vec<&str> = tags.flat_map(|it| it.split(',')).map(str::trim).collect();
    is_any(&tags, it)
}

/// Whether a resource has one of these versions, where any is named.
pub(super) fn is_any(tags: &[&str], it: &Resource) -> Result<(), Error> {
    let (own, weak) = (it.tag(), |tag: &str| tag.trim_start_matches("W/").to_owned());
    let is = |tag: &&str| *tag == "*" || weak(tag) == weak(&own);
    if tags.is_empty() || tags.iter().any(is) { Ok(()) } else { Err(Error::Changed) }
}

/// A refusal as SCIM words it.
pub(crate) fn refused(problem: &Problem) -> Value {
    let kind = match Code::parse(&problem.code) {
        Some(Code::Malformed) => Some("invalidSyntax"),
        Some(Code::BadFilter) => Some("invalidFilter"),
        Some(Code::BadPath) => Some("invalidPath"),
        Some(Code::NoTarget) => Some("noTarget"),
        Some(Code::BadValue) => Some("invalidValue"),
        Some(Code::ReadOnly) => Some("mutability"),
        Some(Code::NameTaken) => Some("uniqueness"),
        _ => None,
    };
    let mut said = Map::new();
    said.insert("schemas".to_owned(), json!([ERROR]));
    said.insert("status".to_owned(), json!(problem.status.to_string()));
    said.extend(kind.map(|kind| ("scimType".to_owned(), json!(kind))));
    said.insert("detail".to_owned(), json!(problem.title));
    Value::Object(said)
}
