//! The rooms of a device, and how far it has followed each.

use chancery_wire::{
    ids::{Digest, RoomId},
    names::Handle,
    time::Instant,
};

use crate::{
    error::VaultError,
    step::{Step, counted, id, number},
};

/// How a device stands to a room. The texts are stored and never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Made here; the server has not confirmed it yet.
    Opening,
    /// The device takes part.
    Joined,
    /// The device's state of the room is lost or cannot follow; it comes back by itself.
    Lost,
    /// The device was removed, or left.
    Left,
    /// The room asks for rules a newer program knows.
    Paused,
    /// The server showed something that must not be; nothing is sent or believed any more.
    Stopped,
}

impl Standing {
    const ALL: [(Self, &'static str); 6] = [
        (Self::Opening, "opening"),
        (Self::Joined, "joined"),
        (Self::Lost, "lost"),
        (Self::Left, "left"),
        (Self::Paused, "paused"),
        (Self::Stopped, "stopped"),
    ];

    /// The standing as a word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(it, _)| *it == self).map_or("", |(_, text)| text)
    }

    fn parse(text: &str) -> Result<Self, VaultError> {
        let found = Self::ALL.iter().find(|(_, other)| *other == text);
        found.map(|(it, _)| *it).ok_or(VaultError::Damaged("rooms"))
    }
}

/// What a room is called, or what it is about; and what this device has to do about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Title {
    /// What it says, once a member has told it.
    pub text: Option<String>,
    /// Whether that was somebody who may not name the room: good enough for this device, and not to be said again by itself.
    pub hearsay: bool,
    /// When the device says it again, for those who came in and cannot know it, if nobody has by then; nothing when nobody has to be told.
    pub say_at: Option<Instant>,
}

impl Title {
    fn read(row: &rusqlite::Row<'_>, text: &str, hearsay: &str, say_at: &str) -> Result<Self, VaultError> {
        let say_at = row.get::<_, Option<i64>>(say_at)?.map(Instant);
        Ok(Self { text: row.get(text)?, hearsay: row.get(hearsay)?, say_at })
    }
}

/// A room, as far as the device has followed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// Its id.
    pub id: RoomId,
    /// Its name.
    pub name: Title,
    /// What it is about.
    pub topic: Title,
    /// How the device stands to it.
    pub standing: Standing,
    /// Why, when the standing needs a reason.
    pub why: Option<String>,
    /// The last entry taken in.
    pub seq: u64,
    /// The chain head after it.
    pub head: Digest,
    /// The first entry whose chain head the device knows.
    pub joined: u64,
    /// The last entry the person has seen.
    pub read: u64,
    /// When the device's leaf is to be renewed.
    pub renew_at: Instant,
    /// Messages sealed since it was renewed.
    pub sealed: u32,
    /// When the device commits what others have proposed, if nobody has by then; nothing while nothing is proposed.
    pub settle_at: Option<Instant>,
    /// Whether only the devices of this account are in it.
    pub own: bool,
    /// Whether the person wants to be told of nothing here.
    pub muted: bool,
    /// What the person has begun to write.
    pub draft: Option<String>,
    /// When the account's other devices are told of the draft; nothing when they know it.
    pub draft_at: Option<Instant>,
    /// When the others are told what was got and read here; nothing when they know it.
    pub report_at: Option<Instant>,
    /// The epoch in which the last ones came who had to be told.
    pub names_since: Option<u64>,
    /// The account that brought this device in; nobody where it founded the room, or has come back by itself.
    pub brought_by: Option<Handle>,
    /// The number of the amendment that somebody who has spoken here knew to say last who may meet whom: whoever comes in from then on
    /// comes in by that, or by a later one.
    pub charter: u64,
}

const COLUMNS: &str = "SELECT room, name, standing, why, seq, head, joined, read, renew_at, sealed, settle_at, topic, own, muted,
  draft, draft_at, report_at, name_at, topic_at, names_since, name_hearsay, topic_hearsay, brought_by, charter FROM rooms";

fn read(row: &rusqlite::Row<'_>) -> Result<Room, VaultError> {
    let by: Option<String> = row.get(22)?;
    Ok(Room {
        id: RoomId(id(row, 0)?),
        name: Title::read(row, "name", "name_hearsay", "name_at")?,
        standing: Standing::parse(&row.get::<_, String>(2)?)?,
        why: row.get(3)?,
        seq: counted(row.get(4)?),
        head: Digest(row.get(5)?),
        joined: counted(row.get(6)?),
        read: counted(row.get(7)?),
        renew_at: Instant(row.get(8)?),
        sealed: row.get(9)?,
        settle_at: row.get::<_, Option<i64>>(10)?.map(Instant),
        topic: Title::read(row, "topic", "topic_hearsay", "topic_at")?,
        own: row.get(12)?,
        muted: row.get(13)?,
        draft: row.get(14)?,
        draft_at: row.get::<_, Option<i64>>(15)?.map(Instant),
        report_at: row.get::<_, Option<i64>>(16)?.map(Instant),
        names_since: row.get::<_, Option<i64>>(19)?.map(counted),
        charter: counted(row.get(23)?),
        brought_by: by.map(|by| by.parse()).transpose().map_err(|_| VaultError::Damaged("rooms"))?,
    })
}

impl Step<'_> {
    /// A room, if the device knows it.
    pub fn room(&self, room: RoomId) -> Result<Option<Room>, VaultError> {
        self.find(&format!("{COLUMNS} WHERE room = ?1"), &[&room.0], read)
    }

    /// All rooms.
    pub fn rooms(&self) -> Result<Vec<Room>, VaultError> {
        self.list(&format!("{COLUMNS} ORDER BY name, room"), &[], read)
    }

    /// The room that only the devices of this account are in, while this one takes part.
    pub fn own_room(&self) -> Result<Option<Room>, VaultError> {
        let sql = format!("{COLUMNS} WHERE own = 1 AND standing = 'joined' ORDER BY room LIMIT 1");
        self.find(&sql, &[], read)
    }

    /// Keeps a room as it is now.
    pub fn keep_room(&self, it: &Room) -> Result<(), VaultError> {
        self.run(
            "INSERT INTO rooms (room, name, standing, why, seq, head, joined, read, renew_at, sealed, settle_at, topic, own,
                                muted, draft, draft_at, report_at, name_at, topic_at, names_since, name_hearsay,
                                topic_hearsay, brought_by, charter)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24)
             ON CONFLICT (room) DO UPDATE SET name = ?2, standing = ?3, why = ?4, seq = ?5, head = ?6, joined = ?7,
               read = ?8, renew_at = ?9, sealed = ?10, settle_at = ?11, topic = ?12, muted = ?14,
               draft = ?15, draft_at = ?16, report_at = ?17, name_at = ?18, topic_at = ?19, names_since = ?20, name_hearsay = ?21,
               topic_hearsay = ?22, brought_by = ?23, charter = ?24",
            &[
                &it.id.0,
                &it.name.text,
                &it.standing.as_str(),
                &it.why,
                &number(it.seq),
                &it.head.0,
                &number(it.joined),
                &number(it.read),
                &it.renew_at.0,
                &it.sealed,
                &it.settle_at.map(|at| at.0),
                &it.topic.text,
                &it.own,
                &it.muted,
                &it.draft,
                &it.draft_at.map(|at| at.0),
                &it.report_at.map(|at| at.0),
                &it.name.say_at.map(|at| at.0),
                &it.topic.say_at.map(|at| at.0),
                &it.names_since.map(number),
                &it.name.hearsay,
                &it.topic.hearsay,
                &it.brought_by.as_ref().map(Handle::as_str),
                &number(it.charter),
            ],
        )?;
        Ok(())
    }

    /// Keeps what is public of a room whose keys are lost; or nothing, once it is not needed or not known.
    pub fn keep_face(&self, room: RoomId, face: Option<&[u8]>) -> Result<(), VaultError> {
        match face {
            Some(face) => self.run(
                "INSERT INTO faces (room, face) VALUES (?1, ?2) ON CONFLICT (room) DO UPDATE SET face = ?2",
                &[&room.0, &face],
            )?,
            None => self.run("DELETE FROM faces WHERE room = ?1", &[&room.0])?,
        };
        Ok(())
    }

    /// What is public of a room whose keys are lost, if that is known.
    pub fn face(&self, room: RoomId) -> Result<Option<Vec<u8>>, VaultError> {
        self.find("SELECT face FROM faces WHERE room = ?1", &[&room.0], |row| Ok(row.get(0)?))
    }

    /// Remembers the chain head after an entry, and the digest of its body.
    pub fn keep_head(
        &self,
        room: RoomId,
        seq: u64,
        head: Digest,
        digest: Option<Digest>,
    ) -> Result<(), VaultError> {
        self.run(
            "INSERT INTO heads (room, seq, head, digest) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (room, seq) DO NOTHING",
            &[&room.0, &number(seq), &head.0, &digest.map(|digest| digest.0)],
        )?;
        Ok(())
    }

    /// Whether a body stood in a room's log before.
    pub fn has_digest(&self, room: RoomId, digest: Digest) -> Result<bool, VaultError> {
        let sql = "SELECT 1 FROM heads WHERE room = ?1 AND digest = ?2";
        Ok(self.find(sql, &[&room.0, &digest.0], |_| Ok(()))?.is_some())
    }

    /// The chain head after an entry, if the device was there.
    pub fn head(&self, room: RoomId, seq: u64) -> Result<Option<Digest>, VaultError> {
        let sql = "SELECT head FROM heads WHERE room = ?1 AND seq = ?2";
        self.find(sql, &[&room.0, &number(seq)], |row| Ok(Digest(row.get(0)?)))
    }

    /// Remembers the authenticator of an epoch, and forgets those long past.
    pub fn keep_epoch(&self, room: RoomId, epoch: u64, authenticator: &[u8]) -> Result<(), VaultError> {
        self.run(
            "INSERT INTO epochs (room, epoch, authenticator) VALUES (?1, ?2, ?3)
             ON CONFLICT (room, epoch) DO UPDATE SET authenticator = ?3",
            &[&room.0, &number(epoch), &authenticator],
        )?;
        self.run(
            "DELETE FROM epochs WHERE room = ?1 AND epoch < ?2",
            &[&room.0, &number(epoch.saturating_sub(16))],
        )?;
        Ok(())
    }

    /// The latest epoch of a room that the device was in.
    pub fn last_epoch(&self, room: RoomId) -> Result<Option<u64>, VaultError> {
        let sql = "SELECT MAX(epoch) FROM epochs WHERE room = ?1";
        let found = self.find(sql, &[&room.0], |row| Ok(row.get::<_, Option<i64>>(0)?))?;
        Ok(found.flatten().map(counted))
    }

    /// The authenticator of an epoch, if it is remembered.
    pub fn epoch(&self, room: RoomId, epoch: u64) -> Result<Option<Vec<u8>>, VaultError> {
        let sql = "SELECT authenticator FROM epochs WHERE room = ?1 AND epoch = ?2";
        self.find(sql, &[&room.0, &number(epoch)], |row| Ok(row.get(0)?))
    }
}
