//! What the terminal says: keys, pastes, sizes; read on a thread of its own.

use std::thread;

use crossterm::event::{self, Event};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// Reads from now on, until the terminal is gone: then nothing more comes.
pub(super) fn listen() -> std::io::Result<UnboundedReceiver<Event>> {
    let (to, events) = unbounded_channel();
    thread::Builder::new().name("terminal".to_owned()).spawn(move || {
        while let Ok(event) = event::read() {
            if to.send(event).is_err() {
                break;
            }
        }
    })?;
    Ok(events)
}
