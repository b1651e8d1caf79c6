//! The charter as this device has seen it last.

use chancery_wire::ids::Digest;

use crate::{
    error::VaultError,
    step::{Step, counted, number},
};

impl Step<'_> {
    /// How many amendments of the charter were seen, and the head after the last one.
    pub fn charter_seen(&self) -> Result<Option<(u64, Digest)>, VaultError> {
        let sql = "SELECT number, head FROM charter_seen";
        self.find(sql, &[], |row| Ok((counted(row.get(0)?), Digest(row.get(1)?))))
    }

    /// Keeps that.
    pub fn see_charter(&self, amendments: u64, head: Digest) -> Result<(), VaultError> {
        let sql = "INSERT OR REPLACE INTO charter_seen (one, number, head) VALUES (1, ?1, ?2)";
        self.run(sql, &[&number(amendments), &head.0]).map(drop)
    }
}
