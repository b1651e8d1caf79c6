//! The stream: a device's WebSocket, between `delivery` and the network.
//!
//! `GET /v1/stream`, upgraded; permitted by `Delivery::"connect"`. One task a connection reads and writes. What is ready
//! together is written together; what cannot be written for long, or is not heard from, is closed.

use std::time::Duration;

use axum::{
    body::Bytes,
    extract::{
        Request, State, WebSocketUpgrade,
        ws::{CloseFrame, Message, WebSocket, rejection::WebSocketUpgradeRejection},
    },
    http::{
        HeaderName, HeaderValue,
        header::{AUTHORIZATION, SEC_WEBSOCKET_PROTOCOL},
    },
    response::Response,
};
use chancery_floor::bus::{Closed, Inbox};
use chancery_wire::{
    frames::{FRAME_LIMIT, STREAM_PROOF, STREAM_PROTOCOL, STREAM_TOKEN, ServerFrame},
    ids::RoomId,
    problem::{Code, Problem},
};
use futures_util::{
    SinkExt as _, StreamExt as _,
    stream::{SplitSink, SplitStream},
};
use tokio::sync::watch;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{receive::Gate, tasks::Served};
use crate::{
    counter::{Caller, Refusal, Visitor},
    delivery::Socket,
    signin::{PROOF, SCHEME, SigninError},
};

/// Where it is.
pub(super) const PATH: &str = "/v1/stream";
/// What is read at once. Small, because every idle connection keeps it.
const READ_BUFFER: usize = 4 * 1024;
/// How much is gathered before it is written without a flush.
const WRITE_BUFFER: usize = 16 * 1024;
/// How often it is looked whether whoever is connected is to be heard still, and stands as they did.
const AGAIN: Duration = Duration::from_mins(1);
/// When it is looked again where that did not work.
const SOON: Duration = Duration::from_secs(5);
/// How often a quiet connection is asked whether it is there.
const PING: Duration = Duration::from_secs(30);
/// After how long without a sign of life a connection is given up.
const QUIET: Duration = Duration::from_secs(90);
/// How long writing may stall.
const STALL: Duration = Duration::from_mins(1);
/// How long the other side may take to say goodbye.
const GOODBYE: Duration = Duration::from_secs(1);

/// The routes of the stream.
pub(super) fn routes() -> OpenApiRouter<Gate> {
    OpenApiRouter::new().routes(routes!(handle))
}

/// Has a request for a stream that a page makes say in its headers what it says in the names of protocols: a page cannot set a WebSocket's headers.
/// Whoever sets headers is taken by those.
pub(super) fn by_protocols(request: &mut Request) {
    if request.uri().path() != PATH || request.headers().contains_key(AUTHORIZATION) {
        return;
    }
    let named = request.headers().get_all(SEC_WEBSOCKET_PROTOCOL);
    let named = named.iter().filter_map(|names| names.to_str().ok()).flat_map(|names| names.split(','));
    let named: Vec<String> = named.map(|name| name.trim().to_owned()).collect();
    let word = |prefix: &str| named.iter().find_map(|name| name.strip_prefix(prefix));
    let (Some(token), Some(proof)) = (word(STREAM_TOKEN), word(STREAM_PROOF)) else { return };
    let token = HeaderValue::try_from(format!("{SCHEME}{token}"));
    if let (Ok(token), Ok(proof)) = (token, HeaderValue::try_from(proof)) {
        request.headers_mut().insert(AUTHORIZATION, token);
        request.headers_mut().insert(HeaderName::from_static(PROOF), proof);
    }
}

/// Opens the device's stream: a WebSocket with binary frames as in frames.md.
#[utoipa::path(get, path = "/v1/stream", tag = "delivery", operation_id = "delivery.connect",
    responses((status = 101, description = "The stream is open."),
        (status = "default", description = "Refused.", body = Problem)))]
async fn handle(
    Visitor { desk, caller }: Visitor,
    State(gate): State<Gate>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Refusal> {
    let speaks_http = |_| Refusal::because(Code::Malformed, &"this address speaks WebSocket only");
    let upgrade = upgrade.map_err(speaks_http)?;
    let who = caller.clone();
    // Taken before it is looked how the caller stands: an amendment that comes after that is seen.
    let amended = gate.amended.subscribe();
    let (socket, inbox) = gate.delivery.connect(desk, caller)?;
    // Whoever ended the session while this was asked found no connection to close; and what is ended at other nodes has to be heard.
    if !gate.floor.db.hears() {
        return Err(Refusal::because(Code::Busy, &"this server does not hear of the others for a moment"));
    }
    if gate.again(&who).await?.is_none() {
        return Err(SigninError::NoSession.into());
    }
    let served = Served::by(&gate.tasks);
    Ok(upgrade
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_message_size(FRAME_LIMIT)
        .max_frame_size(FRAME_LIMIT)
        .protocols([STREAM_PROTOCOL])
        .on_upgrade(move |stream| serve(stream, socket, inbox, (gate, amended, who), served)))
}

/// Serves a connection until one side ends it, or its session ends.
async fn serve(
    stream: WebSocket,
    mut socket: Socket,
    inbox: Inbox<RoomId>,
    (gate, amended, who): (Gate, watch::Receiver<u64>, Caller),
    _served: Served,
) {
    let (sink, stream) = stream.split();
    let tap = socket.tap().clone();
    let session = async {
        tap.close(watch_over(&gate, amended, &who).await);
        std::future::pending::<()>().await;
    };
    let reading = read(stream, &mut socket);
    tokio::pin!(reading);
    tokio::select! {
        () = &mut reading => {}
        () = session => {}
        () = write(sink, inbox) => {
            // What the other side has sent already is read: closing on unread bytes could lose what was just written.
            let _ = tokio::time::timeout(GOODBYE, reading).await;
        }
    }
}

/// Watches over a connection: says why it is to end, once it is. A request is looked at when it comes; a connection goes on, while its
/// session ends, or its account gets another role or segment: by an amendment it is looked at once.
async fn watch_over(gate: &Gate, mut amended: watch::Receiver<u64>, who: &Caller) -> Closed {
    // Spread out, so that connections that were opened together are not looked at together.
    let again = AGAIN * (192 + u32::from(who.session.as_bytes().first().copied().unwrap_or(0)) / 2) / 256;
    loop {
        let left = who.until.0.saturating_sub(gate.floor.clock.now().0);
        let left = Duration::from_millis(u64::try_from(left).unwrap_or(0));
        if left.is_zero() {
            return Closed::Ended;
        }
        tokio::select! {
            () = tokio::time::sleep(left.min(again)) => {}
            changed = amended.changed() => {
                if changed.is_err() {
                    return Closed::Anew;
                }
            }
        }
        // Boxed, because every idle connection would keep the room for it.
        let looked = Box::pin(async {
            // Never closed.
            let _turn = gate.watching.acquire().await;
            gate.again(who).await
        });
        match looked.await {
            Ok(None) => return Closed::Ended,
            // Roles that were taken up meanwhile are for what is asked from then on.
            Ok(Some(now)) => {
                if (Caller { elevated: now.elevated && who.elevated, ..now }) != *who {
                    return Closed::Anew;
                }
            }
            // It is looked again soon; and what ends is told by other ways as well.
            Err(refusal) => {
                tracing::debug!(code = %refusal.code, "a connection cannot be looked at");
                amended.mark_changed();
                tokio::time::sleep(SOON).await;
            }
        }
    }
}

/// Reads frames until there are no more.
async fn read(mut stream: SplitStream<WebSocket>, socket: &mut Socket) {
    while let Ok(Some(Ok(message))) = tokio::time::timeout(QUIET, stream.next()).await {
        match message {
            Message::Binary(frame) => socket.hear(&frame).await,
            Message::Text(_) => socket.hear_nonsense().await,
            Message::Ping(_) | Message::Pong(_) => {}
            Message::Close(_) => return,
        }
    }
}

/// Writes what the inbox holds, until it is closed or the other side does not take it.
async fn write(mut sink: SplitSink<WebSocket, Message>, mut inbox: Inbox<RoomId>) {
    loop {
        let turn = tokio::select! {
            turn = inbox.take() => turn,
            () = tokio::time::sleep(PING) => {
                let ping = sink.send(Message::Ping(Bytes::new()));
                if !matches!(tokio::time::timeout(STALL, ping).await, Ok(Ok(()))) {
                    return;
                }
                continue;
            }
        };
        let looks = turn.missed.into_iter().map(|room| Bytes::from(ServerFrame::Look(room).encode()));
        let frames = turn.payloads.into_iter().chain(looks);
        let written = async {
            for frame in frames {
                sink.feed(Message::Binary(frame)).await?;
            }
            if let Some(why) = turn.closed {
                sink.feed(Message::Close(Some(goodbye(why)))).await?;
            }
            sink.flush().await
        };
        let written = tokio::time::timeout(STALL, written).await;
        if !matches!(written, Ok(Ok(()))) || turn.closed.is_some() {
            return;
        }
    }
}

fn goodbye(why: Closed) -> CloseFrame {
    match why {
        Closed::Anew => CloseFrame { code: 1001, reason: "connect anew".into() },
        Closed::Ended => CloseFrame { code: 4001, reason: "the session ended".into() },
    }
}
