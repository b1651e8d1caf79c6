//! What became of messages with people: how far each is with whom, which are kept in view, which wait to be acknowledged; and
//! the texts whose time is over.

use chancery_wire::{
    content::{Marks, MessageId, Status},
    ids::RoomId,
    names::Handle,
    time::Instant,
};

use crate::{
    error::VaultError,
    messages::{Erased, Message},
    step::{Step, counted, id, number},
};

/// The accounts a text names, as they are kept: each between blanks, so that one can be looked for.
pub(crate) fn mentions(marks: &Marks) -> Option<String> {
    let names: Vec<&str> = marks.mentions.iter().map(Handle::as_str).collect();
    if names.is_empty() { None } else { Some(format!(" {} ", names.join(" "))) }
}

/// The accounts a text names.
pub(crate) fn mentioned(kept: Option<&str>) -> Result<Vec<Handle>, VaultError> {
    let names = kept.unwrap_or_default().split_whitespace();
    names.map(|name| name.parse().map_err(|_| VaultError::Damaged("messages"))).collect()
}

fn message(row: &rusqlite::Row<'_>, at: usize) -> Result<MessageId, VaultError> {
    MessageId::from_slice(&row.get::<_, Vec<u8>>(at)?).ok_or(VaultError::Damaged("messages"))
}

fn status(row: &rusqlite::Row<'_>, at: usize) -> Result<Status, VaultError> {
    Status::of_number(counted(row.get(at)?)).ok_or(VaultError::Damaged("receipts"))
}

impl Step<'_> {
    /// Deletes the texts whose time is over; answers whether there were any.
    pub fn expire(&self, now: Instant) -> Result<bool, VaultError> {
        let over = self.list(
            "SELECT room, id, handle FROM messages WHERE expires <= ?1 AND gone = 0 AND id IS NOT NULL",
            &[&now.0],
            |row| Ok((RoomId(id(row, 0)?), message(row, 1)?, row.get::<_, String>(2)?)),
        )?;
        for (room, of, by) in &over {
            let by = by.parse().map_err(|_| VaultError::Damaged("messages"))?;
            self.erase(*room, *of, &by, Erased::Expired)?;
        }
        Ok(!over.is_empty())
    }

    /// When the next text's time is over.
    pub fn next_expiry(&self) -> Result<Option<Instant>, VaultError> {
        let sql = "SELECT MIN(expires) FROM messages WHERE expires IS NOT NULL AND gone = 0";
        let found = self.find(sql, &[], |row| Ok(row.get::<_, Option<i64>>(0)?))?;
        Ok(found.flatten().map(Instant))
    }

    /// Somebody has told how far a message is with them.
    pub fn keep_receipt(
        &self,
        room: RoomId,
        of: MessageId,
        by: &Handle,
        status: Status,
    ) -> Result<(), VaultError> {
        self.run(
            "INSERT INTO receipts (room, id, handle, status) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (room, id, handle) DO UPDATE SET status = MAX(status, ?4)",
            &[&room.0, &of.0, &by.as_str(), &status.number()],
        )?;
        Ok(())
    }

    /// How far a message is with whom, in alphabetical order.
    pub fn receipts(&self, room: RoomId, of: MessageId) -> Result<Vec<(Handle, Status)>, VaultError> {
        self.list(
            "SELECT handle, status FROM receipts WHERE room = ?1 AND id = ?2 ORDER BY handle",
            &[&room.0, &of.0],
            |row| {
                let handle: String = row.get(0)?;
                Ok((handle.parse().map_err(|_| VaultError::Damaged("receipts"))?, status(row, 1)?))
            },
        )
    }

    /// The others are to be told how far a message is here.
    pub fn owe_report(&self, room: RoomId, of: MessageId, status: Status) -> Result<(), VaultError> {
        self.run(
            "INSERT INTO reports (room, id, status) VALUES (?1, ?2, ?3)
             ON CONFLICT (room, id) DO UPDATE SET status = MAX(status, ?3)",
            &[&room.0, &of.0, &status.number()],
        )?;
        Ok(())
    }

    /// What the others of a room are to be told next, at most `limit`. It is not owed any more.
    pub fn take_reports(&self, room: RoomId, limit: usize) -> Result<Vec<(MessageId, Status)>, VaultError> {
        let owed = self.list(
            "SELECT id, status FROM reports WHERE room = ?1 ORDER BY id LIMIT ?2",
            &[&room.0, &number(limit as u64)],
            |row| Ok((message(row, 0)?, status(row, 1)?)),
        )?;
        for (of, _) in &owed {
            self.run("DELETE FROM reports WHERE room = ?1 AND id = ?2", &[&room.0, &of.0])?;
        }
        Ok(owed)
    }

    /// The texts and files of others in a room after an entry and up to another.
    pub fn of_others(
        &self,
        room: RoomId,
        (after, upto): (u64, u64),
        own: &Handle,
    ) -> Result<Vec<MessageId>, VaultError> {
        self.list(
            "SELECT id FROM messages WHERE room = ?1 AND seq > ?2 AND seq <= ?3 AND kind IN ('text', 'file')
             AND gone = 0 AND handle <> ?4 AND id IS NOT NULL",
            &[&room.0, &number(after), &number(upto), &own.as_str()],
            |row| message(row, 0),
        )
    }

    /// Keeps a message in view, or no more.
    pub fn pin(&self, room: RoomId, of: MessageId, pinned: bool) -> Result<(), VaultError> {
        let sql = if pinned {
            "INSERT INTO pins (room, id) VALUES (?1, ?2) ON CONFLICT DO NOTHING"
        } else {
            "DELETE FROM pins WHERE room = ?1 AND id = ?2"
        };
        self.run(sql, &[&room.0, &of.0])?;
        Ok(())
    }

    /// Whether a message is kept in view.
    pub fn is_pinned(&self, room: RoomId, of: MessageId) -> Result<bool, VaultError> {
        let sql = "SELECT 1 FROM pins WHERE room = ?1 AND id = ?2";
        Ok(self.find(sql, &[&room.0, &of.0], |_| Ok(()))?.is_some())
    }

    /// The places of the messages that are kept in view in a room, and still say something.
    pub fn pinned(&self, room: RoomId) -> Result<Vec<u64>, VaultError> {
        self.list(
            "SELECT m.seq FROM pins p JOIN messages m ON m.room = p.room AND m.id = p.id
             WHERE p.room = ?1 AND m.gone = 0 ORDER BY m.seq",
            &[&room.0],
            |row| Ok(counted(row.get(0)?)),
        )
    }

    /// The places of the urgent messages of others in a room that the person has not acknowledged.
    pub fn urgent(&self, room: RoomId, own: &Handle) -> Result<Vec<u64>, VaultError> {
        self.list(
            "SELECT seq FROM messages m WHERE room = ?1 AND urgent = 1 AND gone = 0 AND handle <> ?2
             AND NOT EXISTS (SELECT 1 FROM messages a WHERE a.room = m.room AND a.about = m.id
                             AND a.kind = 'acknowledgement' AND a.handle = ?2) ORDER BY seq",
            &[&room.0, &own.as_str()],
            |row| Ok(counted(row.get(0)?)),
        )
    }

    /// How many unread texts of others name an account.
    pub fn unread_mentions(&self, room: RoomId, after: u64, own: &Handle) -> Result<u64, VaultError> {
        let found = self.find(
            "SELECT COUNT(*) FROM messages WHERE room = ?1 AND seq > ?2 AND mentions IS NOT NULL AND gone = 0
             AND handle <> ?3 AND instr(mentions, ' ' || ?3 || ' ') > 0",
            &[&room.0, &number(after), &own.as_str()],
            |row| Ok(counted(row.get(0)?)),
        )?;
        Ok(found.unwrap_or(0))
    }

    /// Whether an account has acknowledged a message.
    pub fn has_acknowledged(&self, of: &Message, by: &Handle) -> Result<bool, VaultError> {
        let Some(id) = of.id else { return Ok(false) };
        let sql = "SELECT 1 FROM messages WHERE room = ?1 AND about = ?2 AND kind = 'acknowledgement' AND handle = ?3";
        Ok(self.find(sql, &[&of.room.0, &id.0, &by.as_str()], |_| Ok(()))?.is_some())
    }
}
