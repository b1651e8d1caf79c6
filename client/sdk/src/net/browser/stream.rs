//! A WebSocket of the browser's. What it hears comes as events, and waits here until it is asked for.
//!
//! A page cannot set headers of a WebSocket, so session and proof are named as protocols (`protocol/frames.md`); nor does it learn why a server
//! refuses one, so it asks again with an ordinary request, which is refused for the same reason.

use bytes::Bytes;
use chancery_wire::frames::{STREAM_PROOF, STREAM_PROTOCOL, STREAM_TOKEN};
use js_sys::{Array, ArrayBuffer, JsString, Uint8Array};
use reqwest::header::HeaderMap;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use wasm_bindgen::{JsCast as _, closure::Closure};
use web_sys::{BinaryType, CloseEvent, Event, MessageEvent, WebSocket};

use super::Reach;
use crate::{
    error::SdkError,
    net::http::{read, unreachable},
};

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
    anything: String,
    reach: Reach,
    /// What is called while the socket is there.
    _listeners: (Closure<dyn FnMut(Event)>, Closure<dyn FnMut(MessageEvent)>, Closure<dyn FnMut(CloseEvent)>),
}

/// Connects to `path` at `server`, with what these headers say; `refusal` gets the headers of a refusal.
pub(in crate::net) async fn connect(
    (server, path): (&str, &str),
    reach: &Reach,
    headers: Vec<(&'static str, String)>,
    refusal: &mut HeaderMap,
) -> Result<Stream, SdkError> {
    let mut stream = Stream::begin((server, path), reach, &headers)?;
    match stream.heard.recv().await {
        Some(Heard::Opened) => Ok(stream),
        _ => Err(why(&format!("{server}{path}"), reach, headers, refusal).await),
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
        let mut request = reach.client()?.get(address);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let response = request.send().await.map_err(|error| unreachable(&error))?;
        refusal.clone_from(response.headers());
        read(response).await
    };
    asked.await.err().unwrap_or(SdkError::Strange("it opens no stream, and does not say why"))
}

impl Stream {
    fn begin(
        (server, path): (&str, &str),
        reach: &Reach,
        headers: &[(&'static str, String)],
    ) -> Result<Self, SdkError> {
        let protocols = Array::of1(&JsString::from(STREAM_PROTOCOL));
        for (name, value) in headers {
            // The token comes after the word that says how it is shown.
            let named = match *name {
                "authorization" => {
                    format!("{STREAM_TOKEN}{}", value.split(' ').next_back().unwrap_or_default())
                }
                _ => format!("{STREAM_PROOF}{value}"),
            };
            protocols.push(&JsString::from(named));
        }
        let refused = |_| SdkError::Unreachable("the browser does not open a connection there".to_owned());
        let address = format!("{}{path}", server.replacen("http", "ws", 1));
        let socket = WebSocket::new_with_str_sequence(&address, &protocols).map_err(refused)?;
        socket.set_binary_type(BinaryType::Arraybuffer);
        let (tell, heard) = unbounded_channel();
        let (opens, hears, closes) = (tell.clone(), tell.clone(), tell.clone());
        // Where nobody listens any more, the connection is closed already.
        let opened = Closure::<dyn FnMut(Event)>::new(move |_| drop(opens.send(Heard::Opened)));
        let message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            let bytes = event.data().dyn_into::<ArrayBuffer>();
            let heard = bytes.map(|bytes| Heard::Message(Uint8Array::new(&bytes).to_vec().into()));
            drop(hears.send(heard.unwrap_or(Heard::Nonsense)));
        });
        let closed = Closure::<dyn FnMut(CloseEvent)>::new(move |_| drop(closes.send(Heard::Closed)));
        socket.set_onopen(Some(opened.as_ref().unchecked_ref()));
        socket.set_onmessage(Some(message.as_ref().unchecked_ref()));
        socket.set_onclose(Some(closed.as_ref().unchecked_ref()));
        let (anything, reach) = (format!("{server}/v1/organisation"), reach.clone());
        Ok(Self { socket, heard, tell, anything, reach, _listeners: (opened, message, closed) })
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
        let answer = self.reach.client()?.get(&self.anything).send().await;
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
