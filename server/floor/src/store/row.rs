//! A row that came back, read by position.

use sqlx::{Row as _, postgres::PgRow, sqlite::SqliteRow};

use super::StoreError;

/// A row. Every reader says what it expects; anything else is an error, never a guess.
pub struct Row(pub(crate) Inner);

/// Whose row it is.
pub(crate) enum Inner {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl std::fmt::Debug for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Row(…)")
    }
}

/// Reads one column out of whichever row it is.
macro_rules! column {
    ($row:expr, $at:expr, $kind:ty) => {
        match &$row.0 {
            Inner::Sqlite(row) => row.try_get::<$kind, _>($at),
            Inner::Postgres(row) => row.try_get::<$kind, _>($at),
        }
        .map_err(|error| StoreError::shape(&error.to_string()))
    };
}

impl Row {
    /// The whole number in column `at`.
    pub fn integer(&self, at: usize) -> Result<i64, StoreError> {
        column!(self, at, i64)
    }

    /// The whole number in column `at`, which is never negative.
    pub fn count(&self, at: usize) -> Result<u64, StoreError> {
        u64::try_from(self.integer(at)?).map_err(|_| StoreError::shape("a count is negative"))
    }

    /// The flag in column `at`.
    pub fn flag(&self, at: usize) -> Result<bool, StoreError> {
        Ok(self.integer(at)? != 0)
    }

    /// The whole number in column `at`, if there is one.
    pub fn integer_if_any(&self, at: usize) -> Result<Option<i64>, StoreError> {
        column!(self, at, Option<i64>)
    }

    /// The text in column `at`.
    pub fn text(&self, at: usize) -> Result<String, StoreError> {
        column!(self, at, String)
    }

    /// The text in column `at`, if there is one.
    pub fn text_if_any(&self, at: usize) -> Result<Option<String>, StoreError> {
        column!(self, at, Option<String>)
    }

    /// The text in column `at`, parsed.
    pub fn parsed<T: std::str::FromStr>(&self, at: usize) -> Result<T, StoreError> {
        self.text(at)?.parse().map_err(|_| StoreError::shape("a text does not parse"))
    }

    /// The bytes in column `at`.
    pub fn bytes(&self, at: usize) -> Result<Vec<u8>, StoreError> {
        column!(self, at, Vec<u8>)
    }

    /// The bytes in column `at`, if there are any.
    pub fn bytes_if_any(&self, at: usize) -> Result<Option<Vec<u8>>, StoreError> {
        column!(self, at, Option<Vec<u8>>)
    }

    /// The bytes in column `at`, which are exactly `N`.
    pub fn fixed<const N: usize>(&self, at: usize) -> Result<[u8; N], StoreError> {
        self.bytes(at)?.try_into().map_err(|_| StoreError::shape("bytes have another length"))
    }
}
