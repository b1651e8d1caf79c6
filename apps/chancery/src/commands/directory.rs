//! The directory's program: a provider asks it by SCIM, with a token that never leaves this machine; it asks the server, with a key of its
//! own, and signs what follows.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    sync::{Arc, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{Response, StatusCode, header::AUTHORIZATION},
};
use chancery_sdk::{Client, Filling, Passed, SdkError, Settled, Want};
use chancery_wire::{
    content::{TEXT_LIMIT, Written},
    ids::RoomId,
    names::Handle,
};
use serde_json::{Value, json};
use subtle::ConstantTimeEq as _;
use tokio::{
    net::TcpListener,
    sync::{Mutex, Notify},
    time::interval,
};

use super::{open, sync};
use crate::{
    arguments::Common,
    failure::Failure,
    output::{Output, note, one_line},
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
    /// The provider has said something new.
    changed: Arc<Notify>,
    /// What was said already and goes on.
    said: Arc<std::sync::Mutex<BTreeMap<&'static str, BTreeSet<String>>>>,
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
    let settled = client.settle_directory().await?;
    let listener = TcpListener::bind(listen).await?;
    let address = listener.local_addr()?;
    let text = format!(
        "Tell your identity provider:\n  address  http://{address}/scim/v2\n  token    the text in {}\n\
         People whom it deactivates or deletes are suspended for as long as this runs. Ctrl-C ends it.",
        file.display()
    );
    output.answer(&json!({"address": format!("http://{address}/scim/v2"), "token_file": file}), &text)?;
    let (client, changed) = (Arc::new(Mutex::new(client)), Arc::default());
    let desk = Desk { client, token: token.into(), changed, said: Arc::default() };
    desk.tell(&settled);
    let router = Router::new().fallback(pass).with_state(desk.clone());
    tokio::select! {
        served = axum::serve(listener, router) => Ok(served?),
        () = watch(&desk) => Ok(()),
        _ = tokio::signal::ctrl_c() => Ok(()),
    }
}

/// Fills a room from a group of the directory, or from none any more.
pub(crate) async fn fill(
    common: &Common,
    output: &mut Output,
    (room, group): (&str, Option<&str>),
) -> Result<(), Failure> {
    let mut client = open(common)?;
    sync(common, output, &mut client).await?;
    let room = client.find_room(room)?.id;
    client.fill_room(room, group)?;
    let says = match group {
        Some(group) => format!(
            "From now on this room is filled from the directory's group {group}: whoever is in the group comes in, and goes when they are not."
        ),
        None => "From now on this room is filled from no group of the directory any more.".to_owned(),
    };
    // Everybody there knows then why people come and go.
    client.want(room, Want::Say(Written::parse(&says, TEXT_LIMIT)?))?;
    sync(common, output, &mut client).await?;
    let when = if group.is_some() { "\nThat is done while  chancery directory serve  runs." } else { "" };
    let text = format!("{says}{when}");
    output.answer(&json!({"room": room, "group": group}), &text)
}

/// Lists the rooms that are filled from groups.
pub(crate) fn rooms(common: &Common, output: &mut Output) -> Result<(), Failure> {
    let client = open(common)?;
    let (mut lines, mut list) = (Vec::new(), Vec::new());
    for it in client.filled_rooms()? {
        let name = client.room(it.room)?.name.unwrap_or_else(|| it.room.to_string());
        let names = |of: &[Handle]| of.iter().map(Handle::as_str).collect::<Vec<_>>().join(", ");
        let mut line = format!("{}  from {}", one_line(&name), one_line(&it.group));
        for (what, who) in [("to come", &it.coming), ("to go", &it.going)] {
            if !who.is_empty() {
                line.extend([format!("  {what}: {}", names(who))]);
            }
        }
        line.extend(it.stuck.map(|why| format!("  ({why})")));
        lines.push(line);
        list.push(json!({
            "room": it.room, "group": it.group, "coming": it.coming, "going": it.going, "stuck": it.stuck,
        }));
    }
    let text = if lines.is_empty() { "no room is filled from a group".to_owned() } else { lines.join("\n") };
    output.answer(&json!({"rooms": list}), &text)
}

/// Signs from time to time what is waiting: somebody may have joined whom the directory knows to have left.
async fn watch(desk: &Desk) {
    let mut ticks = interval(AGAIN);
    let mut failed = false;
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = desk.changed.notified() => {}
        }
        let mut client = desk.client.lock().await;
        let settled =
            async { Ok::<_, SdkError>((client.settle_directory().await?, client.fill_rooms().await?)) };
        match settled.await {
            Ok((settled, filling)) => {
                desk.tell(&settled);
                desk.tell_rooms(&filling);
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
    let token =
        said.and_then(|it| it.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let token = token.map(|(_, token)| token.trim());
    if !token.is_some_and(|token| bool::from(token.as_bytes().ct_eq(desk.token.as_bytes()))) {
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
        let mut failed = false;
        // Also what was done before, and not carried out: it is asked again then, and is there or gone already.
        if changes && (answer.0 < 300 || matches!(answer.0, 404 | 409)) {
            let settled = client.settle_directory().await?;
            failed = settled.failed.iter().any(|(handle, _)| is_about(&answer.1.body, handle.as_str()));
            desk.tell(&settled);
            // Rooms follow by themselves: a provider that asks for much does not wait for them.
            desk.changed.notify_one();
        }
        Ok::<_, SdkError>((answer, failed))
    };
    match done.await {
        // What is answered as done is done.
        Ok((_, true)) => {
            refuse(StatusCode::SERVICE_UNAVAILABLE, "this cannot be carried out now; the program says why")
        }
        Ok(((status, said), false)) => {
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
            // What is asked may name people.
            note(&format!("{} {}: {error}", parts.method, parts.uri.path()));
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
    if status == StatusCode::UNAUTHORIZED {
        let scheme = axum::http::HeaderValue::from_static("Bearer");
        response.headers_mut().insert(axum::http::header::WWW_AUTHENTICATE, scheme);
    }
    response
}

/// Whether an answer is about the person of an account.
fn is_about(body: &[u8], handle: &str) -> bool {
    let said: Value = serde_json::from_slice(body).unwrap_or_default();
    let name = said.get("userName").and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
    name == handle || name.strip_prefix(handle).is_some_and(|rest| rest.starts_with('@'))
}

impl Desk {
    /// Says what was done with accounts; and what was not, once for as long as it goes on.
    fn tell(&self, settled: &Settled) {
        settled.suspended.iter().for_each(|handle| note(&format!("{handle} is suspended")));
        settled.restored.iter().for_each(|handle| note(&format!("{handle} is restored")));
        let failed = settled.failed.iter().map(|(handle, why)| format!("{handle}: {why}"));
        let officers = settled.officers.iter().map(|handle| {
            format!("{handle} has left, and only an officer can say so: chancery admin suspend {handle}")
        });
        self.complain("accounts", failed.chain(officers).collect());
    }

    /// The same for rooms.
    fn tell_rooms(&self, filling: &Filling) {
        let short = |room: &RoomId| format!("{:.8}", room.to_string());
        let moves = [("comes into", &filling.came), ("goes out of", &filling.went)];
        for (moves, (room, handle)) in
            moves.iter().flat_map(|(what, all)| all.iter().map(move |it| (what, it)))
        {
            note(&format!("{handle} {moves} the room {}", short(room)));
        }
        let failed = filling.failed.iter();
        let failed = failed.map(|(room, handle, why)| format!("{handle}, room {}: {why}", short(room)));
        let stuck = filling.stuck.iter().map(|(room, why)| format!("room {}: {why}", short(room)));
        self.complain("rooms", failed.chain(stuck).collect());
    }

    /// Says what is wrong of such things, once for as long as it goes on.
    fn complain(&self, of: &'static str, now: BTreeSet<String>) {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let before = said.entry(of).or_default();
        now.difference(before).for_each(|text| note(text));
        *before = now;
    }
}
