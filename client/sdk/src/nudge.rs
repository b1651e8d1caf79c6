//! A nudge: tells a client that is online that there is something new to send, which another one put into the same vault.

use std::sync::Arc;

use tokio::sync::Notify;

/// Wakes the [`crate::Client`] it was taken from, from any thread. It carries nothing: what is to be sent stands in the vault.
#[derive(Clone, Debug, Default)]
pub struct Nudge(Arc<Notify>);

impl Nudge {
    /// Makes the client look into the vault now, or at once when it is online next.
    pub fn give(&self) {
        self.0.notify_one();
    }

    /// Waits until it is given.
    pub(crate) async fn given(&self) {
        self.0.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "current_thread")]
    async fn a_nudge_that_nobody_waited_for_is_not_lost() {
        let nudge = Nudge::default();
        nudge.clone().give();
        nudge.given().await;
    }
}
