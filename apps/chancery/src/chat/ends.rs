//! What ends the program from outside: a terminal that goes away, and whoever asks it to end.

/// The signals that end it.
pub(super) struct Ends {
    #[cfg(unix)]
    signals: [tokio::signal::unix::Signal; 3],
}

impl Ends {
    /// Listens from now on.
    pub(super) fn listen() -> std::io::Result<Self> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let kinds = [SignalKind::hangup(), SignalKind::terminate(), SignalKind::interrupt()];
            let [hangup, terminate, interrupt] = kinds.map(signal);
            Ok(Self { signals: [hangup?, terminate?, interrupt?] })
        }
        #[cfg(not(unix))]
        Ok(Self {})
    }

    /// Waits for the first of them.
    pub(super) async fn come(&mut self) {
        #[cfg(unix)]
        {
            let [hangup, terminate, interrupt] = &mut self.signals;
            tokio::select! {
                _ = hangup.recv() => {}
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        }
        #[cfg(not(unix))]
        // Where nobody can be asked any more, nothing is waited for.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
