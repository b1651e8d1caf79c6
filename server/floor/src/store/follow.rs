//! Follow: what other nodes on the same PostgreSQL have told with their transactions.
//!
//! One connection listens. Whether it still does is tried every few seconds, because a connection that died silently says nothing; when it
//! does not, and again once it does, the node is told that it may have missed something.
//!
//! The same connection holds the node's place at the database: one that keeps files where no other node gets at them has it alone.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sqlx::{
    Executor as _, PgPool,
    postgres::{PgConnectOptions, PgListener, PgPoolOptions},
};

use super::StoreError;
use crate::bus::{Notice, notice};

/// How long it is listened before it is tried whether the connection is alive.
const QUIET: Duration = Duration::from_secs(2);
/// How long the database may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a node waits between two tries to listen again, or to get its place.
const PAUSE: Duration = Duration::from_millis(250);
/// How often a node tries to get its place: a node that was killed has lost its own within that time.
const TRIES: u32 = 20;
/// Takes a place beside others. Held until the connection ends.
const BESIDE: &str = "SELECT pg_try_advisory_lock_shared(7102)";
/// Takes the place of a node that works alone.
const ALONE: &str = "SELECT pg_try_advisory_lock(7102)";
/// Ends what is left of this node's own earlier connections.
const FORMER: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = current_setting('application_name') AND usename = current_user AND pid <> pg_backend_pid()";

/// What there is to hear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// What another node has told.
    Notices(Vec<Notice>),
    /// Something may have been missed: nothing that is known by heart holds any more.
    Missed,
    /// The node was not heard of for a while, and another one has its place now: it must end.
    Ousted,
}

/// Listens to the other nodes, for one task.
#[derive(Debug)]
pub struct Follower(pub(super) Option<Following>);

impl Follower {
    /// Waits for what another node tells. On SQLite there is none, and it waits for ever.
    pub async fn hear(&mut self) -> Heard {
        match &mut self.0 {
            Some(following) => following.hear().await,
            None => std::future::pending().await,
        }
    }
}

/// Listens on a connection of its own.
#[derive(Debug)]
pub(crate) struct Following {
    options: PgConnectOptions,
    node: Arc<str>,
    alone: bool,
    listener: Option<PgListener>,
    /// Whether there is one.
    hears: Arc<AtomicBool>,
}

impl Following {
    pub(super) fn new(
        options: PgConnectOptions,
        node: Arc<str>,
        alone: bool,
        hears: Arc<AtomicBool>,
    ) -> Self {
        let options = options.application_name(&format!("chancery-follow/{node}"));
        Self { options, node, alone, listener: None, hears }
    }

    /// Begins to listen, and takes the node's place; `false` where it cannot have it.
    pub(super) async fn begin(&mut self) -> Result<bool, StoreError> {
        let wrong = |error: sqlx::Error| StoreError::of_postgres(&error);
        // A pool, because the library listens on a connection of one only.
        let pool: PgPool = PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(PATIENCE)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(self.options.clone())
            .await
            .map_err(wrong)?;
        let listening = async {
            let mut listener = PgListener::connect_with(&pool).await?;
            listener.eager_reconnect(false);
            listener.listen("chancery").await?;
            // A connection of its own that broke on the way may hold the place still, as far as the database knows.
            listener.execute(FORMER).await?;
            Ok(listener)
        };
        let late = |_| StoreError::Failed("the database takes too long to answer".to_owned());
        let listening = tokio::time::timeout(PATIENCE, listening).await.map_err(late)?;
        let mut listener: PgListener = listening.map_err(wrong)?;
        for _ in 0..TRIES {
            let place = sqlx::query_scalar::<_, bool>(if self.alone { ALONE } else { BESIDE });
            if place.fetch_one(&mut listener).await.map_err(wrong)? {
                self.listener = Some(listener);
                self.hears.store(true, Ordering::SeqCst);
                return Ok(true);
            }
            tokio::time::sleep(PAUSE).await;
        }
        Ok(false)
    }

    async fn hear(&mut self) -> Heard {
        loop {
            let Some(listener) = &mut self.listener else {
                match Box::pin(self.begin()).await {
                    Ok(true) => {
                        tracing::info!("this server hears of what others write again");
                        return Heard::Missed;
                    }
                    Ok(false) => return Heard::Ousted,
                    Err(error) => {
                        tracing::debug!(%error, "this server does not hear of what others write yet");
                        tokio::time::sleep(PAUSE).await;
                    }
                }
                continue;
            };
            let alive = match tokio::time::timeout(QUIET, listener.try_recv()).await {
                Ok(Ok(Some(notification))) => {
                    let Some((node, message)) = notification.payload().split_once('\n') else { continue };
                    if node == &*self.node {
                        continue;
                    }
                    // What this version does not know may have meant anything.
                    return notice::read(message).map_or(Heard::Missed, Heard::Notices);
                }
                Ok(Ok(None) | Err(_)) => false,
                Err(_) => {
                    matches!(tokio::time::timeout(PATIENCE, listener.execute("SELECT 1")).await, Ok(Ok(_)))
                }
            };
            if !alive {
                // INVARIANT: said before whoever is connected is let go, so that nobody comes back to a node that is deaf.
                self.hears.store(false, Ordering::SeqCst);
                self.listener = None;
                tracing::warn!(
                    "this server does not hear of what others write, and takes in no streams until it does"
                );
                return Heard::Missed;
            }
        }
    }
}
