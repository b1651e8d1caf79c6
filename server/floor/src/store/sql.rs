//! What is sent to the database: statements and values.

use std::fmt::Write as _;

use super::Dialect;

/// A statement in two texts, for the few places where the databases differ. The place that uses it says why.
#[derive(Clone, Copy, Debug)]
pub struct Split {
    /// For SQLite.
    pub sqlite: &'static str,
    /// For PostgreSQL.
    pub postgres: &'static str,
}

impl Split {
    /// The text for one of them.
    #[must_use]
    pub fn on(self, dialect: Dialect) -> &'static str {
        match dialect {
            Dialect::Sqlite => self.sqlite,
            Dialect::Postgres => self.postgres,
        }
    }
}

/// A statement over many rows of values: `head (…), (…), … tail`. A row a statement costs many times its CPU. Neither head
/// nor tail has placeholders.
#[derive(Clone, Copy, Debug)]
pub struct Rows {
    /// The text before the rows, up to and including `VALUES`.
    pub head: &'static str,
    /// How many values a row has.
    pub columns: usize,
    /// The text after the rows.
    pub tail: &'static str,
}

/// How many rows go into one statement, largest first. Few sizes, so that prepared statements are used again; the largest
/// stays below SQLite's limit of 32,766 values.
const SIZES: [usize; 5] = [512, 64, 16, 4, 1];

impl Rows {
    /// The largest number of rows, at most `left`, that a statement is made for.
    pub(crate) fn size(left: usize) -> usize {
        SIZES.into_iter().find(|size| *size <= left).unwrap_or(1)
    }

    /// The smallest number of rows, at least `count`, that a statement is made for.
    pub(crate) fn padded(count: usize) -> usize {
        SIZES.into_iter().rev().find(|size| *size >= count).unwrap_or(count)
    }

    /// The statement for `count` rows.
    ///
    /// SQLite gets `?`: it looks numbered placeholders up in a list, one by one, and thousands of them would cost more
    /// than what they are for.
    pub(crate) fn text(&self, count: usize, dialect: Dialect) -> String {
        let mut text = String::with_capacity(self.head.len() + self.tail.len() + count * self.columns * 7);
        text.push_str(self.head);
        for row in 0..count {
            text.push_str(if row == 0 { " (" } else { ", (" });
            for column in 1..=self.columns {
                text.push_str(if column == 1 { "" } else { "," });
                // Writing into a string cannot fail.
                let _ = match dialect {
                    Dialect::Sqlite => text.write_char('?'),
                    Dialect::Postgres => write!(text, "${}", row * self.columns + column),
                };
            }
            text.push(')');
        }
        text.push(' ');
        text.push_str(self.tail);
        text
    }
}

/// A value. There are no others: instants and flags are integers, ids are bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A whole number.
    Integer(i64),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

impl Value {
    /// About how many bytes it adds to what is written.
    pub(crate) fn weight(&self) -> usize {
        match self {
            Self::Null | Self::Integer(_) => 8,
            Self::Text(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
        }
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}
impl From<u64> for Value {
    /// Counters start at zero and never reach 2^63.
    fn from(number: u64) -> Self {
        Self::Integer(i64::try_from(number).unwrap_or(i64::MAX))
    }
}
impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Integer(flag.into())
    }
}
impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}
impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}
impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}
impl<const N: usize> From<[u8; N]> for Value {
    fn from(bytes: [u8; N]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}
impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// The values of a statement, in the order of its placeholders: `values![room, 7_i64]`.
#[macro_export]
macro_rules! values {
    ($($value:expr),* $(,)?) => { vec![$($crate::store::Value::from($value)),*] };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_numbered_through() {
        let rows = Rows { head: "INSERT INTO t (a, b) VALUES", columns: 2, tail: "ON CONFLICT DO NOTHING" };
        let (postgres, sqlite) = (rows.text(2, Dialect::Postgres), rows.text(2, Dialect::Sqlite));
        assert_eq!(postgres, "INSERT INTO t (a, b) VALUES ($1,$2), ($3,$4) ON CONFLICT DO NOTHING");
        assert_eq!(sqlite, "INSERT INTO t (a, b) VALUES (?,?), (?,?) ON CONFLICT DO NOTHING");
    }

    #[test]
    fn any_number_of_rows_is_cut_into_known_sizes() {
        assert_eq!((Rows::size(700), Rows::size(188), Rows::size(3)), (512, 64, 1));
        assert_eq!((Rows::padded(1), Rows::padded(5), Rows::padded(65)), (1, 16, 512));
    }
}
