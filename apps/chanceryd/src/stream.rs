//! A client's byte stream, plain or secured, that holds its place among the connections for as long as it lives.
//!
//! The place travels with the stream, so that a WebSocket that outlives its HTTP request still counts.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    sync::OwnedSemaphorePermit,
};
use tokio_rustls::server::TlsStream;

/// A client's byte stream.
pub(crate) struct Stream {
    bytes: Bytes,
    _place: OwnedSemaphorePermit,
}

/// The two kinds of it.
enum Bytes {
    Plain(TcpStream),
    Secured(Box<TlsStream<TcpStream>>),
}

impl Stream {
    pub(crate) fn plain(socket: TcpStream, place: OwnedSemaphorePermit) -> Self {
        Self { bytes: Bytes::Plain(socket), _place: place }
    }

    pub(crate) fn secured(stream: TlsStream<TcpStream>, place: OwnedSemaphorePermit) -> Self {
        Self { bytes: Bytes::Secured(Box::new(stream)), _place: place }
    }
}

/// Passes a call on to whichever stream it is.
macro_rules! pass {
    ($self:ident, $call:ident, $($argument:expr),*) => {
        match &mut $self.get_mut().bytes {
            Bytes::Plain(stream) => Pin::new(stream).$call($($argument),*),
            Bytes::Secured(stream) => Pin::new(stream).$call($($argument),*),
        }
    };
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        pass!(self, poll_read, cx, buf)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        pass!(self, poll_write, cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        pass!(self, poll_write_vectored, cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        match &self.bytes {
            Bytes::Plain(stream) => stream.is_write_vectored(),
            Bytes::Secured(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        pass!(self, poll_flush, cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        pass!(self, poll_shutdown, cx)
    }
}
