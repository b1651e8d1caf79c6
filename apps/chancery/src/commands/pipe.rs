//! Saying what comes in on standard input, a message a line, for programs.

use std::io::{BufRead as _, Error, ErrorKind};

use chancery_sdk::{Client, Progress, RoomView, SdkError, Want, WishId};
use chancery_wire::content::{MessageId, TEXT_LIMIT, Written};
use serde_json::json;
use tokio::sync::mpsc;

use super::{say::find, sync};
use crate::{arguments::Common, failure::Failure, output::Output};

/// The most lines that are taken together.
const TOGETHER: usize = 256;
/// The most bytes of a line that are read; what is longer is no message anyway.
const LINE: u64 = 2 * TEXT_LIMIT as u64;

/// A line that was kept, and the message it will be.
struct Kept(WishId, Option<MessageId>);

/// Says each line of standard input in a room, in order, and answers for each with its place once it stands there.
///
/// Every line is kept on this device as soon as it was read, also while the server is away: what could not be sent by the end is sent by the
/// next command. A line that is no message is told by its number, and the others go on.
pub(crate) async fn run(common: &Common, output: &mut Output, room: &str) -> Result<(), Failure> {
    let (mut client, view) = find(common, output, room).await?;
    let (sender, mut receiver) = mpsc::channel(TOGETHER);
    // Waiting for a line must not keep anything else from happening.
    let reader = tokio::task::spawn_blocking(move || read(&sender));
    let (mut lines, mut kept, mut number, mut wrong) = (Vec::new(), Vec::new(), 0_u64, 0_u64);
    let mut synced = Ok(());
    while receiver.recv_many(&mut lines, TOGETHER).await > 0 {
        for line in lines.drain(..) {
            number += 1;
            let text = String::from_utf8(line).map_err(|_| "it is not UTF-8 text".to_owned());
            let text = text.and_then(|text| {
                if text.trim().is_empty() {
                    return Ok(None);
                }
                Written::parse(&text, TEXT_LIMIT).map(Some).map_err(|why| why.to_string())
            });
            match text {
                Ok(Some(text)) => {
                    let wish = client.want(view.id, Want::Say(text))?;
                    kept.push(Kept(wish, client.message_id(wish)?));
                }
                Ok(None) => {}
                Err(why) => {
                    wrong += 1;
                    output.note(&format!("line {number} is not said: {why}"));
                }
            }
        }
        synced = send(common, output, &mut client, &view, &mut kept).await;
        match &synced {
            // What comes meanwhile is kept all the same.
            Ok(()) | Err(Failure::Sdk(SdkError::Unreachable(_))) => {}
            Err(_) => return synced,
        }
    }
    reader.await.map_err(Error::other)??;
    if !kept.is_empty() {
        synced.map_err(Failure::with_wish_kept)?;
        return Err(Failure::Pending(format!("{} messages are not with the server yet", kept.len())));
    }
    if wrong > 0 {
        return Err(Failure::Usage(format!("{wrong} lines were not said; the others were")));
    }
    Ok(())
}

/// Reads lines until there are no more, or nobody takes them.
fn read(sender: &mpsc::Sender<Vec<u8>>) -> std::io::Result<()> {
    let mut input = std::io::stdin().lock();
    loop {
        let mut line = Vec::new();
        // A line without an end must not fill the memory.
        let mut some = std::io::Read::take(&mut input, LINE);
        match some.read_until(b'\n', &mut line) {
            Ok(0) => return Ok(()),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        }
        if line.len() as u64 == LINE && !line.ends_with(b"\n") {
            input.skip_until(b'\n')?;
        }
        while line.ends_with(b"\n") || line.ends_with(b"\r") {
            line.pop();
        }
        if sender.blocking_send(line).is_err() {
            return Ok(());
        }
    }
}

/// Sends what was kept, and answers for each line that stands in the room now.
async fn send(
    common: &Common,
    output: &mut Output,
    client: &mut Client,
    view: &RoomView,
    kept: &mut Vec<Kept>,
) -> Result<(), Failure> {
    let before = client.room(view.id)?.seq;
    let synced = sync(common, output, client).await;
    let lines = client.lines(view.id, Some(before), u32::MAX)?;
    let mut waiting = Vec::new();
    for Kept(wish, id) in kept.drain(..) {
        match client.progress(wish)? {
            Progress::Done => {
                let seq = lines.iter().find(|line| line.message.id == id).map(|line| line.message.seq);
                output
                    .answer(&json!({"room": view.id, "seq": seq, "id": id.map(|id| id.to_string())}), "")?;
            }
            Progress::Refused(why) => {
                client.dismiss(wish)?;
                return Err(Failure::Refused(why));
            }
            Progress::Accepted | Progress::Waiting => waiting.push(Kept(wish, id)),
        }
    }
    *kept = waiting;
    synced
}
