//! The socket: frames both ways, one a message.

use std::collections::VecDeque;

use bytes::Bytes;
use chancery_vault::Identity;
use chancery_wire::frames::{ClientFrame, ServerFrame};
use futures_util::FutureExt as _;
use reqwest::header::HeaderMap;

use super::{
    here::{Stream, connect},
    http::Http,
    patience::Patience,
};
use crate::error::SdkError;

const PATH: &str = "/v1/stream";
/// The most frames read at once.
const BATCH: usize = 1024;

/// An open socket.
pub(crate) struct Socket {
    stream: Stream,
    /// Read, and not handed out yet.
    waiting: VecDeque<ServerFrame>,
}

impl Http {
    /// Opens the device's socket.
    pub(crate) async fn socket(&mut self, identity: &Identity) -> Result<Socket, SdkError> {
        let mut patience = Patience::new();
        loop {
            let mut refusal = HeaderMap::new();
            let headers = self.headers(identity, "GET", PATH).await?;
            let error = match connect((self.server(), PATH), &self.reach, headers, &mut refusal).await {
                Ok(stream) => return Ok(Socket { stream, waiting: VecDeque::new() }),
                Err(error) => error,
            };
            if !patience.again(self.renew(&error), &error, &refusal).await {
                return Err(error);
            }
        }
    }
}

impl Socket {
    /// Sends frames, together.
    pub(crate) async fn send(
        &mut self,
        frames: impl IntoIterator<Item = ClientFrame>,
    ) -> Result<(), SdkError> {
        for frame in frames {
            self.stream.feed(frame.encode()).await?;
        }
        self.stream.flush().await
    }

    /// Asks whether the other side is still there; its answer comes like any frame.
    pub(crate) async fn ping(&mut self) -> Result<(), SdkError> {
        self.stream.ping().await
    }

    /// Waits for frames and takes all that are there. None at all mean only that the other side is there.
    ///
    /// Dropped before it is done, it loses nothing.
    pub(crate) async fn receive(&mut self) -> Result<Vec<ServerFrame>, SdkError> {
        let first = self.stream.next().await?;
        self.take(first)?;
        while self.waiting.len() < BATCH {
            let Some(next) = self.stream.next().now_or_never() else { break };
            self.take(next?)?;
        }
        Ok(self.waiting.drain(..).collect())
    }

    fn take(&mut self, message: Option<Bytes>) -> Result<(), SdkError> {
        if let Some(bytes) = message {
            let frame = ServerFrame::decode(&bytes);
            self.waiting.push_back(frame.map_err(|_| SdkError::Strange("a frame cannot be read"))?);
        }
        Ok(())
    }
}
