//! A WebSocket of the browser's. What it hears comes as events, and waits here until it is asked for.
//!
//! A page cannot set headers of a WebSocket, so session and proof are named as protocols (`protocol/frames.md`); nor does it learn why a server
//! refuses one, so it asks again with an ordinary request, which is refused for the same reason.

use bytes::Bytes;
use chancery_wire::{
    frames::{STREAM_PROOF, STREAM_PROTOCOL, STREAM_TOKEN},
    problem::Problem,
};
use js_sys::{Array, ArrayBuffer, JsString, Uint8Array};
use reqwest::header::HeaderMap;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use wasm_bindgen::{JsCast as _, closure::Closure};
use web_sys::{BinaryType, CloseEvent, Event, MessageEvent, WebSocket};

use super::Reach;
use crate::{error::SdkError, net::http::unreachable};

/// What a WebSocket tells.
enum Heard {
    Opened,
    Message(Bytes),
    Nonsense,
    Alive,
    Closed,
}

/// An open connection.
pub(in crate::net) struct Stream {
    socket: WebSocket,
    heard: UnboundedReceiver<Heard>,
    tell: UnboundedSender<Heard>,
    /// An address of the server's that answers whoever asks.
    health: String,
    reach: Reach,
    /// What is called while the socket is there.
    _listeners: (Closure<dyn FnMut(Event)>, Closure<dyn FnMut(MessageEvent)>, Closure<dyn FnMut(CloseEvent)>),
}

/// Connects to `address`, with what these headers say; `refusal` gets the headers of a refusal.
pub(in crate::net) async fn connect(
    address: &str,
    reach: &Reach,
    headers: Vec<(&'static str, String)>,
    refusal: &mut HeaderMap,
) -> Result<Stream, SdkError> {
    let mut stream = Stream::begin(address, reach, &headers)?;
    match stream.heard.recv().await {
        Some(Heard::Opened) => Ok(stream),
        _ => Err(why(address, reach, headers, refusal).await),
    }
}

/// Why a connection was not opened, as the server tells it to an ordinary request.
async fn why(
    address: &str,
    reach: &Reach,
    headers: Vec<(&'static str, String)>,
    refusal: &mut HeaderMap,
) -> SdkError {
    let asked = async {
        let mut request = reach.client()?.get(address.replacen("ws", "http", 1));
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let response = request.send().await.map_err(|error| unreachable(&error))?;
        refusal.clone_from(response.headers());
        let body = response.bytes().await.map_err(|error| unreachable(&error))?;
        let strange = |_| SdkError::Strange("its refusal cannot be read; is it a Chancery server?");
        serde_json::from_slice::<Problem>(&body).map_err(strange)
    };
    match asked.await {
        Ok(problem) => SdkError::Refused(problem),
        Err(error) => error,
    }
}

impl Stream {
    fn begin(address: &str, reach: &Reach, headers: &[(&'static str, String)]) -> Result<Self, SdkError> {
        let protocols = Array::of1(&JsString::from(STREAM_PROTOCOL));
        for (name, value) in headers {
            // `DPoP <token>` and the proof: both are words that a protocol's name may be.
            let (prefix, word) = match value.strip_prefix("DPoP ") {
                Some(token) => (STREAM_TOKEN, token),
                None => (STREAM_PROOF, value.as_str()),
            };
            debug_assert!(matches!(*name, "authorization" | "dpop"), "{name}");
            protocols.push(&JsString::from(format!("{prefix}{word}")));
        }
        let refused = |_| SdkError::Unreachable("the browser does not open a connection there".to_owned());
        let socket = WebSocket::new_with_str_sequence(address, &protocols).map_err(refused)?;
        socket.set_binary_type(BinaryType::Arraybuffer);
        let (tell, heard) = unbounded_channel();
        // Where nobody listens any more, the connection is closed already.
        let opened = {
            let tell = tell.clone();
            Closure::<dyn FnMut(Event)>::new(move |_| drop(tell.send(Heard::Opened)))
        };
        let message = {
            let tell = tell.clone();
            Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
                let bytes = event.data().dyn_into::<ArrayBuffer>();
                let heard = bytes.map(|bytes| Heard::Message(Uint8Array::new(&bytes).to_vec().into()));
                drop(tell.send(heard.unwrap_or(Heard::Nonsense)));
            })
        };
        let closed = {
            let tell = tell.clone();
            Closure::<dyn FnMut(CloseEvent)>::new(move |_| drop(tell.send(Heard::Closed)))
        };
        socket.set_onopen(Some(opened.as_ref().unchecked_ref()));
        socket.set_onmessage(Some(message.as_ref().unchecked_ref()));
        socket.set_onclose(Some(closed.as_ref().unchecked_ref()));
        let health = address.replacen("ws", "http", 1).replace("/v1/stream", "/v1/organisation");
        let reach = reach.clone();
        Ok(Self { socket, heard, tell, health, reach, _listeners: (opened, message, closed) })
    }

    /// Sends a message; the browser keeps what it cannot send yet.
    pub(in crate::net) async fn feed(&mut self, message: Vec<u8>) -> Result<(), SdkError> {
        self.socket.send_with_u8_array(&message).map_err(|_| gone())
    }

    /// Sends what was taken: it is under way.
    pub(in crate::net) async fn flush(&mut self) -> Result<(), SdkError> {
        Ok(())
    }

    /// Asks for a sign of life. A page cannot do that on the connection itself: that the server answers at all has to do.
    pub(in crate::net) async fn ping(&mut self) -> Result<(), SdkError> {
        let answer = self.reach.client()?.get(&self.health).send().await;
        answer.map_err(|error| unreachable(&error))?;
        self.tell.send(Heard::Alive).map_err(|_| gone())
    }

    /// The next message, or nothing for a mere sign of life. Dropped before it is done, it loses nothing.
    pub(in crate::net) async fn next(&mut self) -> Result<Option<Bytes>, SdkError> {
        match self.heard.recv().await {
            Some(Heard::Message(bytes)) => Ok(Some(bytes)),
            Some(Heard::Opened | Heard::Alive) => Ok(None),
            Some(Heard::Nonsense) => Err(SdkError::Strange("a frame cannot be read")),
            Some(Heard::Closed) | None => Err(gone()),
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.socket.set_onopen(None);
        self.socket.set_onmessage(None);
        self.socket.set_onclose(None);
        // One that is closed already stays so.
        let _ = self.socket.close();
    }
}

fn gone() -> SdkError {
    SdkError::Unreachable("it closed the connection".to_owned())
}
