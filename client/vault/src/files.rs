//! Files under way to the server, and files that are to go from there.

use chancery_wire::{
    content::Written,
    ids::{FileId, RoomId},
    time::Instant,
};

use crate::{
    error::VaultError,
    step::{Step, id},
};

/// A file that is being sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// The file.
    pub file: FileId,
    /// The room it is for.
    pub room: RoomId,
    /// Where it lies on this machine.
    pub path: Written,
    /// The content that its message will have.
    pub content: Vec<u8>,
}

const COLUMNS: &str = "SELECT file, room, path, content FROM uploads";

fn read(row: &rusqlite::Row<'_>) -> Result<Upload, VaultError> {
    Ok(Upload {
        file: FileId(id(row, 0)?),
        room: RoomId(id(row, 1)?),
        path: Written::parse(&row.get::<_, String>(2)?, usize::MAX)
            .map_err(|_| VaultError::Damaged("uploads"))?,
        content: row.get(3)?,
    })
}

impl Step<'_> {
    /// Keeps a file that is being sent, in the place of an earlier one from the same path.
    pub fn keep_upload(&self, it: &Upload) -> Result<(), VaultError> {
        self.run(
            "INSERT INTO uploads (file, room, path, content) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (room, path) DO UPDATE SET file = ?1, content = ?4",
            &[&it.file.0, &it.room.0, &it.path.reveal(), &it.content],
        )?;
        Ok(())
    }

    /// The file that is being sent into a room from a path.
    pub fn upload_from(&self, room: RoomId, path: &Written) -> Result<Option<Upload>, VaultError> {
        self.find(&format!("{COLUMNS} WHERE room = ?1 AND path = ?2"), &[&room.0, &path.reveal()], read)
    }

    /// A file that is being sent.
    pub fn upload(&self, file: FileId) -> Result<Option<Upload>, VaultError> {
        self.find(&format!("{COLUMNS} WHERE file = ?1"), &[&file.0], read)
    }

    /// Forgets a file that was sent.
    pub fn drop_upload(&self, file: FileId) -> Result<(), VaultError> {
        self.run("DELETE FROM uploads WHERE file = ?1", &[&file.0])?;
        Ok(())
    }

    /// Remembers that a file is to go from the server, at a moment.
    pub fn dispose(&self, room: RoomId, file: FileId, at: Instant) -> Result<(), VaultError> {
        let sql = "INSERT INTO disposals (file, room, at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
        self.run(sql, &[&file.0, &room.0, &at.0])?;
        Ok(())
    }

    /// The files that are to go from the server by now.
    pub fn disposals(&self, now: Instant) -> Result<Vec<(RoomId, FileId)>, VaultError> {
        let sql = "SELECT room, file FROM disposals WHERE at <= ?1 ORDER BY file";
        self.list(sql, &[&now.0], |row| Ok((RoomId(id(row, 0)?), FileId(id(row, 1)?))))
    }

    /// A file is gone from the server.
    pub fn disposed(&self, file: FileId) -> Result<(), VaultError> {
        self.run("DELETE FROM disposals WHERE file = ?1", &[&file.0])?;
        Ok(())
    }
}
