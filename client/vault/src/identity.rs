//! Who the device is: its account, its key, and the organisation it trusts.

use chancery_wire::{
    ids::{DeviceId, Digest},
    names::{Domain, Handle},
    time::Instant,
};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{
    error::VaultError,
    step::{Step, id},
};

/// The device's signature key, wiped when it is dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SigningSeed(pub [u8; 32]);

impl std::fmt::Debug for SigningSeed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningSeed(…)")
    }
}

/// Who the device is.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Where its server is, such as `https://bank.example`.
    pub server: String,
    /// The organisation.
    pub domain: Domain,
    /// The digest of the organisation's founding entry: the root of all trust.
    pub root: Digest,
    /// The account.
    pub handle: Handle,
    /// The device.
    pub device: DeviceId,
    /// Its signature key, which never leaves the vault.
    pub signing: SigningSeed,
    /// The entry of the device chain that enrols it.
    pub entry: Vec<u8>,
    /// By what the account was opened, to know the same again: the invitation's or linking's id, the founding code, or a digest of the
    /// recovery link.
    pub opener: Vec<u8>,
    /// Whether the server has confirmed the enrolment.
    pub enrolled: bool,
}

impl Step<'_> {
    /// The identity, once there is one.
    pub fn identity(&self) -> Result<Option<Identity>, VaultError> {
        self.find(
            "SELECT server, domain, root, handle, device, signing_key, entry, opener, enrolled FROM identity",
            &[],
            |row| {
                let name = |_| VaultError::Damaged("identity");
                Ok(Identity {
                    server: row.get(0)?,
                    domain: row.get::<_, String>(1)?.parse().map_err(name)?,
                    root: Digest(row.get(2)?),
                    handle: row.get::<_, String>(3)?.parse().map_err(name)?,
                    device: DeviceId(id(row, 4)?),
                    signing: SigningSeed(row.get(5)?),
                    entry: row.get(6)?,
                    opener: row.get(7)?,
                    enrolled: row.get(8)?,
                })
            },
        )
    }

    /// Keeps the identity; replaces one that was never enrolled, and no other.
    pub fn keep_identity(&self, it: &Identity) -> Result<(), VaultError> {
        self.run("DELETE FROM identity WHERE enrolled = 0", &[])?;
        self.run(
            "INSERT INTO identity (one, server, domain, root, handle, device, signing_key, entry, opener, enrolled)
             VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            &[
                &it.server,
                &it.domain.as_str(),
                &it.root.0,
                &it.handle.as_str(),
                &it.device.0,
                &it.signing.0,
                &it.entry,
                &it.opener,
                &it.enrolled,
            ],
        )?;
        Ok(())
    }

    /// Forgets an identity that was never enrolled.
    pub fn drop_unenrolled(&self) -> Result<(), VaultError> {
        self.run("DELETE FROM identity WHERE enrolled = 0", &[])?;
        Ok(())
    }

    /// The server has confirmed the enrolment.
    pub fn enrolled(&self) -> Result<(), VaultError> {
        self.run("UPDATE identity SET enrolled = 1", &[])?;
        Ok(())
    }

    /// The token of the session at an address of the server's, if it still holds.
    pub fn session(&self, server: &str, now: Instant) -> Result<Option<Vec<u8>>, VaultError> {
        const SELECT: &str = "SELECT token FROM session WHERE server = ?1 AND until > ?2";
        self.find(SELECT, &[&server, &now.0], |row| Ok(row.get(0)?))
    }

    /// The address at which the organisation is looked after, and the token of the session there, if there is one that still holds.
    pub fn administration(&self, now: Instant) -> Result<Option<(String, Vec<u8>)>, VaultError> {
        const SELECT: &str = "SELECT server, token FROM session
            WHERE until > ?1 AND server NOT IN (SELECT server FROM identity) ORDER BY until DESC LIMIT 1";
        self.find(SELECT, &[&now.0], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// Keeps a session at an address of the server's until it ends.
    pub fn keep_session(&self, server: &str, token: &[u8], until: Instant) -> Result<(), VaultError> {
        self.run(
            "INSERT INTO session (server, token, until) VALUES (?1, ?2, ?3)
             ON CONFLICT (server) DO UPDATE SET token = ?2, until = ?3",
            &[&server, &token, &until.0],
        )?;
        Ok(())
    }
}
