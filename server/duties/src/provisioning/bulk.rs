//! Bulk: many requests in one (RFC 7644, section 3.7).
//!
//! `POST /scim/v2/Bulk`, permitted by `Provisioning::"bulk"`; each request in it by its own right, in a transaction of its own.

use std::collections::{BTreeMap, HashMap};

use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header::IF_MATCH},
};
use chancery_floor::work::{Action, Desk};
use chancery_wire::names::Handle;
use serde_json::{Map, Value, json};

use super::{
    Provisioning,
    change::change,
    create::create,
    delete::delete,
    error::ProvisioningError as Error,
    list::kind_of,
    model::Resource,
    replace::{Which, replace},
    said::{Answer, Said, refused},
    take::member,
};
use crate::counter::{Organisation, Refusal, Visitor};

/// The most requests in one.
pub(super) const OPERATIONS: usize = 1_000;
/// The schema of the answer.
const RESPONSE: &str = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";

/// The right to ask for many things at once.
#[derive(Debug)]
pub(crate) enum Bulk {}

impl Action for Bulk {
    type Resource = Organisation;
    const NAME: &'static str = r#"Provisioning::Action::"bulk""#;
}

/// Does many things, one after the other; those that speak of what others of them make come after those.
#[utoipa::path(post, path = "/scim/v2/Bulk", tag = "provisioning", operation_id = "provisioning.bulk",
    request_body(content = Value, content_type = "application/scim+json", description = "The requests: RFC 7644, section 3.7."),
    responses((status = 200, description = "What came of each.", body = Value, content_type = "application/scim+json"),
        (status = "default", description = "Refused.", body = Value, content_type = "application/scim+json")))]
pub(super) async fn handle(
    State(provisioning): State<Provisioning>,
    Visitor { desk, caller }: Visitor,
    Said(said): Said,
) -> Result<Answer, Refusal> {
    desk.permit::<Bulk>(Organisation)?;
    let said = said.as_object().ok_or(Error::Malformed("a bulk request is a JSON object"))?;
    let operations = member(said, "Operations").and_then(Value::as_array);
    let operations = operations.ok_or(Error::Malformed("`Operations` says what is to be done"))?;
    if operations.len() > OPERATIONS {
        return Err(Refusal::new(chancery_wire::problem::Code::TooLarge));
    }
    let most = member(said, "failOnErrors").and_then(Value::as_u64).unwrap_or(u64::MAX);
    let (mut made, mut answers, mut errors) = (HashMap::new(), BTreeMap::new(), 0);
    let mut left: Vec<(usize, &Value)> = operations.iter().enumerate().collect();
    while !left.is_empty() && errors < most {
        let before = left.len();
        let mut later = Vec::new();
        for (at, operation) in left {
            if errors >= most {
                break;
            }
            let data = operation.get("data").cloned().unwrap_or_default();
            let path = operation.get("path").and_then(Value::as_str).unwrap_or_default();
            // What it speaks of is not made yet, and may still be.
            let (Some(data), Some(path)) = (resolved(data, &made), at_path(path, &made)) else {
                later.push((at, operation));
                continue;
            };
            let done = one(&desk, &caller.handle, (operation, &path, &data), &provisioning).await;
            errors += u64::from(done.is_err());
            answers.insert(at, answer(operation, done, &mut made));
        }
        if later.len() == before {
            for (at, operation) in later {
                let unknown = Err(Error::Value("a bulkId is nobody's").into());
                answers.insert(at, answer(operation, unknown, &mut made));
            }
            break;
        }
        left = later;
    }
    let answers: Vec<Value> = answers.into_values().collect();
    Ok(Answer::of(json!({ "schemas": [RESPONSE], "Operations": answers })))
}

/// What a request says, with the ids of what others have made; nothing where that is not made yet.
fn resolved(value: Value, made: &HashMap<String, String>) -> Option<Value> {
    Some(match value {
        Value::String(text) => match text.strip_prefix("bulkId:") {
            Some(id) => Value::String(made.get(id)?.clone()),
            None => Value::String(text),
        },
        Value::Array(values) => values.into_iter().map(|it| resolved(it, made)).collect::<Option<_>>()?,
        Value::Object(members) => {
            let one = |(name, value)| Some((name, resolved(value, made)?));
            Value::Object(members.into_iter().map(one).collect::<Option<Map<_, _>>>()?)
        }
        value => value,
    })
}

/// Where a request goes, with the id of what another one has made; nothing where that is not made yet.
fn at_path(path: &str, made: &HashMap<String, String>) -> Option<String> {
    match path.rsplit_once('/') {
        Some((kind, id)) => match id.strip_prefix("bulkId:") {
            Some(id) => Some(format!("{kind}/{}", made.get(id)?)),
            None => Some(path.to_owned()),
        },
        None => Some(path.to_owned()),
    }
}

/// Does one.
async fn one(
    desk: &Desk,
    by: &Handle,
    (operation, path, data): (&Value, &str, &Value),
    provisioning: &Provisioning,
) -> Result<(StatusCode, Option<Resource>), Refusal> {
    let text = |name| operation.get(name).and_then(Value::as_str);
    let path: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let mut headers = HeaderMap::new();
    if let Some(version) = operation.get("version").filter(|it| !it.is_null()) {
        let version = version.as_str().and_then(|it| HeaderValue::from_str(it).ok());
        headers.insert(IF_MATCH, version.ok_or(Error::Malformed("a version is a text"))?);
    }
    let domain = &provisioning.domain;
    Ok(match (text("method").unwrap_or_default().to_ascii_uppercase().as_str(), path.as_slice()) {
        ("POST", [kind]) => {
            (StatusCode::CREATED, Some(create(desk, by, (kind_of(kind)?, data), domain).await?))
        }
        ("PUT", [kind, id]) => {
            let which = Which::read(kind, id, headers)?;
            (StatusCode::OK, Some(replace(desk, by, (&which, data), domain).await?))
        }
        ("PATCH", [kind, id]) => {
            let which = Which::read(kind, id, headers)?;
            (StatusCode::OK, Some(change(desk, by, (&which, data), domain).await?))
        }
        ("DELETE", [kind, id]) => {
            delete(desk, by, &Which::read(kind, id, headers)?, domain).await?;
            (StatusCode::NO_CONTENT, None)
        }
        _ => {
            return Err(Error::Malformed(
                "a request is POST, PUT, PATCH or DELETE, at an address of a person or group",
            )
            .into());
        }
    })
}

/// What came of one, in words; what it has made is known to the others from then on.
fn answer(
    operation: &Value,
    done: Result<(StatusCode, Option<Resource>), Refusal>,
    made: &mut HashMap<String, String>,
) -> Value {
    let mut said = Map::new();
    let mut say = |name: &str, value: Value| said.insert(name.to_owned(), value);
    say("method", operation.get("method").cloned().unwrap_or_default());
    let id = operation.get("bulkId").and_then(Value::as_str);
    if let Some(id) = id {
        say("bulkId", json!(id));
    }
    match done {
        Ok((status, it)) => {
            say("status", json!(status.as_str()));
            if let Some(it) = it {
                say("location", json!(it.location()));
                say("version", json!(it.tag()));
                if let Some(id) = id {
                    made.insert(id.to_owned(), it.id.to_string());
                }
            } else if let Some(path) = operation.get("path").and_then(Value::as_str) {
                say("location", json!(format!("/scim/v2{path}")));
            }
        }
        Err(refusal) => {
            let problem = refusal.code.problem(refusal.title);
            let path = operation.get("path").and_then(Value::as_str).unwrap_or_default();
            if path.trim_start_matches('/').contains('/') {
                say("location", json!(format!("/scim/v2{path}")));
            }
            say("status", json!(problem.status.to_string()));
            say("response", refused(&problem));
        }
    }
    Value::Object(said)
}
