//! `chanceryd serve`: a server with this machine's clock, its signals, and what the person who started it has to know.

use std::{io::Write as _, sync::Arc};

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::{
    Renewal, Server, ServerError,
    config::Config,
    logs,
    surroundings::{MachineClock, MachineEntropy},
};

/// Serves until SIGTERM or Ctrl-C.
pub async fn serve(config: &Config) -> Result<(), ServerError> {
    logs::start(config.log);
    // From here on a signal is heard: whoever reads that it listens may send one at once.
    let [terminate, interrupt, hangup] =
        [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::hangup()]
            .map(|kind| signal(kind).ok());
    let server = Server::start(config, Arc::new(MachineClock), Arc::new(MachineEntropy)).await?;
    announce(config, &server).await?;
    let renewing = renew(server.renewal(config), hangup);
    tokio::select! {
        outcome = server.run(asked_to_stop(terminate, interrupt)) => outcome,
        () = renewing => Ok(()),
    }
}

/// Says where it listens, and how to found the organisation as long as nobody did. The last line is always the address.
async fn announce(config: &Config, server: &Server) -> Result<(), ServerError> {
    let (public, health) = (server.public_address(), server.health_address());
    if let Some(link) = server.founding_link().await? {
        tracing::info!("not founded yet; the link that founds the organisation was printed, once");
        let first = if config.admin.as_ref().is_some_and(|it| it.own_accounts) { "admin" } else { "alice" };
        let passkey = if config.passkeys.required { "\n  chancery passkeys add 'my key'" } else { "" };
        say(&format!(
            "\n{} has not been founded yet. Whoever opens this link first is its first administrator;\n\
             it works once, and until the server starts again:\n\n  {link}\n\n\
             Next:\n\n  chancery found '{link}' --as {first}{passkey}\n",
            config.domain
        ));
    }
    tracing::info!(%public, %health, "listening");
    say(&format!("health on {health}"));
    if let Some(admin) = server.admin_address() {
        say(&format!("admin on {admin}"));
    } else {
        tracing::warn!("what roles permit is done where everybody connects: there is no [admin]");
    }
    say(&format!("listening on {public}"));
    Ok(())
}

/// Writes a line for whoever started this.
fn say(text: &str) {
    // Nobody has to be there to read it: the same stands in the log.
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Waits until the process is asked to stop.
async fn asked_to_stop(mut terminate: Option<Signal>, mut interrupt: Option<Signal>) {
    tokio::select! {
        () = next(&mut terminate) => {}
        () = next(&mut interrupt) => {}
    }
}

/// Reads again what can be, at every SIGHUP, for as long as the server runs.
async fn renew(renewal: Renewal<'_>, mut hangup: Option<Signal>) {
    loop {
        next(&mut hangup).await;
        match renewal.certificate() {
            Ok(()) => tracing::info!("the certificate was read again, if there is one"),
            Err(why) => tracing::error!(%why, "the certificate stays as it was"),
        }
        match renewal.models().await {
            Ok(()) => tracing::info!("what is known of authenticators was read again"),
            Err(why) => tracing::error!(%why, "what is known of authenticators stays as it was"),
        }
    }
}

/// Waits for a signal; for ever when the system cannot tell about it.
async fn next(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => {
            signal.recv().await;
        }
        None => std::future::pending().await,
    }
}
