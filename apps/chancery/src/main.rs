//! The command line: users, administrators, scripts.
fn main() {}
