//! Why the store says no, sorted by what has to happen next.

/// A state the store can be in after it was asked something.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Somebody else changed the same thing at the same time: run the whole request again.
    #[error("somebody else changed the same thing at the same time")]
    Raced,
    /// The disk is full. Nothing was changed; it recovers by itself when there is room.
    #[error("the disk is full")]
    Full,
    /// The disk failed while something was made durable. Nobody knows what is on it: acknowledge nothing more, and stop.
    #[error("the store failed for good: {0}")]
    Fatal(String),
    /// What keeps the files is not on this machine, and does not answer. Nothing was changed; it recovers by itself.
    #[error("the store for files does not answer: {0}")]
    Away(String),
    /// It did not work, and nothing more is known about it.
    #[error("the store could not do it: {0}")]
    Failed(String),
}

/// `SQLITE_IOERR_SHMSIZE`: the WAL index could not grow, which is what a full disk looks like there.
const SHM_SIZE: i32 = 4874;

impl StoreError {
    /// A row does not have the shape its reader expects.
    #[must_use]
    pub fn shape(what: &str) -> Self {
        Self::Failed(format!("a row is not as expected: {what}"))
    }

    /// Sorts an error of SQLite by its result code.
    pub(crate) fn of_sqlite(error: &sqlx::Error) -> Self {
        let code = error.as_database_error().and_then(|error| error.code()?.parse::<i32>().ok());
        match code {
            Some(SHM_SIZE) => Self::Full,
            Some(code) => match code & 0xff {
                5 | 6 => Self::Raced,
                13 => Self::Full,
                10 | 11 | 26 => Self::Fatal(error.to_string()),
                _ => Self::Failed(error.to_string()),
            },
            None => Self::Failed(error.to_string()),
        }
    }

    /// Sorts an error of PostgreSQL by its SQLSTATE.
    pub(crate) fn of_postgres(error: &sqlx::Error) -> Self {
        let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
        match code.as_deref() {
            Some("40001" | "40P01") => Self::Raced,
            Some("53100") => Self::Full,
            Some("58030" | "XX001" | "XX002") => Self::Fatal(error.to_string()),
            _ => Self::Failed(error.to_string()),
        }
    }
}
