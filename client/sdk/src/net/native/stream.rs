//! A WebSocket (RFC 6455) over TLS, or on this machine over plain TCP.

use std::time::Duration;

use bytes::Bytes;
use chancery_wire::{
    frames::FRAME_LIMIT,
    problem::{Code, Problem},
};
use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::header::HeaderMap;
use rustls::pki_types::ServerName;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{
        Error as SocketError, Message, client::IntoClientRequest as _, http::HeaderValue,
        protocol::WebSocketConfig,
    },
};

use super::Reach;
use crate::{error::SdkError, net::http::unreachable};

/// How long the server may take to answer the handshake.
const PATIENCE: Duration = Duration::from_secs(10);

/// Something that reads and writes: TLS or, on loopback, plain TCP.
trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

/// An open connection.
pub(in crate::net) struct Stream(WebSocketStream<Box<dyn Wire>>);

/// Connects to `path` at `server`, with these headers; `refusal` gets those of a refusal.
pub(in crate::net) async fn connect(
    (server, path): (&str, &str),
    reach: &Reach,
    headers: Vec<(&'static str, String)>,
    refusal: &mut HeaderMap,
) -> Result<Stream, SdkError> {
    let address = format!("{}{path}", server.replacen("http", "ws", 1));
    let mut request = address.as_str().into_client_request().map_err(|error| unreachable(&error))?;
    for (name, value) in headers {
        let value = HeaderValue::from_str(&value).map_err(|error| unreachable(&error))?;
        request.headers_mut().insert(name, value);
    }
    let connect = async {
        let wire = wire(&address, reach).await?;
        let config = WebSocketConfig::default()
            .max_message_size(Some(FRAME_LIMIT))
            .max_frame_size(Some(FRAME_LIMIT))
            .write_buffer_size(0);
        client_async_with_config(request, wire, Some(config)).await.map_err(|error| {
            if let SocketError::Http(response) = &error {
                refusal.clone_from(response.headers());
            }
            refused(error)
        })
    };
    let connected = tokio::time::timeout(PATIENCE, connect).await;
    let (stream, _) = connected.map_err(|_| SdkError::Unreachable("it does not answer".to_owned()))??;
    Ok(Stream(stream))
}

async fn wire(address: &str, reach: &Reach) -> Result<Box<dyn Wire>, SdkError> {
    let address = url::Url::parse(address).map_err(|error| unreachable(&error))?;
    let host = address.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let port = address.port_or_known_default().unwrap_or(443);
    let tcp = TcpStream::connect((bare, port)).await.map_err(|error| unreachable(&error))?;
    tcp.set_nodelay(true).map_err(|error| unreachable(&error))?;
    if address.scheme() == "ws" {
        return Ok(Box::new(tcp));
    }
    let name = ServerName::try_from(bare.to_owned()).map_err(|error| unreachable(&error))?;
    let connector = tokio_rustls::TlsConnector::from(reach.tls.clone());
    Ok(Box::new(connector.connect(name, tcp).await.map_err(|error| unreachable(&error))?))
}

impl Stream {
    /// Takes a message to be sent with the next [`Self::flush`].
    pub(in crate::net) async fn feed(&mut self, message: Vec<u8>) -> Result<(), SdkError> {
        self.0.feed(Message::Binary(message.into())).await.map_err(refused)
    }

    /// Sends what was taken.
    pub(in crate::net) async fn flush(&mut self) -> Result<(), SdkError> {
        self.0.flush().await.map_err(refused)
    }

    /// Asks for a sign of life.
    pub(in crate::net) async fn ping(&mut self) -> Result<(), SdkError> {
        self.0.send(Message::Ping(Vec::new().into())).await.map_err(refused)
    }

    /// The next message, or nothing for a mere sign of life. Dropped before it is done, it loses nothing.
    pub(in crate::net) async fn next(&mut self) -> Result<Option<Bytes>, SdkError> {
        match self.0.next().await {
            Some(Ok(Message::Binary(bytes))) => Ok(Some(bytes)),
            Some(Ok(Message::Close(_))) | None => {
                Err(SdkError::Unreachable("it closed the connection".to_owned()))
            }
            Some(Ok(_)) => Ok(None),
            Some(Err(error)) => Err(refused(error)),
        }
    }
}

fn refused(error: SocketError) -> SdkError {
    match error {
        SocketError::Http(response) => {
            let body = response.body().as_deref().unwrap_or_default();
            if let Ok(problem) = serde_json::from_slice::<Problem>(body) {
                return SdkError::Refused(problem);
            }
            // Some servers in between answer without a body.
            let status = response.status().as_u16();
            let known = [Code::NoSession, Code::TooMany].into_iter().find(|it| it.status() == status);
            let strange = SdkError::Strange("its refusal cannot be read; is it a Chancery server?");
            known.map_or(strange, |code| SdkError::Refused(code.problem(None)))
        }
        error => unreachable(&error),
    }
}
