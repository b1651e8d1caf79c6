//! Suites, the public face of a room's MLS group, and the one answer to: is this commit allowed?
