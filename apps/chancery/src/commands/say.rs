//! Saying something, and saying something about what was said: kept first, then sent; the command is done when it stands in
//! the room's log.

use std::io::Read as _;

use chancery_sdk::{Client, Line, RoomView, SdkError, Standing, Want, WishId};
use chancery_wire::content::{MessageId, TEXT_LIMIT, Written};
use serde_json::json;

use super::{fulfil, open, sync};
use crate::{arguments::Common, failure::Failure, output::Output};

/// How a text is said.
pub(crate) enum How {
    /// By itself; perhaps to be acknowledged, or to be deleted after so many seconds.
    Marked { urgent: bool, expires: Option<u32> },
    /// In answer to the message at this place, beside it.
    Answering(u64),
    /// In the thread of the message at this place.
    InThread(u64),
}

/// Sends a text, or what standard input has.
pub(crate) async fn send(
    common: &Common,
    output: &mut Output,
    (room, text): (&str, Option<String>),
    how: How,
) -> Result<(), Failure> {
    let text = written(text)?;
    let (mut client, view) = find(common, output, room).await?;
    let (place, threaded) = match how {
        How::Marked { urgent, expires } => {
            let expires = expires.map(|seconds| Client::now().plus_seconds(i64::from(seconds)));
            let want = Want::SayMarked { text, urgent, expires };
            return say(common, output, &mut client, &view, want).await;
        }
        How::Answering(place) => (place, false),
        How::InThread(place) => (place, true),
    };
    let want = Want::Reply { to: message(&client, &view, place)?, text, threaded };
    say(common, output, &mut client, &view, want).await
}

/// Puts another text in the place of an own message's.
pub(crate) async fn edit(
    common: &Common,
    output: &mut Output,
    (room, place, text): (&str, u64, Option<String>),
) -> Result<(), Failure> {
    let text = written(text)?;
    let (mut client, view) = find(common, output, room).await?;
    let want = Want::Edit(message(&client, &view, place)?, text);
    say(common, output, &mut client, &view, want).await
}

/// Takes back an own message.
pub(crate) async fn withdraw(
    common: &Common,
    output: &mut Output,
    (room, place): (&str, u64),
) -> Result<(), Failure> {
    let (mut client, view) = find(common, output, room).await?;
    let want = Want::Withdraw(message(&client, &view, place)?);
    say(common, output, &mut client, &view, want).await
}

/// Reacts to a message.
pub(crate) async fn react(
    common: &Common,
    output: &mut Output,
    (room, place, with): (&str, u64, &str),
) -> Result<(), Failure> {
    let with = Written::reaction(with)?;
    let (mut client, view) = find(common, output, room).await?;
    let want = Want::React(message(&client, &view, place)?, with);
    say(common, output, &mut client, &view, want).await
}

/// Says that the person has taken note of an urgent message.
pub(crate) async fn acknowledge(
    common: &Common,
    output: &mut Output,
    (room, place): (&str, u64),
) -> Result<(), Failure> {
    let (mut client, view) = find(common, output, room).await?;
    let want = Want::Acknowledge(message(&client, &view, place)?);
    say(common, output, &mut client, &view, want).await
}

/// Keeps a message in view for everybody, or no more.
pub(crate) async fn pin(
    common: &Common,
    output: &mut Output,
    (room, place): (&str, u64),
    pinned: bool,
) -> Result<(), Failure> {
    let (mut client, view) = find(common, output, room).await?;
    let want = Want::Pin(message(&client, &view, place)?, pinned);
    say(common, output, &mut client, &view, want).await
}

/// Shows a message with everything that was said of it.
pub(crate) fn show(common: &Common, output: &mut Output, (room, place): (&str, u64)) -> Result<(), Failure> {
    let client = open(common)?;
    let view = client.find_room(room)?;
    let line = client.line(view.id, place)?;
    // As it was said first; what became of it follows.
    output.message(&Line { edited: None, reactions: vec![], acknowledged: vec![], ..line.clone() })?;
    for about in client.lines_about(&line)? {
        output.message(&about)?;
    }
    Ok(())
}

/// Searches everything this device has.
pub(crate) fn search(common: &Common, output: &mut Output, asked: &str, limit: u32) -> Result<(), Failure> {
    let client = open(common)?;
    let names = client.rooms()?;
    let mut found = client.search(asked, limit)?;
    // The newest are found; they are shown in the order in which they were said.
    found.reverse();
    let mut room = None;
    for line in &found {
        if room != Some(line.message.room) {
            room = Some(line.message.room);
            let view = names.iter().find(|view| Some(view.id) == room);
            output.heading(&view.map_or_else(|| line.message.room.to_string(), super::rooms::title))?;
        }
        output.message(line)?;
    }
    if found.is_empty() {
        output.note("nothing on this device has all of that in it");
    }
    Ok(())
}

fn written(text: Option<String>) -> Result<Written, Failure> {
    let text = match text {
        Some(text) => text,
        None => standard_input()?,
    };
    if text.trim().is_empty() {
        return Err(Failure::Usage("there is nothing in it to say".to_owned()));
    }
    Ok(Written::parse(text.trim_end_matches('\n'), TEXT_LIMIT)?)
}

pub(super) async fn find(
    common: &Common,
    output: &mut Output,
    room: &str,
) -> Result<(Client, RoomView), Failure> {
    let mut client = open(common)?;
    let found = match client.find_room(room) {
        // It may be a room that this device was just added to.
        Err(SdkError::Room(_)) | Ok(RoomView { standing: Standing::Left, .. }) => {
            sync(common, output, &mut client).await?;
            client.find_room(room)?
        }
        found => found?,
    };
    Ok((client, found))
}

/// The message at a place, as `#12` is one.
fn message(client: &Client, view: &RoomView, place: u64) -> Result<MessageId, Failure> {
    let id = client.line(view.id, place)?.message.id;
    id.ok_or_else(|| Failure::Usage(format!("#{place} is no message that could be spoken of")))
}

async fn say(
    common: &Common,
    output: &mut Output,
    client: &mut Client,
    view: &RoomView,
    want: Want,
) -> Result<(), Failure> {
    let wish = client.want(view.id, want)?;
    sent(common, output, client, view, wish).await
}

/// Goes online with what was said, and answers with where it stands.
pub(super) async fn sent(
    common: &Common,
    output: &mut Output,
    client: &mut Client,
    view: &RoomView,
    wish: WishId,
) -> Result<(), Failure> {
    let id = client.message_id(wish)?;
    fulfil(common, output, client, wish, "the message").await?;
    let lines = client.lines(view.id, Some(view.seq), u32::MAX)?;
    let seq = lines.iter().find(|line| line.message.id == id).map(|line| line.message.seq);
    output.answer(&json!({"room": view.id, "seq": seq, "id": id.map(|id| id.to_string())}), "")
}

fn standard_input() -> Result<String, Failure> {
    let mut text = String::new();
    let most = u64::try_from(TEXT_LIMIT).unwrap_or(u64::MAX).saturating_add(2);
    std::io::stdin().take(most).read_to_string(&mut text).map_err(|error| match error.kind() {
        std::io::ErrorKind::InvalidData => Failure::Usage("what is to be said is not UTF-8 text".to_owned()),
        _ => error.into(),
    })?;
    Ok(text)
}
