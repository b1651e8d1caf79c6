//! Saying something: kept first, then sent; the command is done when it stands in the room's log.

use std::io::Read as _;

use chancery_sdk::{SdkError, Want};
use chancery_wire::content::{TEXT_LIMIT, Written};
use serde_json::json;

use super::{fulfil, open, sync};
use crate::{arguments::Common, failure::Failure, output::Output};

/// Sends a text, or what standard input has.
pub(crate) async fn run(
    common: &Common,
    output: &mut Output,
    room: &str,
    text: Option<String>,
) -> Result<(), Failure> {
    let text = match text {
        Some(text) => text,
        None => standard_input()?,
    };
    if text.trim().is_empty() {
        return Err(Failure::Usage("there is nothing in it to say".to_owned()));
    }
    let text = Written::parse(text.trim_end_matches('\n'), TEXT_LIMIT)?;
    let mut client = open(common)?;
    let found = match client.find_room(room) {
        // It may be a room that this device was just added to.
        Err(SdkError::Room(_)) => {
            sync(common, output, &mut client).await?;
            client.find_room(room)?
        }
        found => found?,
    };
    let wish = client.want(found.id, Want::Say(text))?;
    let id = client.message_id(wish)?;
    fulfil(common, output, &mut client, wish, "the message").await?;
    let lines = client.messages(found.id, Some(found.seq), u32::MAX)?;
    let seq = lines.iter().find(|line| Some(line.id) == id).map(|line| line.seq);
    output.answer(&json!({"room": found.id, "seq": seq}), "")
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
