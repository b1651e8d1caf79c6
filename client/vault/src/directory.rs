//! What an identity provider has said to the directory's program, and which rooms are filled from which group.

use chancery_wire::{
    ids::{ResourceId, RoomId},
    names::Handle,
};

use crate::{
    error::VaultError,
    step::{Step, id},
};

/// A room that is filled from a group, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilledRoom {
    /// The room.
    pub room: RoomId,
    /// The group.
    pub group: ResourceId,
    /// What the group was called when the room began to be filled from it.
    pub name: String,
}

impl Step<'_> {
    /// Whose account a person's is, of whom was heard; nobody's, where the name can be no account's.
    pub fn person(&self, it: ResourceId) -> Result<Option<Option<Handle>>, VaultError> {
        let sql = "SELECT handle FROM directory_people WHERE id = ?1";
        let found = self.find(sql, &[&it.0], |row| Ok(row.get::<_, Option<String>>(0)?))?;
        let read = |text: String| text.parse().map_err(|_| VaultError::Damaged("directory_people"));
        found.map(|handle| handle.map(read).transpose()).transpose()
    }

    /// Whose account a person's is.
    pub fn keep_person(&self, it: ResourceId, handle: Option<&Handle>) -> Result<(), VaultError> {
        let sql = "INSERT INTO directory_people (id, handle) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET handle = ?2";
        self.run(sql, &[&it.0, &handle.map(Handle::as_str)]).map(drop)
    }

    /// What a group is called, and whether it is known who is in it; nothing of a group of which was not heard.
    pub fn group(&self, it: ResourceId) -> Result<Option<(String, bool)>, VaultError> {
        let sql = "SELECT name, sure FROM directory_groups WHERE id = ?1";
        self.find(sql, &[&it.0], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// What a group is called, in small letters. Nothing is known of who is in a new one.
    pub fn keep_group(&self, it: ResourceId, name: &str) -> Result<(), VaultError> {
        let sql = "INSERT INTO directory_groups (id, name, sure) VALUES (?1, ?2, 0) ON CONFLICT (id) DO UPDATE SET name = ?2";
        self.run(sql, &[&it.0, &name]).map(drop)
    }

    /// Whether it is known who is in a group.
    pub fn keep_sure(&self, it: ResourceId, sure: bool) -> Result<(), VaultError> {
        self.run("UPDATE directory_groups SET sure = ?2 WHERE id = ?1", &[&it.0, &sure]).map(drop)
    }

    /// A person or group is in a group, or no more.
    pub fn keep_member(&self, group: ResourceId, it: ResourceId, is_in: bool) -> Result<(), VaultError> {
        let sql = if is_in {
            "INSERT INTO directory_members (team, person) VALUES (?1, ?2) ON CONFLICT DO NOTHING"
        } else {
            "DELETE FROM directory_members WHERE team = ?1 AND person = ?2"
        };
        self.run(sql, &[&group.0, &it.0]).map(drop)
    }

    /// Nobody is in a group any more.
    pub fn empty_group(&self, it: ResourceId) -> Result<(), VaultError> {
        self.run("DELETE FROM directory_members WHERE team = ?1", &[&it.0]).map(drop)
    }

    /// A person or group is there no more, and in no group.
    pub fn forget_resource(&self, it: ResourceId) -> Result<(), VaultError> {
        self.run("DELETE FROM directory_people WHERE id = ?1", &[&it.0])?;
        self.run("DELETE FROM directory_groups WHERE id = ?1", &[&it.0])?;
        self.run("DELETE FROM directory_members WHERE team = ?1 OR person = ?1", &[&it.0]).map(drop)
    }

    /// The groups of that name.
    pub fn groups_called(&self, name: &str) -> Result<Vec<ResourceId>, VaultError> {
        let sql = "SELECT id FROM directory_groups WHERE name = ?1 ORDER BY id";
        self.list(sql, &[&name], |row| Ok(ResourceId(id(row, 0)?)))
    }

    /// The accounts in a group; and how many are in it of whom was not heard what they are called.
    pub fn in_group(&self, group: ResourceId) -> Result<(Vec<Handle>, u64), VaultError> {
        let sql = "SELECT p.handle, p.id IS NULL FROM directory_members m LEFT JOIN directory_people p ON p.id = m.person
            WHERE m.team = ?1 ORDER BY p.handle";
        let all = self
            .list(sql, &[&group.0], |row| Ok((row.get::<_, Option<String>>(0)?, row.get::<_, bool>(1)?)))?;
        let unknown = all.iter().filter(|(_, unknown)| *unknown).count();
        let read = |text: String| text.parse().map_err(|_| VaultError::Damaged("directory_people"));
        let people =
            all.into_iter().filter_map(|(handle, _)| handle).map(read).collect::<Result<Vec<_>, _>>()?;
        Ok((people, u64::try_from(unknown).unwrap_or(u64::MAX)))
    }

    /// A room is filled from a group, or from none any more.
    pub fn fill_room(&self, room: RoomId, group: Option<(ResourceId, &str)>) -> Result<(), VaultError> {
        let Some((group, name)) = group else {
            return self.run("DELETE FROM directory_rooms WHERE room = ?1", &[&room.0]).map(drop);
        };
        let sql = "INSERT INTO directory_rooms (room, team, name) VALUES (?1, ?2, ?3)
            ON CONFLICT (room) DO UPDATE SET team = ?2, name = ?3";
        self.run(sql, &[&room.0, &group.0, &name]).map(drop)
    }

    /// The rooms that are filled from a group.
    pub fn filled_rooms(&self) -> Result<Vec<FilledRoom>, VaultError> {
        self.list("SELECT room, team, name FROM directory_rooms ORDER BY room", &[], |row| {
            Ok(FilledRoom { room: RoomId(id(row, 0)?), group: ResourceId(id(row, 1)?), name: row.get(2)? })
        })
    }
}
