//! What was said in a room and what happened there, in the order of its log.

use chancery_wire::{
    content::{MessageId, TEXT_LIMIT, Written},
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
    /// The text of an earlier message is this from now on.
    Edit(Written),
    /// An earlier message, or a reaction, was taken back.
    Withdrawal,
    /// Somebody reacted to an earlier message.
    Reaction(Written),
    /// Something was said here and taken back.
    Gone,
    /// Something happened: who came, who went, who may do what; in words.
    Event(String),
    /// A message could not be opened, for this reason (a stable word).
    Unopened(String),
}

impl Said {
    fn parts(&self) -> (&'static str, &str) {
        match self {
            Self::Text(text) => ("text", text.reveal()),
            Self::Edit(text) => ("edit", text.reveal()),
            Self::Withdrawal => ("withdrawal", ""),
            Self::Reaction(text) => ("reaction", text.reveal()),
            Self::Gone => ("gone", ""),
            Self::Event(text) => ("event", text),
            Self::Unopened(cause) => ("unopened", cause),
        }
    }

    fn parse(kind: &str, said: String, gone: bool) -> Result<Self, VaultError> {
        if gone {
            return Ok(Self::Gone);
        }
        let written =
            |said: &str| Written::parse(said, TEXT_LIMIT).map_err(|_| VaultError::Damaged("messages"));
        Ok(match kind {
            "text" => Self::Text(written(&said)?),
            "edit" => Self::Edit(written(&said)?),
            "withdrawal" => Self::Withdrawal,
            "reaction" => Self::Reaction(written(&said)?),
            "event" => Self::Event(said),
            "unopened" => Self::Unopened(said),
            _ => return Err(VaultError::Damaged("messages")),
        })
    }
}

/// A line of a room's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The room.
    pub room: RoomId,
    /// Its place in the room's log.
    pub seq: u64,
    /// Its id; nothing for what happened, and for what could not be opened.
    pub id: Option<MessageId>,
    /// When the server accepted it; the server's word.
    pub at: Instant,
    /// Who it is from, checked; nobody when it could not be opened.
    pub from: Option<(Handle, DeviceId)>,
    /// What it says.
    pub said: Said,
    /// The message it speaks of, in its first version: that it answers, changes, takes back or reacts to.
    pub about: Option<MessageId>,
    /// The message its thread began with.
    pub thread: Option<MessageId>,
}

const COLUMNS: &str = "SELECT m.room, m.seq, m.id, m.at, m.handle, m.device, m.kind, m.said, m.gone, m.about, m.thread FROM messages m";

fn read(row: &rusqlite::Row<'_>) -> Result<Message, VaultError> {
    let damaged = || VaultError::Damaged("messages");
    let message = |at: usize| -> Result<Option<MessageId>, VaultError> {
        let bytes: Option<Vec<u8>> = row.get(at)?;
        bytes.map(|bytes| MessageId::from_slice(&bytes).ok_or_else(damaged)).transpose()
    };
    let handle: Option<String> = row.get(4)?;
    let from = match handle {
        Some(handle) => Some((handle.parse().map_err(|_| damaged())?, DeviceId(id(row, 5)?))),
        None => None,
    };
    Ok(Message {
        room: RoomId(id(row, 0)?),
        seq: counted(row.get(1)?),
        id: message(2)?,
        at: Instant(row.get(3)?),
        from,
        said: Said::parse(&row.get::<_, String>(6)?, row.get(7)?, row.get(8)?)?,
        about: message(9)?,
        thread: message(10)?,
    })
}

/// What is searched for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// Words that all have to be there, as a query of SQLite's FTS5; nothing when any text will do.
    pub words: Option<String>,
    /// Who wrote it.
    pub from: Option<Handle>,
    /// In which room.
    pub room: Option<RoomId>,
    /// Accepted before.
    pub before: Option<Instant>,
    /// Accepted at or after.
    pub since: Option<Instant>,
}

impl Step<'_> {
    /// Keeps a line, and does what it says to an earlier one; answers `false` when there is a message of its id already, and
    /// keeps nothing then.
    pub fn keep_message(&self, it: &Message) -> Result<bool, VaultError> {
        let (kind, said) = it.said.parts();
        let (handle, device) = match &it.from {
            Some((handle, device)) => (Some(handle.as_str()), Some(&device.0)),
            None => (None, None),
        };
        let (id, about) = (it.id.map(|id| id.0), it.about.map(|id| id.0));
        let kept = self.run(
            "INSERT INTO messages (room, seq, id, at, handle, device, kind, said, about, thread)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT DO NOTHING",
            &[
                &it.room.0,
                &number(it.seq),
                &id,
                &it.at.0,
                &handle,
                &device,
                &kind,
                &said,
                &about,
                &it.thread.map(|id| id.0),
            ],
        )?;
        if kept == 0 {
            return Ok(false);
        }
        match (&it.said, it.about) {
            (Said::Text(text), _) => self.index(it.room, it.seq, text)?,
            (Said::Edit(text), Some(of)) => {
                if let Some(first) = self.message(it.room, of)? {
                    self.index(it.room, first.seq, text)?;
                }
            }
            (Said::Withdrawal, Some(of)) => self.withdraw(it.room, of)?,
            _ => {}
        }
        Ok(true)
    }

    /// Makes a line be found by the words of a text, and by no others.
    fn index(&self, room: RoomId, seq: u64, text: &Written) -> Result<(), VaultError> {
        let line = "SELECT line FROM messages WHERE room = ?1 AND seq = ?2";
        let line = self.find(line, &[&room.0, &number(seq)], |row| Ok(row.get::<_, i64>(0)?))?;
        self.run("DELETE FROM words WHERE rowid = ?1", &[&line])?;
        self.run("INSERT INTO words (rowid, said) VALUES (?1, ?2)", &[&line, &text.reveal()])?;
        Ok(())
    }

    /// Deletes the text of a message with all its versions.
    fn withdraw(&self, room: RoomId, id: MessageId) -> Result<(), VaultError> {
        self.run(
            "DELETE FROM words WHERE rowid = (SELECT line FROM messages WHERE room = ?1 AND id = ?2)",
            &[&room.0, &id.0],
        )?;
        self.run(
            "UPDATE messages SET said = '', gone = 1
             WHERE room = ?1 AND (id = ?2 OR (about = ?2 AND kind = 'edit'))",
            &[&room.0, &id.0],
        )?;
        Ok(())
    }

    /// A message by its id, if the device has it.
    pub fn message(&self, room: RoomId, id: MessageId) -> Result<Option<Message>, VaultError> {
        self.find(&format!("{COLUMNS} WHERE m.room = ?1 AND m.id = ?2"), &[&room.0, &id.0], read)
    }

    /// A line by its place, if the device has it.
    pub fn message_at(&self, room: RoomId, seq: u64) -> Result<Option<Message>, VaultError> {
        self.find(&format!("{COLUMNS} WHERE m.room = ?1 AND m.seq = ?2"), &[&room.0, &number(seq)], read)
    }

    /// What is said of a message and not taken back: every version after the first, and every reaction, in order.
    pub fn messages_about(&self, room: RoomId, id: MessageId) -> Result<Vec<Message>, VaultError> {
        self.list(
            &format!(
                "{COLUMNS} WHERE m.room = ?1 AND m.about = ?2 AND m.kind IN ('edit', 'reaction') AND m.gone = 0
                 ORDER BY m.seq"
            ),
            &[&room.0, &id.0],
            read,
        )
    }

    /// The lines of a room after an entry, oldest first, at most `limit`.
    pub fn messages(&self, room: RoomId, after: u64, limit: u32) -> Result<Vec<Message>, VaultError> {
        self.list(
            &format!("{COLUMNS} WHERE m.room = ?1 AND m.seq > ?2 ORDER BY m.seq LIMIT ?3"),
            &[&room.0, &number(after), &limit],
            read,
        )
    }

    /// The last lines of a room, oldest first.
    pub fn last_messages(&self, room: RoomId, limit: u32) -> Result<Vec<Message>, VaultError> {
        let mut found = self.list(
            &format!("{COLUMNS} WHERE m.room = ?1 ORDER BY m.seq DESC LIMIT ?2"),
            &[&room.0, &limit],
            read,
        )?;
        found.reverse();
        Ok(found)
    }

    /// The texts that are searched for, the newest first.
    pub fn search(&self, it: &Search, limit: u32) -> Result<Vec<Message>, VaultError> {
        let (tables, order) = match it.words {
            Some(_) => (" JOIN words ON words.rowid = m.line AND words MATCH ?1", "words.rowid"),
            None => (" WHERE ?1 IS NULL", "m.line"),
        };
        let filters = "m.kind = 'text' AND m.gone = 0 AND (?2 IS NULL OR m.handle = ?2)
            AND (?3 IS NULL OR m.room = ?3) AND (?4 IS NULL OR m.at < ?4) AND (?5 IS NULL OR m.at >= ?5)";
        let joint = if it.words.is_some() { "WHERE" } else { "AND" };
        self.list(
            &format!("{COLUMNS}{tables} {joint} {filters} ORDER BY {order} DESC LIMIT ?6"),
            &[
                &it.words,
                &it.from.as_ref().map(Handle::as_str),
                &it.room.map(|room| room.0),
                &it.before.map(|at| at.0),
                &it.since.map(|at| at.0),
                &limit,
            ],
            read,
        )
    }

    /// How many lines of others a room has after an entry.
    pub fn unread(&self, room: RoomId, after: u64, own: &Handle) -> Result<u64, VaultError> {
        let found = self.find(
            "SELECT COUNT(*) FROM messages
             WHERE room = ?1 AND seq > ?2 AND kind = 'text' AND gone = 0 AND handle <> ?3",
            &[&room.0, &number(after), &own.as_str()],
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
