//! Saying what comes in on standard input, a message a line, for programs.

use std::io::BufRead as _;

use chancery_sdk::{Client, Progress, RoomView, Want, WishId};
use chancery_wire::content::{TEXT_LIMIT, Written};
use serde_json::json;
use tokio::sync::mpsc;

use super::{say::find, sync};
use crate::{arguments::Common, failure::Failure, output::Output};

/// The most lines that are sent together.
const TOGETHER: usize = 256;

/// Says each line of standard input in a room, in order, and answers for each with its place once it stands there.
///
/// A line is kept on this device as soon as it was read: what could not be sent is sent by the next command.
pub(crate) async fn run(common: &Common, output: &mut Output, room: &str) -> Result<(), Failure> {
    let (mut client, view) = find(common, output, room).await?;
    let (sender, mut receiver) = mpsc::channel(TOGETHER);
    // Waiting for a line must not keep anything else from happening.
    let reader = tokio::task::spawn_blocking(move || -> std::io::Result<()> {
        for line in std::io::stdin().lock().lines() {
            if sender.blocking_send(line?).is_err() {
                break;
            }
        }
        Ok(())
    });
    let mut lines = Vec::new();
    while receiver.recv_many(&mut lines, TOGETHER).await > 0 {
        let said = lines.drain(..).filter(|line| !line.trim().is_empty());
        let wishes = said.map(|line| -> Result<WishId, Failure> {
            Ok(client.want(view.id, Want::Say(Written::parse(&line, TEXT_LIMIT)?))?)
        });
        let wishes: Vec<WishId> = wishes.collect::<Result<_, _>>()?;
        send(common, output, &mut client, &view, &wishes).await?;
    }
    match reader.await {
        Ok(Err(error)) if error.kind() == std::io::ErrorKind::InvalidData => {
            Err(Failure::Usage("what is to be said is not UTF-8 text".to_owned()))
        }
        Ok(read) => Ok(read?),
        Err(error) => Err(std::io::Error::other(error).into()),
    }
}

/// Sends what was kept, and answers for each.
async fn send(
    common: &Common,
    output: &mut Output,
    client: &mut Client,
    view: &RoomView,
    wishes: &[WishId],
) -> Result<(), Failure> {
    let mut ids = Vec::new();
    for wish in wishes {
        ids.push(client.message_id(*wish)?);
    }
    let before = client.find_room(&view.id.to_string())?.seq;
    let synced = sync(common, output, client).await;
    let lines = client.lines(view.id, Some(before), u32::MAX)?;
    for (wish, id) in wishes.iter().zip(ids) {
        match client.progress(*wish)? {
            Progress::Done => {}
            Progress::Refused(why) => {
                client.dismiss(*wish)?;
                return Err(Failure::Refused(why));
            }
            Progress::Accepted | Progress::Waiting => {
                synced.map_err(Failure::with_wish_kept)?;
                return Err(Failure::Pending("the messages are not with the server yet".to_owned()));
            }
        }
        let seq = lines.iter().find(|line| line.message.id == id).map(|line| line.message.seq);
        output.answer(&json!({"room": view.id, "seq": seq, "id": id.map(|id| id.to_string())}), "")?;
    }
    synced
}
