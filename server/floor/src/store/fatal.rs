//! The signal that the store failed for good: whoever serves must stop acknowledging, and the process must end.

use tokio::sync::watch;

use super::StoreError;

/// A flag that goes up once and never comes down. Clones share it.
#[derive(Clone, Debug)]
pub struct Fatal(watch::Sender<Option<String>>);

impl Default for Fatal {
    fn default() -> Self {
        Self(watch::Sender::new(None))
    }
}

impl Fatal {
    /// Raises the flag; the first reason stays.
    pub fn raise(&self, reason: &str) {
        self.0.send_if_modified(|state| {
            let first = state.is_none();
            if first {
                tracing::error!(reason, "the store failed for good: nothing more is acknowledged");
                *state = Some(reason.to_owned());
            }
            first
        });
    }

    /// Says no when the flag is up.
    pub fn check(&self) -> Result<(), StoreError> {
        match &*self.0.borrow() {
            Some(reason) => Err(StoreError::Fatal(reason.clone())),
            None => Ok(()),
        }
    }

    /// Waits until the flag is up and returns why.
    pub async fn raised(&self) -> String {
        let mut seen = self.0.subscribe();
        // The sender lives in `self`, so the channel cannot close while this waits.
        seen.wait_for(Option::is_some).await.ok().and_then(|reason| reason.clone()).unwrap_or_default()
    }

    /// Raises the flag when `result` is fatal, and passes it on.
    pub(crate) fn watch<T>(&self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        if let Err(StoreError::Fatal(reason)) = &result {
            self.raise(reason);
        }
        result
    }
}
