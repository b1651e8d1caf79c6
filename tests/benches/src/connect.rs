//! Connections: a WebSocket over loopback, set up alike for the server and for the relay.

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{Message, client::IntoClientRequest as _, http::HeaderValue, protocol::WebSocketConfig},
};

use bytes::Bytes;

use crate::{Failure, Outcome, request::Header};

/// What is read at once.
const READ_BUFFER: usize = 16 * 1024;

/// An open connection.
pub(crate) type Stream = WebSocketStream<TcpStream>;

/// Opens a connection.
pub(crate) async fn connect(address: &str, path: &str, headers: &[Header]) -> Outcome<Stream> {
    let mut request = format!("ws://{address}{path}").into_client_request()?;
    for (name, value) in headers {
        request.headers_mut().insert(*name, HeaderValue::from_str(value)?);
    }
    let tcp = TcpStream::connect(address).await?;
    tcp.set_nodelay(true)?;
    let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER);
    Ok(client_async_with_config(request, tcp, Some(config)).await?.0)
}

/// Sends frames, together.
pub(crate) async fn send(stream: &mut Stream, frames: impl IntoIterator<Item = Bytes>) -> Outcome {
    for frame in frames {
        stream.feed(Message::Binary(frame)).await?;
    }
    Ok(stream.flush().await?)
}

/// Waits for the next frame.
pub(crate) async fn next(stream: &mut Stream) -> Outcome<Bytes> {
    while let Some(message) = stream.next().await {
        if let Some(frame) = binary(message?)? {
            return Ok(frame);
        }
    }
    Err("the connection was closed".into())
}

/// The frame in a message, if there is one.
pub(crate) fn binary(message: Message) -> Result<Option<Bytes>, Failure> {
    match message {
        Message::Binary(frame) => Ok(Some(frame)),
        Message::Close(why) => Err(format!("the connection was closed: {why:?}").into()),
        _ => Ok(None),
    }
}
