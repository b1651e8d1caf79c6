//! How a refusal is worded: one problem format, one registry of codes (`chancery_wire::problem`).

use axum::{
    http::{
        HeaderValue, StatusCode,
        header::{CONTENT_TYPE, RETRY_AFTER},
    },
    response::{IntoResponse, Response},
};
use chancery_floor::{store::StoreError, work::Denied};
use chancery_wire::problem::Code;

/// A request was refused, and nothing changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The stable code.
    pub code: Code,
    /// Something more specific than the code's title. Log-safe.
    pub title: Option<String>,
    /// After how many seconds it may be asked again, where that is known.
    pub wait: Option<u64>,
    /// What the gateway has to know.
    pub(crate) told: Told,
}

/// What the gateway does about a refused response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// It has to be counted for the journal.
    No(Code),
    /// It is counted already.
    Counted,
    /// It is counted already; another person has to agree to this act.
    Alone(&'static str),
    /// Somebody else changed the same thing: the request is to be run again.
    Raced,
}

impl Refusal {
    /// A refusal that its code says everything about.
    #[must_use]
    pub fn new(code: Code) -> Self {
        Self { code, title: None, wait: None, told: Told::No(code) }
    }

    /// A refusal with something more specific to say. Never what a person wrote.
    #[must_use]
    pub fn because(code: Code, why: &impl ToString) -> Self {
        Self { title: Some(why.to_string()), ..Self::new(code) }
    }
}

impl From<Denied> for Refusal {
    fn from(denied: Denied) -> Self {
        let (told, code) = match denied {
            Denied::Never => (Told::Counted, Code::Denied),
            Denied::NotTakenUp => (Told::Counted, Code::NotTakenUp),
            Denied::Unconfirmed => (Told::Counted, Code::Unconfirmed),
            Denied::Elsewhere => (Told::Counted, Code::Elsewhere),
            Denied::Alone(act) => (Told::Alone(act), Code::TakesTwo),
        };
        Self { told, ..Self::new(code) }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Raced => Self { told: Told::Raced, ..Self::new(Code::Busy) },
            StoreError::Full => Self::new(Code::Full),
            StoreError::Away(_) => {
                tracing::warn!(%error, "a request failed in the store for files");
                Self::because(
                    Code::Busy,
                    &"the server's store for files does not answer; nothing was changed",
                )
            }
            StoreError::Fatal(_) | StoreError::Failed(_) => {
                tracing::error!(%error, "a request failed in the store");
                Self::new(Code::Failed)
            }
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let problem = self.code.problem(self.title);
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        // A struct of text and numbers always serialises.
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let kind = (CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        let mut response = (status, [kind], body).into_response();
        if let Some(seconds) = self.wait {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(self.told);
        response
    }
}
