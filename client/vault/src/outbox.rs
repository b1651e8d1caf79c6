//! What the person wants done: kept before anything is sent, sealed once it can be, gone once it stands in the log.

use chancery_wire::{
    frames::Kind,
    ids::{RoomId, SubmissionId},
    time::Instant,
};

use crate::{
    error::VaultError,
    step::{Step, counted, id, number},
};

/// A wish's place in the outbox; wishes of a room are fulfilled in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WishId(pub i64);

/// A wish made ready to be sent. Sent again, it is the same bytes with the same id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The id the server knows it by.
    pub submission: SubmissionId,
    /// What the body is.
    pub kind: Kind,
    /// The epoch it was sealed in.
    pub epoch: u64,
    /// The MLS message.
    pub body: Vec<u8>,
    /// The welcome for those it adds, or nothing.
    pub welcome: Vec<u8>,
    /// The group info of the epoch it opens, or nothing.
    pub group_info: Vec<u8>,
    /// The number of the amendment that was known to say last who may meet whom.
    pub charter: u64,
}

/// A line of the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wished {
    /// Its place.
    pub wish: WishId,
    /// The room it is for.
    pub room: RoomId,
    /// When it was wished.
    pub at: Instant,
    /// What is wished; the engine reads and writes these bytes.
    pub what: Vec<u8>,
    /// The first epoch in which it may be sealed: after a lost race, the one after it.
    pub not_before: u64,
    /// What is sent for it, once it was sealed.
    pub sealed: Option<Sealed>,
    /// The place in the log the server has promised it.
    pub accepted: Option<u64>,
    /// Why it will not be fulfilled, in words.
    pub refused: Option<String>,
}

const COLUMNS: &str =
    "SELECT wish, room, at, what, not_before, submission, kind, epoch, body, welcome, group_info,
                         accepted, refused, charter FROM outbox";

fn read(row: &rusqlite::Row<'_>) -> Result<Wished, VaultError> {
    let sealed = match row.get::<_, Option<[u8; 16]>>(5)? {
        Some(submission) => Some(Sealed {
            submission: SubmissionId(submission),
            kind: Kind::from_number(row.get(6)?).ok_or(VaultError::Damaged("outbox"))?,
            epoch: counted(row.get(7)?),
            body: row.get(8)?,
            welcome: row.get(9)?,
            group_info: row.get(10)?,
            charter: counted(row.get(13)?),
        }),
        None => None,
    };
    Ok(Wished {
        wish: WishId(row.get(0)?),
        room: RoomId(id(row, 1)?),
        at: Instant(row.get(2)?),
        what: row.get(3)?,
        not_before: counted(row.get(4)?),
        sealed,
        accepted: row.get::<_, Option<i64>>(11)?.map(counted),
        refused: row.get(12)?,
    })
}

impl Step<'_> {
    /// Keeps a wish.
    pub fn wish(&self, room: RoomId, at: Instant, what: &[u8]) -> Result<WishId, VaultError> {
        let sql = "INSERT INTO outbox (room, at, what, not_before) VALUES (?1, ?2, ?3, 0)";
        self.run(sql, &[&room.0, &at.0, &what])?;
        Ok(WishId(self.last_id()))
    }

    /// The wishes of a room that may still be fulfilled: what is sealed in the order in which it was, and then what is not. Keys are used
    /// up in that order, and those who read bear little of another one.
    pub fn wishes(&self, room: RoomId) -> Result<Vec<Wished>, VaultError> {
        let sql =
            format!("{COLUMNS} WHERE room = ?1 AND refused IS NULL ORDER BY sealed IS NULL, sealed, wish");
        self.list(&sql, &[&room.0], read)
    }

    /// Whether there is any wish that may still be fulfilled.
    pub fn has_wishes(&self) -> Result<bool, VaultError> {
        let sql = "SELECT 1 FROM outbox WHERE refused IS NULL LIMIT 1";
        Ok(self.find(sql, &[], |_| Ok(()))?.is_some())
    }

    /// Whether something was promised its place and not seen there yet, in a room that is followed.
    pub fn has_promises(&self) -> Result<bool, VaultError> {
        let sql = "SELECT 1 FROM outbox JOIN rooms USING (room)
                   WHERE accepted IS NOT NULL AND refused IS NULL AND standing IN ('joined', 'lost') LIMIT 1";
        Ok(self.find(sql, &[], |_| Ok(()))?.is_some())
    }

    /// The furthest place promised in each room that has one promised and not seen yet.
    pub fn promises(&self) -> Result<Vec<(RoomId, u64)>, VaultError> {
        let sql = "SELECT room, MAX(accepted) FROM outbox
                   WHERE accepted IS NOT NULL AND refused IS NULL GROUP BY room";
        self.list(sql, &[], |row| Ok((RoomId(id(row, 0)?), counted(row.get(1)?))))
    }

    /// The wishes of a room that were refused for good.
    pub fn refused_wishes(&self, room: RoomId) -> Result<Vec<Wished>, VaultError> {
        let sql = format!("{COLUMNS} WHERE room = ?1 AND refused IS NOT NULL ORDER BY wish");
        self.list(&sql, &[&room.0], read)
    }

    /// One wish, if it is still there.
    pub fn wished(&self, wish: WishId) -> Result<Option<Wished>, VaultError> {
        self.find(&format!("{COLUMNS} WHERE wish = ?1"), &[&wish.0], read)
    }

    /// The wish sent under a submission id.
    pub fn submitted(&self, id: SubmissionId) -> Result<Option<Wished>, VaultError> {
        self.find(&format!("{COLUMNS} WHERE submission = ?1"), &[&id.0], read)
    }

    /// Keeps what is sent for a wish.
    pub fn seal_wish(&self, wish: WishId, it: &Sealed) -> Result<(), VaultError> {
        self.run(
            "UPDATE outbox SET submission = ?2, kind = ?3, epoch = ?4, body = ?5, welcome = ?6, group_info = ?7,
               charter = ?8, accepted = NULL, sealed = (SELECT COALESCE(MAX(sealed), 0) + 1 FROM outbox) WHERE wish = ?1",
            &[
                &wish.0,
                &it.submission.0,
                &(it.kind as u8),
                &number(it.epoch),
                &it.body,
                &it.welcome,
                &it.group_info,
                &number(it.charter),
            ],
        )?;
        Ok(())
    }

    /// Takes back what was sealed for a wish; it is sealed anew in `not_before` or a later epoch.
    pub fn unseal_wish(&self, wish: WishId, not_before: u64) -> Result<(), VaultError> {
        self.run(
            "UPDATE outbox SET submission = NULL, sealed = NULL, kind = NULL, epoch = NULL, body = NULL, welcome = NULL,
               group_info = NULL, charter = NULL, accepted = NULL, not_before = ?2 WHERE wish = ?1",
            &[&wish.0, &number(not_before)],
        )?;
        Ok(())
    }

    /// The server has promised a wish its place.
    pub fn accept_wish(&self, wish: WishId, seq: u64) -> Result<(), VaultError> {
        self.run("UPDATE outbox SET accepted = ?2 WHERE wish = ?1", &[&wish.0, &number(seq)])?;
        Ok(())
    }

    /// Replaces what is wished, such as once more is known.
    pub fn rewrite_wish(&self, wish: WishId, what: &[u8]) -> Result<(), VaultError> {
        self.run("UPDATE outbox SET what = ?2 WHERE wish = ?1", &[&wish.0, &what])?;
        Ok(())
    }

    /// A wish will not be fulfilled; the person is told why.
    pub fn refuse_wish(&self, wish: WishId, why: &str) -> Result<(), VaultError> {
        self.run("UPDATE outbox SET refused = ?2 WHERE wish = ?1", &[&wish.0, &why])?;
        Ok(())
    }

    /// A wish is fulfilled, or no longer wanted.
    pub fn drop_wish(&self, wish: WishId) -> Result<(), VaultError> {
        self.run("DELETE FROM outbox WHERE wish = ?1", &[&wish.0])?;
        Ok(())
    }
}
