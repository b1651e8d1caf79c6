//! How a file is cut and how large it looks: the same for the device that seals it and the server that keeps it
//! (`protocol/files.md`).
//!
//! A file is padded, cut into chunks that are sealed each, and sent in parts of so many chunks. The server sees how many parts
//! there are and how large the last one is, and so the padded size.

/// How many bytes of a file are in a chunk.
pub const CHUNK: usize = 65_536 - SEAL;
/// What sealing adds to a chunk: a nonce of 12 bytes and a tag of 16.
pub const SEAL: usize = 28;
/// How many chunks are in a part; the last one has as many as are left.
pub const CHUNKS: u64 = 16;
/// How many bytes a part has, sealed; the last one has at most as many.
pub const PART: usize = 16 * (CHUNK + SEAL);
/// The smallest padded size of a file, in bytes.
pub const LEAST: u64 = 4096;

/// The size a file of this size is padded to, in bytes: at most 12 % more (*Padmé*, Nikitin et al., PETS 2019).
#[must_use]
pub fn padded(size: u64) -> u64 {
    let size = size.max(LEAST);
    let exponent = size.ilog2();
    // As many of the last bits are zero as the exponent does not need to be told apart.
    let zeros = exponent - (exponent.ilog2() + 1);
    size.checked_next_multiple_of(1 << zeros).unwrap_or(u64::MAX)
}

/// How many chunks a file of this size has.
#[must_use]
pub fn chunks(size: u64) -> u64 {
    padded(size).div_ceil(CHUNK as u64)
}

/// How many parts a file of this size has.
#[must_use]
pub fn parts(size: u64) -> u64 {
    chunks(size).div_ceil(CHUNKS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_looks_larger_than_it_is_but_never_by_much() {
        assert_eq!(padded(0), 4096);
        assert_eq!(padded(4096), 4096);
        // The example of the paper: 9 bits would do, so that 1 of 8 is told.
        assert_eq!(padded(4097), 4096 + 256);
        assert_eq!(padded(1 << 31), 1 << 31);
        for size in (4096..3_000_000_u64).step_by(977) {
            let padded = padded(size);
            assert!(padded >= size && padded <= size + size * 12 / 100, "{size} {padded}");
        }
    }

    #[test]
    fn few_sizes_are_told_apart() {
        let sizes: std::collections::BTreeSet<u64> = (0..1_000_000).map(padded).collect();
        assert!(sizes.len() < 200, "{}", sizes.len());
    }

    #[test]
    fn everything_has_its_place_in_a_part() {
        assert_eq!((chunks(0), parts(0)), (1, 1));
        let most = CHUNK as u64 * CHUNKS;
        assert_eq!((parts(most - 70_000), parts(2 * most)), (1, 3));
    }
}
