//! Devices whose chains were checked down to the organisation's root.

use chancery_wire::{
    ids::{DeviceId, Digest},
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
    /// Who invited the account; nobody at the founding.
    pub invited_by: Option<Handle>,
    /// When it was enrolled, by its own clock.
    pub at: Instant,
    /// The head of the chain it stands in.
    pub head: Digest,
}

impl Step<'_> {
    /// The devices of an account, if its chain was checked.
    pub fn trusted(&self, handle: &Handle) -> Result<Vec<TrustedDevice>, VaultError> {
        self.list(
            "SELECT handle, device, key, officer, invited_by, at, head FROM trust WHERE handle = ?1 ORDER BY device",
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
                    at: Instant(row.get(5)?),
                    head: Digest(row.get(6)?),
                })
            },
        )
    }

    /// Keeps a device that was checked.
    pub fn keep_trust(&self, it: &TrustedDevice) -> Result<(), VaultError> {
        let by = it.invited_by.as_ref().map(Handle::as_str);
        self.run(
            "INSERT INTO trust (handle, device, key, officer, invited_by, at, head)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (handle, device) DO NOTHING",
            &[&it.handle.as_str(), &it.device.0, &it.key, &it.officer, &by, &it.at.0, &it.head.0],
        )?;
        Ok(())
    }
}
