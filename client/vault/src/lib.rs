//! Everything a device keeps, in one encrypted SQLite.
