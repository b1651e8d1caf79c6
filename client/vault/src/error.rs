//! What can be wrong with a vault.

/// Why a vault could not be opened, read or changed.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The key does not open it, or it is no vault.
    #[error("the key does not open this vault, or the file is damaged")]
    WrongKey,
    /// Another version of the program wrote it, whose form this one does not read.
    #[error("this vault was written by another version of this program")]
    OtherVersion,
    /// The disk is full; nothing was changed.
    #[error("the disk is full; nothing was changed")]
    Full,
    /// Another program held it for too long.
    #[error("another program is using this vault")]
    Busy,
    /// Something in it cannot be read.
    #[error("something in the vault cannot be read: {0}")]
    Damaged(&'static str),
    /// SQLite says so. The message names tables and files, never content.
    #[error("the vault could not be used: {0}")]
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for VaultError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::NotADatabase) => Self::WrongKey,
            Some(rusqlite::ErrorCode::DiskFull) => Self::Full,
            Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked) => Self::Busy,
            _ => Self::Sqlite(error),
        }
    }
}
