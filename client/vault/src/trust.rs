//! Devices whose chains were checked down to the organisation's root.

use chancery_wire::{
    ids::{DeviceId, Digest, RoomId},
    names::Handle,
    time::Instant,
};

use crate::{
    error::VaultError,
    step::{Step, id},
};

/// A device that may speak for its account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedDevice {
    /// The account.
    pub handle: Handle,
    /// The device.
    pub device: DeviceId,
    /// Its signature key.
    pub key: [u8; 32],
    /// Whether it may invite.
    pub officer: bool,
    /// What it is, where the account is a program's.
    pub bot: Option<TrustedBot>,
    /// On what terms it takes part, where the account is a guest's, as it was invited.
    pub guest: Option<TrustedGuest>,
    /// Who invited the account, or lets a provider vouch for it; nobody at the founding.
    pub invited_by: Option<Handle>,
    /// The identity provider that vouched for the account, if one did.
    pub provider: Option<String>,
    /// The device of the same account that vouched for it; none for the first one.
    pub linked_by: Option<DeviceId>,
    /// How the account came back by it, if it did: the officers' names between blanks, or nothing in it for its recovery key.
    pub recovered_by: Option<String>,
    /// The key that brings the account back, as its chain has it now.
    pub recovery_key: Option<[u8; 32]>,
    /// When it was enrolled, by its own clock.
    pub at: Instant,
    /// The head of the chain it stands in.
    pub head: Digest,
    /// Whether it was revoked since.
    pub revoked: bool,
    /// Who has suspended the account, as its chain has it now, in the chain's own word.
    pub suspended: Option<String>,
    /// Whether the account was suspended at some time while it had this device.
    pub has_been_suspended: bool,
}

impl TrustedDevice {
    /// Who answers for the account, if anybody does, by its invitation.
    #[must_use]
    pub fn attended_by(&self) -> Option<&Handle> {
        let bot = self.bot.as_ref().map(|bot| &bot.owner);
        bot.or_else(|| self.guest.as_ref().map(|guest| &guest.sponsor))
    }

    /// Until when the account may do anything, by its invitation; for ever where nothing is said.
    #[must_use]
    pub fn good_until(&self) -> Option<Instant> {
        let bot = self.bot.as_ref().and_then(|bot| bot.until);
        bot.or_else(|| self.guest.as_ref().map(|guest| guest.until))
    }

    /// Whether it speaks for its account: it was not revoked, and the account is not suspended.
    #[must_use]
    pub fn speaks(&self) -> bool {
        !self.revoked && self.suspended.is_none()
    }
}

/// What a program's account is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedBot {
    /// Who answers for it.
    pub owner: Handle,
    /// What it is for.
    pub purpose: String,
    /// What it may do besides taking part in rooms, in the chain's own word.
    pub scope: Option<String>,
    /// Until when it may do anything.
    pub until: Option<Instant>,
}

/// On what terms a guest takes part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedGuest {
    /// Who answers for them.
    pub sponsor: Handle,
    /// The rooms they may come into.
    pub rooms: Vec<RoomId>,
    /// Until when they may do anything.
    pub until: Instant,
}

impl Step<'_> {
    /// The devices of an account, if its chain was checked.
    pub fn trusted(&self, handle: &Handle) -> Result<Vec<TrustedDevice>, VaultError> {
        self.list(
            "SELECT handle, device, key, officer, invited_by, at, head, linked_by, revoked, recovered_by,
             recovery_key, attended_by, bot_purpose, provider, bot_scope, good_until, suspended,
             has_been_suspended, guest_rooms FROM trust
             WHERE handle = ?1 ORDER BY rowid",
            &[&handle.as_str()],
            |row| {
                let damaged = |_| VaultError::Damaged("trust");
                let by: Option<String> = row.get(4)?;
                Ok(TrustedDevice {
                    handle: row.get::<_, String>(0)?.parse().map_err(damaged)?,
                    device: DeviceId(id(row, 1)?),
                    key: row.get(2)?,
                    officer: row.get(3)?,
                    invited_by: by.map(|by| by.parse()).transpose().map_err(damaged)?,
                    provider: row.get(13)?,
                    at: Instant(row.get(5)?),
                    head: Digest(row.get(6)?),
                    revoked: row.get(8)?,
                    recovered_by: row.get(9)?,
                    recovery_key: row.get(10)?,
                    bot: match (row.get::<_, Option<String>>(11)?, row.get(12)?) {
                        (Some(owner), Some(purpose)) => Some(TrustedBot {
                            owner: owner.parse().map_err(damaged)?,
                            purpose,
                            scope: row.get(14)?,
                            until: row.get::<_, Option<i64>>(15)?.map(Instant),
                        }),
                        _ => None,
                    },
                    guest: match (row.get::<_, Option<String>>(11)?, row.get::<_, Option<String>>(18)?) {
                        (Some(sponsor), Some(rooms)) => Some(TrustedGuest {
                            sponsor: sponsor.parse().map_err(damaged)?,
                            rooms: rooms
                                .split(' ')
                                .map(|room| room.parse().map_err(|_| VaultError::Damaged("trust")))
                                .collect::<Result<_, _>>()?,
                            until: Instant(row.get(15)?),
                        }),
                        _ => None,
                    },
                    suspended: row.get(16)?,
                    has_been_suspended: row.get(17)?,
                    linked_by: row.get::<_, Option<[u8; 16]>>(7)?.map(DeviceId),
                })
            },
        )
    }

    /// What the person calls a device, if it has a name.
    pub fn device_name(&self, device: DeviceId) -> Result<Option<String>, VaultError> {
        self.find("SELECT name FROM device_names WHERE device = ?1", &[&device.0], |row| Ok(row.get(0)?))
    }

    /// The person calls a device so from now on.
    pub fn name_device(&self, device: DeviceId, name: &str) -> Result<(), VaultError> {
        let sql = "INSERT INTO device_names (device, name) VALUES (?1, ?2) ON CONFLICT (device) DO UPDATE SET name = ?2";
        self.run(sql, &[&device.0, &name])?;
        Ok(())
    }

    /// Whether an account is a program's, as far as its chain is known.
    pub fn is_bot(&self, handle: &Handle) -> Result<bool, VaultError> {
        let sql = "SELECT 1 FROM trust WHERE handle = ?1 AND bot_purpose IS NOT NULL LIMIT 1";
        Ok(self.find(sql, &[&handle.as_str()], |_| Ok(()))?.is_some())
    }

    /// Whether an account is a guest's, as far as its chain is known.
    pub fn is_guest(&self, handle: &Handle) -> Result<bool, VaultError> {
        let sql = "SELECT 1 FROM trust WHERE handle = ?1 AND guest_rooms IS NOT NULL LIMIT 1";
        Ok(self.find(sql, &[&handle.as_str()], |_| Ok(()))?.is_some())
    }

    /// The accounts whose time is over some day, as far as their chains are known.
    pub fn attended(&self) -> Result<Vec<Handle>, VaultError> {
        let sql = "SELECT DISTINCT handle FROM trust WHERE good_until IS NOT NULL ORDER BY handle";
        let parsed = |row: &rusqlite::Row<'_>| {
            row.get::<_, String>(0)?.parse().map_err(|_| VaultError::Damaged("trust"))
        };
        self.list(sql, &[], parsed)
    }

    /// Keeps a device that was checked; of one that is kept already, what its chain says now.
    pub fn keep_trust(&self, it: &TrustedDevice) -> Result<(), VaultError> {
        let by = it.invited_by.as_ref().map(Handle::as_str);
        self.run(
            "INSERT INTO trust (handle, device, key, officer, invited_by, linked_by, at, head, revoked, recovered_by,
                                recovery_key, attended_by, bot_purpose, provider, bot_scope, good_until,
                                suspended, has_been_suspended, guest_rooms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)
             ON CONFLICT (handle, device) DO UPDATE SET head = ?8, revoked = ?9, recovery_key = ?11,
               suspended = ?17, has_been_suspended = ?18",
            &[
                &it.handle.as_str(),
                &it.device.0,
                &it.key,
                &it.officer,
                &by,
                &it.linked_by.map(|by| by.0),
                &it.at.0,
                &it.head.0,
                &it.revoked,
                &it.recovered_by,
                &it.recovery_key,
                &it.attended_by().map(Handle::as_str),
                &it.bot.as_ref().map(|bot| &bot.purpose),
                &it.provider,
                &it.bot.as_ref().and_then(|bot| bot.scope.as_ref()),
                &it.good_until().map(|until| until.0),
                &it.suspended,
                &it.has_been_suspended,
                &it.guest.as_ref().map(|guest| list(&guest.rooms)),
            ],
        )?;
        Ok(())
    }
}

fn list(rooms: &[RoomId]) -> String {
    rooms.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}
