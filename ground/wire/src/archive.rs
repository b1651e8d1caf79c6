//! The archive: how what was said in a room is cut into blocks, and how large a sealed one may be (`protocol/devices.md`, *Archive*).

/// How many entries of a room's log a block speaks of.
pub const ENTRIES: u64 = 64;
/// The most blocks of a room.
pub const BLOCKS: u64 = 1 << 40;
/// What sealing adds to a block at least: the recovery key that it is for, the key that was encapsulated for it, and a tag.
pub const OVERHEAD: usize = 32 + 1120 + 16;
/// The most bytes a sealed block has.
pub const BLOCK_LIMIT: usize = 3 * 1024 * 1024;
