//! The accept loop: TCP, perhaps TLS, then HTTP/1.1 or HTTP/2, with limits on every stage and a drain at the end.

use std::{convert::Infallible, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, extract::Request, response::Response};
use chancery_duties::gateway::Peer;
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{
        conn::auto,
        graceful::{GracefulShutdown, Watcher},
    },
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinSet,
    time::timeout,
};
use tokio_rustls::TlsAcceptor;
use tower::{Service, ServiceExt as _};

use crate::{stream::Stream, tls::Tls};

/// How long a TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long the head of a request may take.
const HEAD: Duration = Duration::from_secs(15);
/// How long open requests have when the server stops.
const DRAIN: Duration = Duration::from_secs(5);
/// How long to wait when the system has no file descriptor left.
const EXHAUSTED: Duration = Duration::from_millis(100);
/// The most requests one HTTP/2 connection may have open.
const STREAMS: u32 = 128;
/// The most bytes of a request's head over HTTP/1.1, and of the read buffer.
const HEAD_BYTES: usize = 64 * 1024;

/// A listening socket and what is spoken on it.
#[derive(Debug)]
pub(crate) struct Listener {
    socket: TcpListener,
    address: SocketAddr,
    tls: Option<Tls>,
    places: Arc<Semaphore>,
}

impl Listener {
    /// Binds `address`; port 0 takes a free one. At most `connections` are served at once.
    pub(crate) async fn bind(address: SocketAddr, tls: Option<Tls>, connections: usize) -> io::Result<Self> {
        let socket = TcpListener::bind(address).await?;
        let address = socket.local_addr()?;
        Ok(Self { socket, address, tls, places: Arc::new(Semaphore::new(connections)) })
    }

    /// The address really bound.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves `router` until `stop`, then lets open requests finish until the deadline.
    pub(crate) async fn serve(self, router: Router, stop: impl Future<Output = ()>) {
        let graceful = GracefulShutdown::new();
        let acceptor = self.tls.as_ref().map(|tls| TlsAcceptor::from(tls.config()));
        let mut connections = JoinSet::new();
        let mut stop = std::pin::pin!(stop);
        loop {
            // A connection waits in the system's queue until there is a place for it.
            let place = tokio::select! {
                place = Arc::clone(&self.places).acquire_owned() => place,
                Some(_) = connections.join_next() => continue,
                () = &mut stop => break,
            };
            // The semaphore is never closed.
            let Ok(place) = place else { break };
            let socket = tokio::select! {
                accepted = self.socket.accept() => accepted,
                () = &mut stop => break,
            };
            match socket {
                Ok((socket, from)) => {
                    let stream = (socket, place);
                    let service = router.clone().map_request(move |mut request: Request<Incoming>| {
                        request.extensions_mut().insert(Peer(from.ip()));
                        request
                    });
                    connections.spawn(talk(stream, acceptor.clone(), service, graceful.watcher()));
                }
                Err(why) if is_about_one_connection(&why) => {}
                Err(why) => {
                    tracing::warn!(%why, "cannot accept connections");
                    tokio::time::sleep(EXHAUSTED).await;
                }
            }
        }
        drop(self.socket);
        if timeout(DRAIN, graceful.shutdown()).await.is_err() {
            tracing::warn!(left = connections.len(), "some requests did not finish in time");
        }
        connections.shutdown().await;
    }
}

/// Speaks with one client until it or the server has had enough.
async fn talk(
    (socket, place): (TcpStream, tokio::sync::OwnedSemaphorePermit),
    tls: Option<TlsAcceptor>,
    service: impl Service<Request<Incoming>, Response = Response, Error = Infallible, Future: Send>
    + Clone
    + Send
    + 'static,
    watcher: Watcher,
) {
    // Frames are small and already coalesced: waiting for more of them only delays.
    if socket.set_nodelay(true).is_err() {
        return;
    }
    let stream = match tls {
        None => Stream::plain(socket, place),
        Some(tls) => match timeout(HANDSHAKE, tls.accept(socket)).await {
            Ok(Ok(secured)) => Stream::secured(secured, place),
            Ok(Err(why)) => return tracing::debug!(%why, "a TLS handshake failed"),
            Err(_) => return tracing::debug!("a TLS handshake took too long"),
        },
    };
    let mut http = auto::Builder::new(TokioExecutor::new());
    http.http1().timer(TokioTimer::new()).header_read_timeout(HEAD).max_buf_size(HEAD_BYTES);
    http.http2().timer(TokioTimer::new()).max_concurrent_streams(STREAMS).keep_alive_interval(Some(HEAD));
    let service = TowerToHyperService::new(service);
    let connection = http.serve_connection_with_upgrades(TokioIo::new(stream), service).into_owned();
    if let Err(why) = watcher.watch(connection).await {
        tracing::debug!(%why, "a connection ended early");
    }
}

/// Whether accepting failed because of the client, and the next one may do better.
fn is_about_one_connection(why: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(why.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
