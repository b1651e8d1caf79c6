//! The charter as this device has checked it.

use crate::{
    error::VaultError,
    step::{Step, counted, number},
};

impl Step<'_> {
    /// The amendments, from the first one on.
    pub fn amendments(&self) -> Result<Vec<Vec<u8>>, VaultError> {
        self.list("SELECT amendment FROM amendments ORDER BY number", &[], |row| Ok(row.get(0)?))
    }

    /// How many amendments there are.
    pub fn charter_number(&self) -> Result<u64, VaultError> {
        let sql = "SELECT COUNT(*) FROM amendments";
        Ok(self.find(sql, &[], |row| Ok(counted(row.get(0)?)))?.unwrap_or_default())
    }

    /// The amendment at a place.
    pub fn amendment(&self, at: u64) -> Result<Option<Vec<u8>>, VaultError> {
        let sql = "SELECT amendment FROM amendments WHERE number = ?1";
        self.find(sql, &[&number(at)], |row| Ok(row.get(0)?))
    }

    /// Keeps an amendment that was checked.
    pub fn keep_amendment(&self, at: u64, amendment: &[u8]) -> Result<(), VaultError> {
        let sql = "INSERT INTO amendments (number, amendment) VALUES (?1, ?2)";
        self.run(sql, &[&number(at), &amendment]).map(drop)
    }
}
