//! Being online: a client of its own, on a thread of its own, so that typing never waits for it.

use std::{thread, time::Duration};

use chancery_sdk::SdkError;
use tokio::sync::mpsc::UnboundedSender;

use super::told::Told;
use crate::unlock::Door;

/// How long after something else than the network went wrong it is tried again.
const PAUSE: Duration = Duration::from_secs(10);

/// Goes online and stays so until the program ends; whatever happens is told.
pub(super) fn begin(door: Door, to: UnboundedSender<Told>) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    thread::Builder::new().name("online".to_owned()).spawn(move || runtime.block_on(stay(&door, &to)))?;
    Ok(())
}

async fn stay(door: &Door, to: &UnboundedSender<Told>) {
    while !to.is_closed() {
        let Err(error) = follow(door, to).await else { return };
        let again = !is_final(&error);
        // Whoever would hear it may have gone.
        let why = error.remedy().map_or_else(|| error.to_string(), |remedy| format!("{error} ({remedy})"));
        let _ = to.send(Told::Ended { why, again });
        if !again {
            return;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn follow(door: &Door, to: &UnboundedSender<Told>) -> Result<(), SdkError> {
    let mut client = door.open()?;
    let _ = to.send(Told::Nudge(client.nudge()));
    let mut watch = |news| {
        let _ = to.send(Told::News(news));
    };
    client.follow(&mut watch).await
}

/// Whether trying again can change nothing.
fn is_final(error: &SdkError) -> bool {
    matches!(error.code(), "client.revoked" | "client.distrust" | "client.not-enrolled")
}
