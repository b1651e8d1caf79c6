//! What an identity provider has said to the directory's program, and which rooms are filled from which group.

use chancery_wire::{
    ids::{ResourceId, RoomId},
    names::Handle,
};

use crate::{
    error::VaultError,
    step::{Step, id},
};

impl Step<'_> {
    /// Whether a person or a group of this id was heard of.
    pub fn knows_resource(&self, it: ResourceId) -> Result<bool, VaultError> {
        let sql =
            "SELECT 1 FROM directory_people WHERE id = ?1 UNION SELECT 1 FROM directory_groups WHERE id = ?1";
        Ok(self.find(sql, &[&it.0], |_| Ok(()))?.is_some())
    }

    /// Whose account a person's is; nobody's, where the name can be no account's.
    pub fn keep_person(&self, it: ResourceId, handle: Option<&Handle>) -> Result<(), VaultError> {
        let sql = "INSERT INTO directory_people (id, handle) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET handle = ?2";
        self.run(sql, &[&it.0, &handle.map(Handle::as_str)]).map(drop)
    }

    /// What a group is called, in small letters.
    pub fn keep_group(&self, it: ResourceId, name: &str) -> Result<(), VaultError> {
        let sql = "INSERT INTO directory_groups (id, name) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET name = ?2";
        self.run(sql, &[&it.0, &name]).map(drop)
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

    /// Whether there is a group of that name.
    pub fn knows_group(&self, name: &str) -> Result<bool, VaultError> {
        let sql = "SELECT 1 FROM directory_groups WHERE name = ?1";
        Ok(self.find(sql, &[&name], |_| Ok(()))?.is_some())
    }

    /// The accounts in the groups of that name.
    pub fn in_group(&self, name: &str) -> Result<Vec<Handle>, VaultError> {
        let sql = "SELECT DISTINCT p.handle FROM directory_groups g JOIN directory_members m ON m.team = g.id
            JOIN directory_people p ON p.id = m.person WHERE g.name = ?1 AND p.handle IS NOT NULL ORDER BY p.handle";
        self.list(sql, &[&name], |row| {
            row.get::<_, String>(0)?.parse().map_err(|_| VaultError::Damaged("directory_people"))
        })
    }

    /// A room is filled from the group of that name, or from none any more.
    pub fn fill_room(&self, room: RoomId, group: Option<&str>) -> Result<(), VaultError> {
        let Some(group) = group else {
            return self.run("DELETE FROM directory_rooms WHERE room = ?1", &[&room.0]).map(drop);
        };
        let sql = "INSERT INTO directory_rooms (room, team) VALUES (?1, ?2) ON CONFLICT (room) DO UPDATE SET team = ?2";
        self.run(sql, &[&room.0, &group]).map(drop)
    }

    /// The rooms that are filled from a group, each with the group's name.
    pub fn filled_rooms(&self) -> Result<Vec<(RoomId, String)>, VaultError> {
        self.list("SELECT room, team FROM directory_rooms ORDER BY room", &[], |row| {
            Ok((RoomId(id(row, 0)?), row.get(1)?))
        })
    }
}
