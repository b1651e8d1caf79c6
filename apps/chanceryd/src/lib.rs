//! The server: chanceryd.
