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

    /// Brings something to its end, whether or not anybody waits for it still; nothing where it panicked. Counts as a connection, so that stopping
    /// waits for it.
    pub(super) async fn finish<T: Send + 'static>(
        self: &Arc<Self>,
        task: impl Future<Output = T> + Send + 'static,
    ) -> Option<T> {
        let served = Served::by(self);
        #[expect(clippy::disallowed_methods, reason = "the task is counted, and stopping waits for it")]
        let task = tokio::spawn(async move {
            let _served = served;
            task.await
        });
        task.await.ok()
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

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn what_was_begun_is_brought_to_its_end_though_nobody_waits_for_it() {
        let tasks = Arc::new(Tasks::default());
        let ((go, gone), (done, is_done)) = (oneshot::channel::<()>(), oneshot::channel());
        let task = tasks.finish(async move {
            gone.await.unwrap();
            done.send(()).unwrap();
        });
        assert!(task.now_or_never().is_none(), "it is under way, and nobody waits for it any more");
        assert_eq!(*tasks.connections.borrow(), 1, "stopping would");
        go.send(()).unwrap();
        is_done.await.unwrap();
    }
}
