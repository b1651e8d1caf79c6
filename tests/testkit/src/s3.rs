//! An S3 store for tests: in this process, over TCP, asking for signatures; it can go away and come back.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    time::Duration,
};

use chancery_floor::blobs::Bucket;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
};
use s3s::{
    auth::SimpleAuth,
    service::{S3Service, S3ServiceBuilder},
};
use s3s_fs::FileSystem;
use tempfile::TempDir;
use tokio::{runtime::Runtime, task::JoinSet};

/// The bucket that is there.
pub const BUCKET: &str = "chancery-files";
/// The name of the key that may use it.
pub const KEY_ID: &str = "AKTEST";
/// That key.
pub const SECRET: &str = "a-secret-for-tests";
/// How long connections may take to end.
const PATIENCE: Duration = Duration::from_secs(10);

/// What went wrong while a store was started.
type Trouble = Box<dyn std::error::Error>;

/// A store with one empty bucket.
#[derive(Debug)]
pub struct Store {
    folder: TempDir,
    address: SocketAddr,
    running: Option<Runtime>,
}

impl Store {
    /// Starts one on a free port.
    pub fn start() -> Result<Self, Trouble> {
        let folder = tempfile::tempdir()?;
        std::fs::create_dir(folder.path().join(BUCKET))?;
        let mut store = Self { folder, address: SocketAddr::from(([127, 0, 0, 1], 0)), running: None };
        store.come_back()?;
        Ok(store)
    }

    /// Where it is asked.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The bucket, and who may use it.
    #[must_use]
    pub fn bucket(&self) -> Bucket {
        Bucket {
            endpoint: self.endpoint(),
            name: BUCKET.to_owned(),
            region: "eu-central-1".to_owned(),
            key_id: KEY_ID.to_owned(),
            secret: SECRET.to_owned(),
        }
    }

    /// The folder its objects lie in, each under its key.
    #[must_use]
    pub fn objects(&self) -> PathBuf {
        self.folder.path().join(BUCKET)
    }

    /// Goes away: connections break, and new ones are refused. What it keeps stays.
    pub fn go_away(&mut self) {
        let Some(running) = self.running.take() else { return };
        // A runtime may not be waited for by what may run in another one.
        let _ = std::thread::spawn(move || running.shutdown_timeout(PATIENCE)).join();
    }

    /// Comes back where it was, with what it had.
    pub fn come_back(&mut self) -> Result<(), Trouble> {
        let mut service =
            S3ServiceBuilder::new(FileSystem::new(self.folder.path()).map_err(|why| format!("{why:?}"))?);
        service.set_auth(SimpleAuth::from_single(KEY_ID, SECRET));
        let listener = TcpListener::bind(self.address)?;
        listener.set_nonblocking(true)?;
        self.address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        runtime.spawn(serve(listener, service.build()));
        self.running = Some(runtime);
        Ok(())
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.go_away();
    }
}

/// Serves whoever connects, until the runtime ends.
async fn serve(listener: TcpListener, service: S3Service) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let mut connections = JoinSet::new();
    loop {
        let (socket, _) = listener.accept().await?;
        let service = service.clone();
        connections.spawn(async move {
            let http = Builder::new(TokioExecutor::new());
            // Whoever breaks off has seen enough.
            let _ = http.serve_connection(TokioIo::new(socket), service).await;
        });
        while connections.try_join_next().is_some() {}
    }
}
