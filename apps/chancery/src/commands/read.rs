//! Reading what is new.

use chancery_sdk::{Client, RoomView, Standing};

use super::{open, rooms::title, sync, sync_if_reachable};
use crate::{
    arguments::Common,
    failure::Failure,
    output::{Output, one_line},
};

/// The most new lines of a room that are shown at once.
const MOST: u32 = 10_000;

/// Shows what is new in one room or in all of them.
pub(crate) async fn run(
    common: &Common,
    output: &mut Output,
    room: Option<String>,
    last: Option<u32>,
    offline: bool,
) -> Result<(), Failure> {
    let mut client = open(common)?;
    // Without a connection, what is here can still be read.
    let synced = if offline { Ok(()) } else { sync(common, output, &mut client).await };
    let rooms = match &room {
        Some(room) => vec![client.find_room(room)?],
        None => client.rooms()?,
    };
    let one = room.is_some();
    for view in rooms {
        show(output, &mut client, &view, last, one)?;
    }
    synced?;
    if !offline && client.has_to_send()? {
        // That it was read is for others to know; nothing is amiss here when they do not yet.
        sync_if_reachable(common, output, &mut client).await?;
    }
    Ok(())
}

fn show(
    output: &mut Output,
    client: &mut Client,
    view: &RoomView,
    last: Option<u32>,
    one: bool,
) -> Result<(), Failure> {
    let lines = match last {
        Some(last) => client.lines(view.id, None, last)?,
        None => client.lines(view.id, Some(view.read), MOST)?,
    };
    let title = title(view);
    if !one && !lines.is_empty() {
        output.heading(&title)?;
    }
    for line in &lines {
        output.message(line)?;
    }
    if let Some(line) = lines.last() {
        client.mark_read(view.id, line.message.seq)?;
    }
    for text in &view.waiting {
        output.note(&format!("not done yet: {}", one_line(text)));
    }
    for unsent in &view.unsent {
        output.note(&format!("not done: {} ({})", one_line(&unsent.what), unsent.why));
    }
    // That one has left is no news among all rooms.
    if let Some(why) = view.why.as_ref().filter(|_| one || view.standing != Standing::Left) {
        output.note(&format!("{title}: {why}"));
    }
    Ok(())
}
