//! What a key asks for that needs more than the model: the vault, the network, a file, or the end.

use std::path::PathBuf;

use chancery_sdk::WishId;
use chancery_wire::{
    content::{Attachment, MessageId},
    ids::RoomId,
};

/// Something to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// Show another room.
    Go(RoomId),
    /// Say what is typed.
    Say,
    /// Take back an own message.
    Withdraw(MessageId),
    /// React to a message.
    React(MessageId, String),
    /// Take note of an urgent message.
    Acknowledge(MessageId),
    /// Keep a message in view for everybody, or no more.
    Pin(MessageId, bool),
    /// Make the room quiet, or not any more.
    Mute,
    /// Take back the own reactions to the message at this place.
    Unreact(u64),
    /// Show the thread of the message at this place.
    Thread(u64),
    /// Load what is older than what is shown, or newer, or the newest.
    Older,
    Newer,
    Newest,
    /// Search for what is asked.
    Search,
    /// Show the line at this place of a room.
    Find(RoomId, u64),
    /// Show who is in the room.
    People,
    /// Send a file.
    Send(PathBuf),
    /// Save a file.
    Save(Attachment, PathBuf),
    /// Complete the path that is typed.
    Complete,
    /// Try a file again that was broken off, or stop one.
    Again(usize),
    Stop(usize),
    /// Forget a wish that will not be done.
    Forget(WishId),
    /// Draw everything anew.
    Redraw,
    /// End.
    End,
}
