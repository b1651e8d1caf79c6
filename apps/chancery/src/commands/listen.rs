//! Everything that is new, in all rooms, for programs: one line each, and none is lost when the listener ends.

use std::collections::HashMap;

use chancery_sdk::{Client, News, RoomView, Standing};
use chancery_wire::ids::RoomId;
use tokio::sync::Notify;

use crate::{
    arguments::Common,
    failure::Failure,
    output::{Output, told},
    unlock,
};

/// The most lines of a room that are taken at once.
const MOST: u32 = 1_000;

/// Says what has not been read yet in all rooms, or in one, and then what comes, until Ctrl-C or until nobody hears it.
///
/// A line counts as read once it was written. A listener that is killed hears its last lines again, and misses none.
pub(crate) async fn run(common: &Common, output: &mut Output, room: Option<String>) -> Result<(), Failure> {
    let door = unlock::door(common)?;
    let mut client = door.open()?;
    client.enrolled()?;
    let only = room.map(|room| client.find_room(&room)).transpose()?.map(|view| view.id);
    let come = Notify::new();
    // Another client on the same vault writes and counts; this one is online.
    let (mut teller, nudge) = (door.open()?, client.nudge());
    let mut watch = |news: News| match &news {
        News::Line(_) | News::Joined(_) => come.notify_one(),
        other => {
            if let Some(text) = told(other) {
                output.note(&text);
            }
        }
    };
    let mut out = Output::new(common.json);
    let tell = async {
        let mut upto = HashMap::new();
        loop {
            if let Err(failure) = catch_up(&mut teller, &mut out, only, &mut upto) {
                return failure;
            }
            // That it was heard may be for others to know.
            nudge.give();
            come.notified().await;
        }
    };
    tokio::select! {
        done = client.follow(&mut watch) => Ok(done?),
        failure = tell => Err(failure),
        _ = tokio::signal::ctrl_c() => Ok(()),
    }
}

/// Writes what is new by now.
fn catch_up(
    client: &mut Client,
    output: &mut Output,
    only: Option<RoomId>,
    upto: &mut HashMap<RoomId, u64>,
) -> Result<(), Failure> {
    let heard = |view: &RoomView| only.is_none_or(|room| room == view.id);
    if let Some(view) =
        client.rooms()?.iter().find(|view| only == Some(view.id) && view.standing == Standing::Left)
    {
        let why = view.why.as_deref().unwrap_or("you are not in this room any more");
        return Err(Failure::Refused(format!("{why}; what was said there before: chancery tail")));
    }
    for view in client.rooms()?.iter().filter(|view| heard(view) && view.standing != Standing::Left) {
        loop {
            let after = *upto.entry(view.id).or_insert(view.read);
            let lines = client.lines(view.id, Some(after), MOST)?;
            let Some(last) = lines.last().map(|line| line.message.seq) else { break };
            for line in &lines {
                output.message(line)?;
            }
            upto.insert(view.id, last);
            client.mark_read(view.id, last)?;
        }
    }
    Ok(())
}
