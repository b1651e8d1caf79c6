//! The socket: frames both ways, one a message.

use std::{collections::VecDeque, time::Duration};

use chancery_vault::Identity;
use chancery_wire::{
    frames::{ClientFrame, FRAME_LIMIT, ServerFrame},
    problem::{Code, Problem},
};
use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
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

use super::{
    http::{Http, unreachable},
    patience::Patience,
};
use crate::error::SdkError;

const PATH: &str = "/v1/stream";
/// How long the server may take to answer the handshake.
const PATIENCE: Duration = Duration::from_secs(10);
/// The most frames read at once.
const BATCH: usize = 1024;

/// Something that reads and writes: TLS or, on loopback, plain TCP.
trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

/// An open socket.
pub(crate) struct Socket {
    stream: WebSocketStream<Box<dyn Wire>>,
    /// Read, and not handed out yet.
    waiting: VecDeque<ServerFrame>,
}

impl Http {
    /// Opens the device's socket.
    pub(crate) async fn socket(&mut self, identity: &Identity) -> Result<Socket, SdkError> {
        let mut patience = Patience::new();
        loop {
            let mut headers = HeaderMap::new();
            let error = match self.open_socket(identity, &mut headers).await {
                Ok(socket) => return Ok(socket),
                Err(error) => error,
            };
            if !patience.again(self.renew(&error), &error, &headers).await {
                return Err(error);
            }
        }
    }

    /// `headers` are those of a refusal.
    async fn open_socket(
        &mut self,
        identity: &Identity,
        headers: &mut HeaderMap,
    ) -> Result<Socket, SdkError> {
        let address = self.server().replacen("http", "ws", 1) + PATH;
        let mut request = address.into_client_request().map_err(|error| unreachable(&error))?;
        for (name, value) in self.headers(identity, "GET", PATH).await? {
            let value = HeaderValue::from_str(&value).map_err(|error| unreachable(&error))?;
            request.headers_mut().insert(name, value);
        }
        let connect = async {
            let wire = self.connect().await?;
            let config = WebSocketConfig::default()
                .max_message_size(Some(FRAME_LIMIT))
                .max_frame_size(Some(FRAME_LIMIT))
                .write_buffer_size(0);
            client_async_with_config(request, wire, Some(config)).await.map_err(|error| {
                if let SocketError::Http(response) = &error {
                    headers.clone_from(response.headers());
                }
                refused(error)
            })
        };
        let connected = tokio::time::timeout(PATIENCE, connect).await;
        let (stream, _) = connected.map_err(|_| SdkError::Unreachable("it does not answer".to_owned()))??;
        Ok(Socket { stream, waiting: VecDeque::new() })
    }

    async fn connect(&self) -> Result<Box<dyn Wire>, SdkError> {
        let (scheme, rest) = self.server().split_once("://").unwrap_or(("https", self.server()));
        let port = if scheme == "http" { 80 } else { 443 };
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, given)) if !given.ends_with(']') => (host, given.parse().unwrap_or(port)),
            _ => (rest, port),
        };
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let tcp = TcpStream::connect((bare, port)).await.map_err(|error| unreachable(&error))?;
        tcp.set_nodelay(true).map_err(|error| unreachable(&error))?;
        if scheme == "http" {
            return Ok(Box::new(tcp));
        }
        let name = ServerName::try_from(bare.to_owned()).map_err(|error| unreachable(&error))?;
        let connector = tokio_rustls::TlsConnector::from(self.tls.clone());
        Ok(Box::new(connector.connect(name, tcp).await.map_err(|error| unreachable(&error))?))
    }
}

impl Socket {
    /// Sends frames, together.
    pub(crate) async fn send(
        &mut self,
        frames: impl IntoIterator<Item = ClientFrame>,
    ) -> Result<(), SdkError> {
        for frame in frames {
            self.stream.feed(Message::Binary(frame.encode().into())).await.map_err(refused)?;
        }
        self.stream.flush().await.map_err(refused)
    }

    /// Asks whether the other side is still there; its answer comes like any frame.
    pub(crate) async fn ping(&mut self) -> Result<(), SdkError> {
        self.stream.send(Message::Ping(Vec::new().into())).await.map_err(refused)
    }

    /// Waits for frames and takes all that are there. None at all mean only that the other side is there.
    ///
    /// Dropped before it is done, it loses nothing.
    pub(crate) async fn receive(&mut self) -> Result<Vec<ServerFrame>, SdkError> {
        let first = self.stream.next().await;
        self.take(first)?;
        while self.waiting.len() < BATCH {
            let Some(next) = self.stream.next().now_or_never() else { break };
            self.take(next)?;
        }
        Ok(self.waiting.drain(..).collect())
    }

    fn take(&mut self, message: Option<Result<Message, SocketError>>) -> Result<(), SdkError> {
        match message {
            Some(Ok(Message::Binary(bytes))) => {
                let frame =
                    ServerFrame::decode(&bytes).map_err(|_| SdkError::Strange("a frame cannot be read"))?;
                self.waiting.push_back(frame);
                Ok(())
            }
            Some(Ok(Message::Close(_))) | None => {
                Err(SdkError::Unreachable("it closed the connection".to_owned()))
            }
            Some(Ok(_)) => Ok(()),
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
