//! The end of a room, and what comes after it.

use chancery_sdk::News;
use tokio::sync::Notify;

use super::{open, sync, sync_if_reachable};
use crate::{
    arguments::Common,
    failure::Failure,
    output::{Output, told},
};

/// Shows the last lines of a room; with `follow`, goes on until Ctrl-C.
pub(crate) async fn run(
    common: &Common,
    output: &mut Output,
    room: &str,
    lines: u32,
    follow: bool,
) -> Result<(), Failure> {
    let mut client = open(common)?;
    let synced = sync(common, output, &mut client).await;
    let view = client.find_room(room)?;
    let last = client.lines(view.id, None, lines)?;
    for line in &last {
        output.message(line)?;
    }
    let mut seen = last.last().map_or(view.seq, |line| line.message.seq.max(view.read));
    client.mark_read(view.id, seen)?;
    if !follow {
        synced?;
        if client.has_to_send()? {
            sync_if_reachable(common, output, &mut client).await?;
        }
        return Ok(());
    }
    let (unheard, mut heard) = (Notify::new(), Ok(()));
    let mut watch = |news: News| match &news {
        News::Line(line) if line.message.room == view.id && line.message.seq > seen && heard.is_ok() => {
            heard = output.message(line);
            if heard.is_ok() {
                seen = line.message.seq;
            } else {
                unheard.notify_one();
            }
        }
        other => {
            if let Some(text) = told(other) {
                output.note(&text);
            }
        }
    };
    let done = tokio::select! {
        done = client.follow(&mut watch) => done,
        () = unheard.notified() => Ok(()),
        _ = tokio::signal::ctrl_c() => Ok(()),
    };
    client.mark_read(view.id, seen)?;
    heard?;
    Ok(done?)
}
