//! What was said in a room and what happened there, in the order of its log.

use chancery_wire::{
    content::{Attachment, Content, Marks, MessageId, TEXT_LIMIT, Written},
    ids::{DeviceId, RoomId},
    names::Handle,
    time::Instant,
};

use crate::{
    error::VaultError,
    marks::{mentioned, mentions},
    step::{Step, counted, id, number},
};

/// Why what was said is there no more. The numbers are stored and never reused; 0 is for what is still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Erased {
    /// It was taken back.
    Withdrawn = 1,
    /// Its time was over.
    Expired = 2,
}

/// What a line of the history is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// Somebody wrote this.
    Text(Written),
    /// Somebody sent this file.
    File(Attachment),
    /// The text of an earlier message is this from now on.
    Edit(Written),
    /// An earlier message, or a reaction, was taken back.
    Withdrawal,
    /// Somebody reacted to an earlier message.
    Reaction(Written),
    /// The sender has taken note of an urgent message.
    Acknowledgement,
    /// Something was said here, and is no more.
    Gone(Erased),
    /// Something happened: who came, who went, who may do what; in words.
    Event(String),
    /// A message could not be opened, for this reason (a stable word).
    Unopened(String),
}

impl Said {
    fn parts(&self) -> (&'static str, String) {
        match self {
            Self::Text(text) => ("text", text.reveal().to_owned()),
            Self::File(file) => ("file", file.words()),
            Self::Edit(text) => ("edit", text.reveal().to_owned()),
            Self::Withdrawal => ("withdrawal", String::new()),
            Self::Reaction(text) => ("reaction", text.reveal().to_owned()),
            Self::Acknowledgement => ("acknowledgement", String::new()),
            Self::Gone(_) => ("gone", String::new()),
            Self::Event(text) => ("event", text.clone()),
            Self::Unopened(cause) => ("unopened", cause.clone()),
        }
    }

    pub(crate) fn parse(
        kind: &str,
        said: String,
        gone: i64,
        file: Option<Vec<u8>>,
    ) -> Result<Self, VaultError> {
        match gone {
            0 => {}
            1 => return Ok(Self::Gone(Erased::Withdrawn)),
            2 => return Ok(Self::Gone(Erased::Expired)),
            _ => return Err(VaultError::Damaged("messages")),
        }
        let written =
            |said: &str| Written::parse(said, TEXT_LIMIT).map_err(|_| VaultError::Damaged("messages"));
        Ok(match kind {
            "text" => Self::Text(written(&said)?),
            "file" => match file.and_then(|file| Content::decode(&file).ok()) {
                Some((_, Content::File(file))) => Self::File(file),
                _ => return Err(VaultError::Damaged("messages")),
            },
            "edit" => Self::Edit(written(&said)?),
            "withdrawal" => Self::Withdrawal,
            "reaction" => Self::Reaction(written(&said)?),
            "acknowledgement" => Self::Acknowledgement,
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
    /// What it carries besides its words.
    pub marks: Marks,
    /// The other member whose word it is that this was said: it is from before this account came.
    pub told_by: Option<Handle>,
}

const COLUMNS: &str = "SELECT m.room, m.seq, m.id, m.at, m.handle, m.device, m.kind, m.said, m.gone, m.about, m.thread, m.file, m.mentions, m.urgent, m.expires, m.told_by FROM messages m";

fn read(row: &rusqlite::Row<'_>) -> Result<Message, VaultError> {
    let damaged = || VaultError::Damaged("messages");
    let message = |at: usize| -> Result<Option<MessageId>, VaultError> {
        let bytes: Option<Vec<u8>> = row.get(at)?;
        bytes.map(|bytes| MessageId::from_slice(&bytes).ok_or_else(damaged)).transpose()
    };
    let (handle, told_by): (Option<String>, Option<String>) = (row.get(4)?, row.get(15)?);
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
        said: Said::parse(&row.get::<_, String>(6)?, row.get(7)?, row.get(8)?, row.get(11)?)?,
        about: message(9)?,
        thread: message(10)?,
        told_by: told_by.map(|by| by.parse()).transpose().map_err(|_| damaged())?,
        marks: Marks {
            mentions: mentioned(row.get::<_, Option<String>>(12)?.as_deref())?,
            urgent: row.get(13)?,
            expires: row.get::<_, Option<i64>>(14)?.map(|at| u32::try_from(at / 1000).unwrap_or(u32::MAX)),
        },
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
    /// Files only.
    pub files: bool,
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
        // What it says to an earlier message of its sender, and how that reads until now.
        let earlier = match (&it.said, it.about, &it.from) {
            (Said::Edit(_) | Said::Withdrawal, Some(of), Some((by, _))) => {
                self.message_of(it.room, of, by)?
            }
            _ => None,
        };
        let until_now = earlier.as_ref().map(|first| self.text_of(first)).transpose()?.flatten();
        let file = match &it.said {
            Said::File(file) => Some(Content::File(file.clone()).encode([0; 16])),
            _ => None,
        };
        let kept = self.run(
            "INSERT INTO messages (room, seq, id, at, handle, device, kind, said, about, thread, file, mentions, urgent,
                                   expires)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14) ON CONFLICT DO NOTHING",
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
                &file,
                &mentions(&it.marks),
                &it.marks.urgent,
                &it.marks.expiry().map(|at| at.0),
            ],
        )?;
        if kept == 0 {
            return Ok(false);
        }
        match (&it.said, earlier) {
            (Said::Text(_) | Said::File(_), _) => self.index(it.room, it.seq, (None, Some(&said)))?,
            (Said::Edit(_), Some(first)) => {
                self.index(it.room, first.seq, (until_now.as_deref(), Some(&said)))?;
            }
            (Said::Withdrawal, Some(Message { id: Some(of), from: Some((by, _)), .. })) => {
                self.erase(it.room, of, &by, Erased::Withdrawn)?;
            }
            _ => {}
        }
        Ok(true)
    }

    /// Deletes a message of an account and all its versions: of it stays that it was there, and why it is no more.
    pub(crate) fn erase(
        &self,
        room: RoomId,
        of: MessageId,
        by: &Handle,
        why: Erased,
    ) -> Result<(), VaultError> {
        if let Some(first) = self.message_of(room, of, by)? {
            let until_now = self.text_of(&first)?;
            self.index(room, first.seq, (until_now.as_deref(), None))?;
        }
        for which in ["id = ?2", "about = ?2 AND kind = 'edit'"] {
            let sql = format!(
                "UPDATE messages SET said = '', gone = ?4, file = NULL, mentions = NULL
                 WHERE room = ?1 AND {which} AND +handle = ?3"
            );
            self.run(&sql, &[&room.0, &of.0, &by.as_str(), &(why as i64)])?;
        }
        self.pin(room, of, false)
    }

    /// Whether a message of an account was taken back by it, as far as the device has heard.
    pub(crate) fn was_withdrawn(&self, room: RoomId, of: MessageId, by: &Handle) -> Result<bool, VaultError> {
        let sql =
            "SELECT 1 FROM messages WHERE room = ?1 AND about = ?2 AND kind = 'withdrawal' AND +handle = ?3";
        Ok(self.find(sql, &[&room.0, &of.0, &by.as_str()], |_| Ok(()))?.is_some())
    }

    /// Makes a line be found by the words of its text from now on, and by those it had until now no more.
    pub(crate) fn index(
        &self,
        room: RoomId,
        seq: u64,
        (until_now, from_now): (Option<&str>, Option<&str>),
    ) -> Result<(), VaultError> {
        let line = "SELECT line FROM messages WHERE room = ?1 AND seq = ?2";
        let line = self.find(line, &[&room.0, &number(seq)], |row| Ok(row.get::<_, i64>(0)?))?;
        if let Some(text) = until_now {
            let delete = "INSERT INTO words (words, rowid, said) VALUES ('delete', ?1, ?2)";
            self.run(delete, &[&line, &text])?;
        }
        if let Some(text) = from_now {
            self.run("INSERT INTO words (rowid, said) VALUES (?1, ?2)", &[&line, &text])?;
        }
        Ok(())
    }

    /// Makes a message that was taken in below others be found by the words it has now.
    pub(crate) fn index_anew(&self, room: RoomId, id: MessageId, by: &Handle) -> Result<(), VaultError> {
        let Some(first) = self.message_of(room, id, by)? else { return Ok(()) };
        let now = self.text_of(&first)?;
        self.index(room, first.seq, (None, now.as_deref()))
    }

    /// The text of a message as it reads now; nothing when it is none, or was taken back.
    pub(crate) fn text_of(&self, first: &Message) -> Result<Option<String>, VaultError> {
        let (mut now, id) = match (&first.said, first.id) {
            (Said::Text(text), Some(id)) => (text.reveal().to_owned(), id),
            (Said::File(file), Some(_)) => return Ok(Some(file.words())),
            _ => return Ok(None),
        };
        for later in self.messages_about(first.room, id)? {
            if let Said::Edit(text) = later.said
                && later.from.as_ref().map(|(by, _)| by) == first.from.as_ref().map(|(by, _)| by)
            {
                text.reveal().clone_into(&mut now);
            }
        }
        Ok(Some(now))
    }

    /// A message by its id, if the device has it.
    pub fn message(&self, room: RoomId, id: MessageId) -> Result<Option<Message>, VaultError> {
        let sql = format!("{COLUMNS} WHERE m.room = ?1 AND m.id = ?2 ORDER BY +m.seq LIMIT 1");
        self.find(&sql, &[&room.0, &id.0], read)
    }

    /// A message of an account by its id, if the device has it.
    pub fn message_of(
        &self,
        room: RoomId,
        id: MessageId,
        by: &Handle,
    ) -> Result<Option<Message>, VaultError> {
        let sql = format!("{COLUMNS} WHERE m.room = ?1 AND m.id = ?2 AND m.handle = ?3");
        self.find(&sql, &[&room.0, &id.0, &by.as_str()], read)
    }

    /// A line by its place, if the device has it.
    pub fn message_at(&self, room: RoomId, seq: u64) -> Result<Option<Message>, VaultError> {
        self.find(&format!("{COLUMNS} WHERE m.room = ?1 AND m.seq = ?2"), &[&room.0, &number(seq)], read)
    }

    /// What is said of a message and not taken back: every version after the first, every reaction and acknowledgement, in order.
    pub fn messages_about(&self, room: RoomId, id: MessageId) -> Result<Vec<Message>, VaultError> {
        // The plus keeps SQLite from walking through the whole room in this order.
        self.list(
            &format!(
                "{COLUMNS} WHERE m.room = ?1 AND m.about = ?2 AND m.kind IN ('edit', 'reaction', 'acknowledgement') AND m.gone = 0
                 ORDER BY +m.seq"
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
        // Words lead to the lines by themselves; the plus keeps SQLite from another way. What is not asked for is left out, so
        // that an index serves what is.
        let (mut sql, order, by) = match it.words {
            Some(_) => (
                format!("{COLUMNS} JOIN words ON words.rowid = m.line AND words MATCH ?1"),
                "words.rowid",
                "+",
            ),
            None => (COLUMNS.to_owned(), "m.line", ""),
        };
        sql += " WHERE m.kind IN ('text', 'file') AND m.gone = 0";
        let conditions: [(bool, &str); 5] = [
            (it.from.is_some(), "m.handle = ?2"),
            (it.room.is_some(), "m.room = ?3"),
            (it.before.is_some(), "m.at < ?4"),
            (it.since.is_some(), "m.at >= ?5"),
            (it.files, "m.kind = 'file'"),
        ];
        for (_, condition) in conditions.into_iter().filter(|(asked, _)| *asked) {
            sql.extend([" AND ", by, condition]);
        }
        self.list(
            &format!("{sql} ORDER BY {order} DESC LIMIT ?6"),
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
             WHERE room = ?1 AND seq > ?2 AND kind IN ('text', 'file') AND gone = 0 AND handle <> ?3",
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

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use chancery_wire::ids::Digest;

    use crate::{Room, Standing, Title, Vault};

    pub(crate) const ROOM: RoomId = RoomId([7; 16]);

    pub(crate) fn written(text: &str) -> Written {
        Written::parse(text, TEXT_LIMIT).unwrap()
    }

    pub(crate) fn line(seq: u64, by: &str, said: Said, about: Option<MessageId>) -> Message {
        let mut id = [1; 32];
        id[31] = u8::try_from(seq).unwrap();
        let from = Some((by.parse().unwrap(), DeviceId([9; 16])));
        Message {
            room: ROOM,
            seq,
            id: MessageId::from_slice(&id),
            at: Instant(0),
            from,
            said,
            about,
            thread: None,
            marks: Marks::default(),
            told_by: None,
        }
    }

    /// A vault with one room.
    pub(crate) fn vault() -> Vault {
        let mut vault = Vault::in_memory().unwrap();
        let room = Room {
            id: ROOM,
            name: Title::default(),
            topic: Title::default(),
            standing: Standing::Joined,
            why: None,
            seq: 0,
            head: Digest([0; 32]),
            joined: 0,
            read: 0,
            renew_at: Instant(0),
            sealed: 0,
            settle_at: None,
            own: false,
            muted: false,
            draft: None,
            draft_at: None,
            report_at: None,
            names_since: None,
            brought_by: None,
            charter: 0,
        };
        vault.step(|step| step.keep_room(&room)).unwrap();
        vault
    }

    pub(crate) fn keeps(vault: &mut Vault, line: &Message) {
        assert!(vault.step(|step| step.keep_message(line)).unwrap());
    }

    /// Whether a word is anywhere in the index of words, found or not.
    fn in_the_index(vault: &mut Vault, word: &str) -> bool {
        let pages: Vec<Vec<u8>> =
            vault.step(|step| step.list("SELECT block FROM words_data", &[], |row| Ok(row.get(0)?))).unwrap();
        pages.iter().any(|page| page.windows(word.len()).any(|part| part == word.as_bytes()))
    }

    #[test]
    fn what_is_changed_or_taken_back_leaves_no_word_in_the_index() {
        let mut vault = vault();
        let first = line(1, "alice", Said::Text(written("zanzibar meeting")), None);
        keeps(&mut vault, &first);
        keeps(&mut vault, &line(2, "bob", Said::Text(written("which meeting")), None));
        assert!(in_the_index(&mut vault, "zanzibar"));
        keeps(&mut vault, &line(3, "alice", Said::Edit(written("quokka meeting")), first.id));
        assert!(!in_the_index(&mut vault, "zanzibar") && in_the_index(&mut vault, "quokka"));
        keeps(&mut vault, &line(4, "alice", Said::Withdrawal, first.id));
        assert!(!in_the_index(&mut vault, "quokka") && in_the_index(&mut vault, "which"));
        let search = Search { words: Some("meeting".to_owned()), ..Search::default() };
        let found = vault.step(|step| step.search(&search, 9)).unwrap();
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn a_line_of_somebody_else_with_the_same_id_changes_nothing() {
        let mut vault = vault();
        let first = line(1, "alice", Said::Text(written("approved")), None);
        keeps(&mut vault, &first);
        keeps(&mut vault, &line(2, "mallory", Said::Withdrawal, first.id));
        let kept = vault.step(|step| step.message(ROOM, first.id.unwrap())).unwrap();
        assert_eq!(kept.unwrap().said, first.said);
    }
}
