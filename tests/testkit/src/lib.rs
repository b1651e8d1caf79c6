//! A world for tests: a real server, real clients, both databases, and a hostile server.

pub mod browser;
pub mod db;
pub mod provider;
pub mod python;
pub mod s3;
