//! The directory's program: a provider asks it by SCIM, with a token that never leaves this machine; it asks the server, with a key of its
//! own, and signs what follows.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{Response, StatusCode, header::AUTHORIZATION},
};
use chancery_sdk::{Client, Passed, SdkError, Settled};
use serde_json::json;
use tokio::{net::TcpListener, sync::Mutex, time::interval};

use super::open;
use crate::{
    arguments::Common,
    failure::Failure,
    output::{Output, note},
    unlock,
};

/// How often it is asked what is waiting, whether or not the provider has asked for something.
const AGAIN: Duration = Duration::from_secs(10);
/// The largest body that is passed on.
const LIMIT: usize = 4 * 1024 * 1024;

/// What the program has at hand.
#[derive(Clone)]
struct Desk {
    client: Arc<Mutex<Client>>,
    token: Arc<str>,
}

/// Passes on what the provider asks, until Ctrl-C.
pub(crate) async fn serve(common: &Common, output: &mut Output, listen: SocketAddr) -> Result<(), Failure> {
    if !listen.ip().is_loopback() {
        let why = "--listen takes an address of this machine's own, such as 127.0.0.1:8464: what stands before it ends TLS";
        return Err(Failure::Usage(why.to_owned()));
    }
    let mut client = open(common)?;
    let (token, file) = unlock::profile(common)?.directory_token()?;
    // Whether the account may do this at all, and what was left waiting the last time.
    tell(&client.settle_directory().await?);
    let listener = TcpListener::bind(listen).await?;
    let address = listener.local_addr()?;
    let text = format!(
        "Tell your identity provider:\n  address  http://{address}/scim/v2\n  token    the text in {}\n\
         People whom it deactivates or deletes are suspended for as long as this runs. Ctrl-C ends it.",
        file.display()
    );
    output.answer(&json!({"address": format!("http://{address}/scim/v2"), "token_file": file}), &text)?;
    let desk = Desk { client: Arc::new(Mutex::new(client)), token: token.into() };
    let router = Router::new().fallback(pass).with_state(desk.clone());
    tokio::select! {
        served = axum::serve(listener, router) => Ok(served?),
        () = watch(&desk) => Ok(()),
        _ = tokio::signal::ctrl_c() => Ok(()),
    }
}

/// Signs from time to time what is waiting: somebody may have joined whom the directory knows to have left.
async fn watch(desk: &Desk) {
    let mut ticks = interval(AGAIN);
    let mut failed = false;
    loop {
        ticks.tick().await;
        match desk.client.lock().await.settle_directory().await {
            Ok(settled) => {
                tell(&settled);
                failed = false;
            }
            Err(error) => {
                if !std::mem::replace(&mut failed, true) {
                    note(&format!("what the directory says is not carried out now: {error}"));
                }
            }
        }
    }
}

/// Passes one request on.
async fn pass(State(desk): State<Desk>, request: Request) -> Response<Body> {
    let said = request.headers().get(AUTHORIZATION).and_then(|it| it.to_str().ok());
    let token = said.and_then(|it| it.strip_prefix("Bearer "));
    if !token.is_some_and(|token| is_same(token.as_bytes(), desk.token.as_bytes())) {
        return refuse(StatusCode::UNAUTHORIZED, "the token is not the one in this program's token file");
    }
    let (parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().map_or("/", |it| it.as_str()).to_owned();
    if !path.starts_with("/scim/v2/") {
        return refuse(StatusCode::NOT_FOUND, "everything is below /scim/v2/");
    }
    let Ok(body) = to_bytes(body, LIMIT).await else {
        return refuse(StatusCode::PAYLOAD_TOO_LARGE, "the request is larger than its limit");
    };
    let kept = ["content-type", "accept", "if-match", "if-none-match"];
    let headers = parts.headers.iter().filter(|(name, _)| kept.contains(&name.as_str()));
    let headers =
        headers.filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())));
    let passed = Passed { headers: headers.collect(), body };
    let mut client = desk.client.lock().await;
    let changes = !matches!(parts.method.as_str(), "GET" | "HEAD");
    let done = async {
        let answer = client.pass((parts.method.as_str(), &path), &passed).await?;
        if changes && answer.0 < 300 {
            // What is answered as done is done: the provider asks again otherwise.
            tell(&client.settle_directory().await?);
        }
        Ok::<_, SdkError>(answer)
    };
    match done.await {
        Ok((status, said)) => {
            let mut response = Response::builder().status(status);
            for (name, value) in said.headers {
                response = response.header(name, value);
            }
            let response = response.body(Body::from(said.body));
            response.unwrap_or_else(|_| {
                refuse(StatusCode::BAD_GATEWAY, "the server's answer cannot be passed on")
            })
        }
        Err(error) => {
            note(&format!("{} {path}: {error}", parts.method));
            refuse(StatusCode::SERVICE_UNAVAILABLE, "the server cannot be reached, or says no; try again")
        }
    }
}

/// A refusal as SCIM words it.
fn refuse(status: StatusCode, why: &str) -> Response<Body> {
    let said = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": status.as_str(), "detail": why,
    });
    let mut response = Response::new(Body::from(said.to_string()));
    *response.status_mut() = status;
    let kind = axum::http::HeaderValue::from_static("application/scim+json");
    response.headers_mut().insert(axum::http::header::CONTENT_TYPE, kind);
    response
}

/// Whether two texts are the same, however far they are: how long it takes says nothing.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    let differs = one.iter().zip(other).fold(0, |differs, (one, other)| differs | (one ^ other));
    one.len() == other.len() && differs == 0
}

/// Says what was done.
fn tell(settled: &Settled) {
    for handle in &settled.suspended {
        note(&format!("{handle} is suspended"));
    }
    for handle in &settled.restored {
        note(&format!("{handle} is restored"));
    }
    for (handle, why) in &settled.failed {
        note(&format!("{handle}: {why}"));
    }
}
