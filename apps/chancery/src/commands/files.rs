//! Files: sent into a room, and saved from it.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use chancery_sdk::Said;
use chancery_wire::content::{TEXT_LIMIT, Written};
use serde_json::json;

use super::{open, say};
use crate::{
    arguments::Common,
    failure::Failure,
    output::{Output, one_line},
};

/// Sends a file, with something about it.
pub(crate) async fn send(
    common: &Common,
    output: &mut Output,
    (room, text): (&str, Option<String>),
    path: &Path,
) -> Result<(), Failure> {
    let about = text.map(|text| Written::parse(text.trim_end_matches('\n'), TEXT_LIMIT / 2)).transpose()?;
    let (mut client, view) = say::find(common, output, room).await?;
    let bar = output.transfer("sending");
    let mut progress = |done, all| {
        bar.set_length(all);
        bar.set_position(done);
    };
    let patience = Duration::from_secs(common.wait);
    let sent = client.send_file(view.id, (path, about), patience, &mut progress).await;
    bar.finish_and_clear();
    say::sent(common, output, &mut client, &view, sent.map_err(Failure::with_file_kept)?).await
}

/// Saves a file.
pub(crate) async fn save(
    common: &Common,
    output: &mut Output,
    (room, place): (&str, u64),
    to: &Path,
) -> Result<(), Failure> {
    let mut client = open(common)?;
    let view = client.find_room(room)?;
    let Said::File(file) = client.line(view.id, place)?.message.said else {
        return Err(Failure::Usage(format!("#{place} brought no file")));
    };
    let to: PathBuf = if to.is_dir() { to.join(file.name.reveal()) } else { to.to_owned() };
    let bar = output.transfer("saving");
    let mut progress = |done, all| {
        bar.set_length(all);
        bar.set_position(done);
    };
    let patience = Duration::from_secs(common.wait);
    let saved = client.save_file(view.id, (&file, &to), patience, &mut progress).await;
    bar.finish_and_clear();
    saved.map_err(Failure::with_file_kept)?;
    let path = to.display().to_string();
    output.answer(&json!({"path": path, "size": file.size}), &format!("saved {}", one_line(&path)))
}
