//! What is asked: bodies, paths, and the desk the request is served at. What does not fit is refused with a reason.

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, OptionalFromRequest, Path, Request},
    http::{header::CONTENT_TYPE, request::Parts},
};
use chancery_floor::work::Desk;
use chancery_wire::problem::Code;
use serde::de::DeserializeOwned;

use super::{Caller, Refusal};

/// The largest body of a request, in bytes.
pub(crate) const BODY_LIMIT: usize = 4 * 1024 * 1024;

/// A request with a session.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    /// The caller's desk.
    pub desk: Desk,
    /// The caller.
    pub caller: Caller,
}

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| Refusal::new(Code::NoSession))
    }
}

/// A request that needs no session: whatever it brings, it is served as nobody's.
#[derive(Clone, Debug)]
pub(crate) struct Anybody(pub Desk);

impl<S: Sync> FromRequestParts<S> for Anybody {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| Refusal::new(Code::Failed))
    }
}

/// The JSON body of a request.
#[derive(Debug)]
pub(crate) struct Ask<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Ask<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        json_body(request, state, &["application/json"]).await.map(Self)
    }
}

/// The body of a request that is JSON, of one of these media types.
pub(crate) async fn json_body<S: Send + Sync, T: DeserializeOwned>(
    request: Request,
    state: &S,
    kinds: &[&str],
) -> Result<T, Refusal> {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kinds.iter().any(|it| kind.starts_with(it)) {
        let wanted = format!("the content type is not {}", kinds.join(" or "));
        return Err(Refusal::because(Code::Malformed, &wanted));
    }
    let body = Bytes::from_request(request, state).await.map_err(|error| {
        let large = error.status() == 413;
        Refusal::new(if large { Code::TooLarge } else { Code::Malformed })
    })?;
    serde_json::from_slice(&body).map_err(|error| Refusal::because(Code::Malformed, &explain(&error)))
}

/// A body that may be left out: then it has no content type either.
impl<S: Send + Sync, T: DeserializeOwned> OptionalFromRequest<S> for Ask<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Option<Self>, Refusal> {
        if !request.headers().contains_key(CONTENT_TYPE) {
            return Ok(None);
        }
        <Self as FromRequest<S>>::from_request(request, state).await.map(Some)
    }
}

/// Says where and how JSON does not fit, without repeating the values in it.
fn explain(error: &serde_json::Error) -> String {
    let (line, column, text) = (error.line(), error.column(), error.to_string());
    let about_fields = text.starts_with("missing field") || text.starts_with("unknown field");
    let plain = text.len() < 300 && text.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
    if about_fields && plain {
        return text;
    }
    let what = if error.is_data() { "a value does not fit" } else { "this is not JSON" };
    format!("{what} at line {line} column {column}")
}

/// A place in a list, by how many come before it: at most what a database counts to.
pub(crate) fn place(number: u64) -> Result<u64, Refusal> {
    let wrong = |_| Refusal::because(Code::Malformed, &"the address holds a number that is too large");
    i64::try_from(number).map(|_| number).map_err(wrong)
}

/// The part of the path that is a name or an id.
#[derive(Debug)]
pub(crate) struct At<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for At<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let path = Path::<T>::from_request_parts(parts, state).await;
        let wrong = |_| Refusal::because(Code::Malformed, &"the address does not hold a valid name or id");
        path.map(|Path(it)| Self(it)).map_err(wrong)
    }
}
