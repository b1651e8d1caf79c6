//! The archive: which blocks of rooms are to be put there, and what is to be taken in from there.

use chancery_wire::{
    archive::ENTRIES,
    ids::{DeviceId, RoomId},
    time::Instant,
};

use crate::{
    error::VaultError,
    step::{Step, counted, id, number},
};

/// A block of a room that is to be put into the archive.
#[derive(Clone, PartialEq, Eq)]
pub struct Block {
    /// The room.
    pub room: RoomId,
    /// Which part of its log.
    pub number: u64,
    /// Its lines, as history is told.
    pub lines: Vec<u8>,
    changes: i64,
}

impl std::fmt::Debug for Block {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Block({} {})", self.room, self.number)
    }
}

/// A block that lies in the archive and is to be taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// The room.
    pub room: RoomId,
    /// Which part of its log.
    pub number: u64,
    /// The device that has put it there.
    pub device: DeviceId,
}

impl Step<'_> {
    /// The public key that the account's archive is sealed to, as its chain has it now. Under another one than before everything
    /// is to be put there anew; under none, nothing.
    pub fn keep_archive_key(&self, key: Option<&(Vec<u8>, DeviceId)>) -> Result<(), VaultError> {
        if self.archive_key()?.as_ref() == key {
            return Ok(());
        }
        self.run("DELETE FROM archive_key", &[])?;
        self.run("DELETE FROM archive_due", &[])?;
        if let Some((key, device)) = key {
            self.run("INSERT INTO archive_key (one, key, device) VALUES (1, ?1, ?2)", &[key, &device.0])?;
            self.run(
                "INSERT INTO archive_due (room, block, at, changes)
                 SELECT m.room, m.seq / ?1, 0, random() FROM messages m JOIN rooms r ON r.room = m.room WHERE r.own = 0
                 GROUP BY m.room, m.seq / ?1",
                &[&number(ENTRIES)],
            )?;
        }
        Ok(())
    }

    /// The public key that the account's archive is sealed to, if there is one, and the device that set it.
    pub fn archive_key(&self) -> Result<Option<(Vec<u8>, DeviceId)>, VaultError> {
        let sql = "SELECT key, device FROM archive_key";
        self.find(sql, &[], |row| Ok((row.get(0)?, DeviceId(id(row, 1)?))))
    }

    /// Whether a block is to be put into the archive that has changed up to a moment.
    pub fn is_archive_due(&self, upto: Instant) -> Result<bool, VaultError> {
        let sql = "SELECT 1 FROM archive_due WHERE at <= ?1 LIMIT 1";
        Ok(self.find(sql, &[&upto.0], |_| Ok(()))?.is_some())
    }

    /// The block that is to be put into the archive next, of those that have changed up to a moment: the newest ones first.
    pub fn next_due(&self, upto: Instant) -> Result<Option<Block>, VaultError> {
        let due = self.find(
            "SELECT room, block, changes FROM archive_due WHERE at <= ?1 ORDER BY block DESC, room LIMIT 1",
            &[&upto.0],
            |row| Ok((RoomId(id(row, 0)?), counted(row.get(1)?), row.get(2)?)),
        )?;
        let Some((room, number, changes)) = due else { return Ok(None) };
        let first = number.saturating_mul(ENTRIES);
        let lines = self.lines_between(room, (first, first.saturating_add(ENTRIES)))?;
        Ok(Some(Block { room, number, lines, changes }))
    }

    /// A block is in the archive as it was when it was asked for.
    pub fn archived(&self, it: &Block) -> Result<(), VaultError> {
        let sql = "DELETE FROM archive_due WHERE room = ?1 AND block = ?2 AND changes = ?3";
        self.run(sql, &[&it.room.0, &number(it.number), &it.changes])?;
        Ok(())
    }

    /// This device is to take in what lies in the archive, which opens with this.
    pub fn seek_archive(&self, secret: &[u8; 16]) -> Result<(), VaultError> {
        let sql = "INSERT INTO archive_secret (one, secret, asked) VALUES (1, ?1, 0) ON CONFLICT DO NOTHING";
        self.run(sql, &[secret])?;
        Ok(())
    }

    /// Whether the server is still to be asked what there is.
    pub fn seeks_archive(&self) -> Result<bool, VaultError> {
        Ok(self.find("SELECT 1 FROM archive_secret WHERE asked = 0", &[], |_| Ok(()))?.is_some())
    }

    /// What opens the archive, while there is something to be taken in from there.
    pub fn archive_secret(&self) -> Result<Option<[u8; 16]>, VaultError> {
        self.find("SELECT secret FROM archive_secret", &[], |row| id(row, 0))
    }

    /// This lies in the archive.
    pub fn keep_found(&self, found: &[Found]) -> Result<(), VaultError> {
        let sql = "INSERT INTO archive_found (room, block, device, newer) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
        let mut sorted: Vec<&Found> = found.iter().collect();
        sorted.sort_unstable_by_key(|it| (it.room, std::cmp::Reverse(it.number), it.device));
        let (mut room, mut newer) = (None, 0_i64);
        for it in sorted {
            newer = if room == Some(it.room) { newer + 1 } else { 0 };
            room = Some(it.room);
            self.run(sql, &[&it.room.0, &number(it.number), &it.device.0, &newer])?;
        }
        self.run("UPDATE archive_secret SET asked = 1", &[])?;
        self.forget_archive()
    }

    /// The next block that can be taken in: the newest of each room before the second newest of any.
    pub fn next_found(&self) -> Result<Option<Found>, VaultError> {
        self.find(
            "SELECT room, block, device FROM archive_found WHERE taken = 0 AND room IN (SELECT room FROM rooms) ORDER BY newer LIMIT 1",
            &[],
            |row| {
                let (room, device) = (RoomId(id(row, 0)?), DeviceId(id(row, 2)?));
                Ok(Found { room, number: counted(row.get(1)?), device })
            },
        )
    }

    /// A block was taken in.
    pub fn found_taken(&self, it: &Found) -> Result<(), VaultError> {
        let sql = "UPDATE archive_found SET taken = 1 WHERE room = ?1 AND block = ?2 AND device = ?3";
        self.run(sql, &[&it.room.0, &number(it.number), &it.device.0])?;
        self.forget_archive()
    }

    /// The blocks that were taken in and are not to be taken in again, now that this device has put the same place there anew.
    pub fn replaced(&self, it: &Block) -> Result<Vec<Found>, VaultError> {
        let sql =
            "SELECT device FROM archive_found WHERE room = ?1 AND block = ?2 AND taken = 1 ORDER BY device";
        let (room, number) = (it.room, it.number);
        self.list(sql, &[&room.0, &self::number(number)], |row| {
            Ok(Found { room, number, device: DeviceId(id(row, 0)?) })
        })
    }

    /// A block is there no more, or is none.
    pub fn drop_found(&self, it: &Found) -> Result<(), VaultError> {
        let sql = "DELETE FROM archive_found WHERE room = ?1 AND block = ?2 AND device = ?3";
        self.run(sql, &[&it.room.0, &number(it.number), &it.device.0])?;
        self.forget_archive()
    }

    /// With nothing left to be opened, what opens it has no use any more.
    fn forget_archive(&self) -> Result<(), VaultError> {
        let sql = "DELETE FROM archive_secret WHERE asked = 1 AND NOT EXISTS (SELECT 1 FROM archive_found WHERE taken = 0)";
        self.run(sql, &[])?;
        Ok(())
    }
}
