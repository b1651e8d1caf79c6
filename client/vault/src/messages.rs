//! What was said in a room and what happened there, in the order of its log.

use chancery_wire::{
    content::{TEXT_LIMIT, Written},
    ids::{DeviceId, RoomId},
    names::Handle,
    time::Instant,
};

use crate::{
    error::VaultError,
    step::{Step, counted, id, number},
};

/// What a line of the history is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// Somebody wrote this.
    Text(Written),
    /// Something happened: who came, who went, who may do what; in words.
    Event(String),
    /// A message could not be opened, for this reason (a stable word).
    Unopened(String),
}

impl Said {
    fn parts(&self) -> (&'static str, &str) {
        match self {
            Self::Text(text) => ("text", text.reveal()),
            Self::Event(text) => ("event", text),
            Self::Unopened(cause) => ("unopened", cause),
        }
    }

    fn parse(kind: &str, said: String) -> Result<Self, VaultError> {
        match kind {
            "text" => {
                Written::parse(&said, TEXT_LIMIT).map(Self::Text).map_err(|_| VaultError::Damaged("messages"))
            }
            "event" => Ok(Self::Event(said)),
            "unopened" => Ok(Self::Unopened(said)),
            _ => Err(VaultError::Damaged("messages")),
        }
    }
}

/// A line of a room's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The room.
    pub room: RoomId,
    /// Its place in the room's log.
    pub seq: u64,
    /// Its own id: a sender uses each once.
    pub id: [u8; 16],
    /// When the server accepted it; the server's word.
    pub at: Instant,
    /// Who it is from, checked; nobody when it could not be opened.
    pub from: Option<(Handle, DeviceId)>,
    /// What it says.
    pub said: Said,
}

fn read(row: &rusqlite::Row<'_>) -> Result<Message, VaultError> {
    let damaged = |_| VaultError::Damaged("messages");
    let handle: Option<String> = row.get(4)?;
    let from = match handle {
        Some(handle) => Some((handle.parse().map_err(damaged)?, DeviceId(id(row, 5)?))),
        None => None,
    };
    Ok(Message {
        room: RoomId(id(row, 0)?),
        seq: counted(row.get(1)?),
        id: id(row, 2)?,
        at: Instant(row.get(3)?),
        from,
        said: Said::parse(&row.get::<_, String>(6)?, row.get(7)?)?,
    })
}

impl Step<'_> {
    /// Keeps a line; answers `false` when its sender has used the id before, and keeps nothing then.
    pub fn keep_message(&self, it: &Message) -> Result<bool, VaultError> {
        let (kind, said) = it.said.parts();
        let (handle, device) = match &it.from {
            Some((handle, device)) => (Some(handle.as_str()), Some(&device.0)),
            None => (None, None),
        };
        let kept = self.run(
            "INSERT INTO messages (room, seq, id, at, handle, device, kind, said)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING",
            &[&it.room.0, &number(it.seq), &it.id, &it.at.0, &handle, &device, &kind, &said],
        )?;
        Ok(kept == 1)
    }

    /// The lines of a room after an entry, oldest first, at most `limit`.
    pub fn messages(&self, room: RoomId, after: u64, limit: u32) -> Result<Vec<Message>, VaultError> {
        self.list(
            "SELECT room, seq, id, at, handle, device, kind, said FROM messages
             WHERE room = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3",
            &[&room.0, &number(after), &limit],
            read,
        )
    }

    /// The last lines of a room, oldest first.
    pub fn last_messages(&self, room: RoomId, limit: u32) -> Result<Vec<Message>, VaultError> {
        let mut found = self.list(
            "SELECT room, seq, id, at, handle, device, kind, said FROM messages
             WHERE room = ?1 ORDER BY seq DESC LIMIT ?2",
            &[&room.0, &limit],
            read,
        )?;
        found.reverse();
        Ok(found)
    }

    /// How many lines of others a room has after an entry.
    pub fn unread(&self, room: RoomId, after: u64, own: DeviceId) -> Result<u64, VaultError> {
        let found = self.find(
            "SELECT COUNT(*) FROM messages WHERE room = ?1 AND seq > ?2 AND kind = 'text' AND device <> ?3",
            &[&room.0, &number(after), &own.0],
            |row| Ok(counted(row.get(0)?)),
        )?;
        Ok(found.unwrap_or(0))
    }

    /// How many messages of a room could not be opened, by cause.
    pub fn unopened(&self, room: RoomId) -> Result<Vec<(String, u64)>, VaultError> {
        self.list(
            "SELECT said, COUNT(*) FROM messages WHERE room = ?1 AND kind = 'unopened' GROUP BY said ORDER BY said",
            &[&room.0],
            |row| Ok((row.get(0)?, counted(row.get(1)?))),
        )
    }
}
