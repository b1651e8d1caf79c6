//! The tasks of a house, and the connections it serves: started here, so that stopping can wait for them.

use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chancery_floor::store::Fatal;
use futures_util::FutureExt as _;
use tokio::{sync::watch, task::JoinSet};

/// The tasks and connections of a house.
#[derive(Debug)]
pub(super) struct Tasks {
    writers: Mutex<JoinSet<()>>,
    helpers: Mutex<JoinSet<()>>,
    connections: watch::Sender<usize>,
}

impl Default for Tasks {
    fn default() -> Self {
        Self { writers: Mutex::default(), helpers: Mutex::default(), connections: watch::Sender::new(0) }
    }
}

impl Tasks {
    /// Starts a task that stopping waits for. When it panics, nobody knows what was written: that is fatal.
    pub(super) fn start_writer(&self, fatal: Fatal, task: impl Future<Output = ()> + Send + 'static) {
        let guarded = async move {
            if AssertUnwindSafe(task).catch_unwind().await.is_err() {
                fatal.raise("the task that writes has panicked");
            }
        };
        self.writers.lock().unwrap_or_else(PoisonError::into_inner).spawn(guarded);
    }

    /// Starts a task that stopping ends.
    pub(super) fn start_helper(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.helpers.lock().unwrap_or_else(PoisonError::into_inner).spawn(task);
    }

    /// Waits until the writers have ended, but not forever.
    pub(super) async fn wait_for_writers(&self, patience: Duration) {
        let mut writers = std::mem::take(&mut *self.writers.lock().unwrap_or_else(PoisonError::into_inner));
        let all = async { while writers.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(patience, all).await;
    }

    /// Waits until all connections are gone, but not forever; then ends the helpers.
    pub(super) async fn wind_up(&self, patience: Duration) {
        let mut seen = self.connections.subscribe();
        let _ = tokio::time::timeout(patience, seen.wait_for(|count| *count == 0)).await;
        self.helpers.lock().unwrap_or_else(PoisonError::into_inner).abort_all();
    }
}

/// A connection that is served. Dropped, it is gone.
#[derive(Debug)]
pub(super) struct Served(Arc<Tasks>);

impl Served {
    /// One more connection.
    pub(super) fn by(tasks: &Arc<Tasks>) -> Self {
        tasks.connections.send_modify(|count| *count += 1);
        Self(Arc::clone(tasks))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.0.connections.send_modify(|count| *count = count.saturating_sub(1));
    }
}
