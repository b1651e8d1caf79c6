//! Carrying files: each with a client of its own, on a thread of its own. Broken off, the same file goes on where it stopped.

use std::{path::PathBuf, sync::Arc, thread, time::Duration};

use chancery_sdk::{Client, SdkError};
use chancery_wire::{
    content::{Attachment, Written},
    ids::RoomId,
};
use tokio::sync::{Notify, mpsc::UnboundedSender};

use super::told::Told;
use crate::{output::one_line, unlock::Door};

/// How long a part that does not get through is tried again.
const PATIENCE: Duration = Duration::from_mins(1);

/// A file that is to be carried.
#[derive(Clone, Debug)]
pub(super) enum Load {
    /// From this machine into a room, with something about it.
    Send { room: RoomId, path: PathBuf, about: Option<Written> },
    /// From a room to this machine.
    Save { room: RoomId, file: Attachment, to: PathBuf },
}

impl Load {
    /// The room it goes to or comes from.
    pub(super) fn room(&self) -> RoomId {
        match self {
            Self::Send { room, .. } | Self::Save { room, .. } => *room,
        }
    }

    /// Whether another one is the same file on the same way.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Send { room, path, .. }, Self::Send { room: to, path: from, .. }) => {
                room == to && path == from
            }
            (Self::Save { to, .. }, Self::Save { to: other, .. }) => to == other,
            _ => false,
        }
    }
}

/// Begins to carry; what is given back ends it.
pub(super) fn begin(
    door: Door,
    (number, load): (usize, Load),
    to: UnboundedSender<Told>,
) -> std::io::Result<Arc<Notify>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let stop = Arc::new(Notify::new());
    let stopped = Arc::clone(&stop);
    thread::Builder::new().name(format!("file {number}")).spawn(move || {
        runtime.block_on(async {
            let outcome = tokio::select! {
                done = carry(&door, number, &load, &to) => done.map_err(|error| one_line(&why(&error))),
                () = stopped.notified() => Err("stopped; the same file goes on from here".to_owned()),
            };
            // Whoever would hear it may have gone.
            let _ = to.send(Told::Finished { number, outcome });
        });
    })?;
    Ok(stop)
}

async fn carry(
    door: &Door,
    number: usize,
    load: &Load,
    to: &UnboundedSender<Told>,
) -> Result<String, SdkError> {
    let mut client: Client = door.open()?;
    let mut progress = |done, all| {
        let _ = to.send(Told::Carried { number, done, all });
    };
    match load {
        Load::Send { room, path, about } => {
            client.send_file(*room, (path, about.clone()), PATIENCE, &mut progress).await?;
            Ok("sent".to_owned())
        }
        Load::Save { room, file, to } => {
            client.save_file(*room, (file, to), PATIENCE, &mut progress).await?;
            Ok(format!("saved as {}", one_line(&to.display().to_string())))
        }
    }
}

fn why(error: &SdkError) -> String {
    match error {
        SdkError::Unreachable(why) => format!("the server cannot be reached ({why})"),
        SdkError::File { path, why } => format!("{}: {why}", path.display()),
        other => other.to_string(),
    }
}
