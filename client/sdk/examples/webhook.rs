//! An incoming webhook that encrypts on the organisation's own machine: what is posted to it is said in a room, by a bot.
//!
//! It listens on loopback only, so that nothing unencrypted leaves the machine: `curl --data 'disk full' http://127.0.0.1:8470/`. Run it as
//! `cargo run --example webhook -- <home> <profile> <key file> '<room>'`, with a profile that joined as a bot (see `bot.rs`).

use std::{path::Path, sync::Arc, time::Duration};

use axum::{Router, extract::State, http::StatusCode, routing::post};
use chancery_sdk::{Client, KeySource, Profile, Progress, SdkError, Want};
use chancery_wire::content::{TEXT_LIMIT, Written};
use tokio::sync::{mpsc, oneshot};

/// What was posted, and whom to tell whether it is in the room.
type Posted = (String, oneshot::Sender<StatusCode>);

async fn hook(State(posted): State<Arc<mpsc::Sender<Posted>>>, body: String) -> StatusCode {
    let (answer, answered) = oneshot::channel();
    if posted.send((body, answer)).await.is_err() {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    answered.await.unwrap_or(StatusCode::SERVICE_UNAVAILABLE)
}

/// Says one text; 202 when it is kept here and not with the server yet: it is sent with the next one.
async fn say(client: &mut Client, room: &str, text: &str) -> Result<StatusCode, SdkError> {
    let Ok(text) = Written::parse(text.trim_end(), TEXT_LIMIT) else { return Ok(StatusCode::BAD_REQUEST) };
    let room = client.find_room(room)?.id;
    let wish = client.want(room, Want::Say(text))?;
    let synced = client.sync(Duration::from_secs(10), &mut |_| {}).await;
    Ok(match (synced, client.progress(wish)?) {
        (_, Progress::Done) => StatusCode::OK,
        (_, Progress::Refused(_)) => StatusCode::FORBIDDEN,
        (_, Progress::Accepted | Progress::Waiting) => StatusCode::ACCEPTED,
    })
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [home, name, key, room] = arguments.try_into().map_err(|_| "usage: webhook HOME PROFILE KEY ROOM")?;
    let profile = Profile::new(Path::new(&home), &name)?;
    let key = KeySource::File(key.into()).key(|| Err::<_, SdkError>(SdkError::NoKeyring(String::new())))?;
    let mut client = Client::open(&profile, &key, None)?;
    client.sync(Duration::from_secs(10), &mut |_| {}).await?;
    let (posted, mut waiting) = mpsc::channel::<Posted>(64);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8470").await?;
    let router = Router::new().route("/", post(hook)).with_state(Arc::new(posted));
    let serve = async { axum::serve(listener, router).await };
    let tell = async {
        while let Some((text, answer)) = waiting.recv().await {
            let status = say(&mut client, &room, &text).await.unwrap_or(StatusCode::BAD_GATEWAY);
            let _ = answer.send(status);
        }
    };
    tokio::select! { served = serve => served?, () = tell => {} }
    Ok(())
}
