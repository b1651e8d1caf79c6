//! One input on disk, so that it survives whatever it does to this process: its parts, each with a length before it.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
};

/// The parts of one input.
pub(crate) type Parts = Vec<Vec<u8>>;

/// A file that holds the input being tried.
#[derive(Debug)]
pub(crate) struct Case {
    file: File,
    path: PathBuf,
}

impl Case {
    /// Opens the file for a target.
    pub(crate) fn open(target: &str) -> io::Result<Self> {
        let path = std::env::temp_dir().join(format!("chancery-fuzz-{target}-{}.case", std::process::id()));
        Ok(Self { file: File::create(&path)?, path })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Keeps an input. What an earlier, longer one left behind the end is not read.
    pub(crate) fn keep(&self, parts: &Parts) -> io::Result<()> {
        self.file.write_all_at(&write(parts), 0)
    }

    /// Takes the file away: nothing broke.
    pub(crate) fn remove(self) -> io::Result<()> {
        fs::remove_file(self.path)
    }
}

fn write(parts: &Parts) -> Vec<u8> {
    let length = |length: usize| u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes();
    let mut out = length(parts.len()).to_vec();
    for part in parts {
        out.extend(length(part.len()));
        out.extend(part);
    }
    out
}

/// Reads an input back.
pub(crate) fn read(file: &Path) -> io::Result<Parts> {
    let bytes = fs::read(file)?;
    let mut rest = bytes.as_slice();
    let count = number(&mut rest)?;
    let mut parts = Parts::new();
    for _ in 0..count {
        let length = number(&mut rest)?;
        parts.push(take(&mut rest, length)?.to_vec());
    }
    Ok(parts)
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> io::Result<&'a [u8]> {
    rest.split_off(..length).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}

fn number(rest: &mut &[u8]) -> io::Result<usize> {
    Ok(take(rest, 4)?.iter().fold(0, |number, byte| number << 8 | usize::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_is_read_back_after_a_longer_one() {
        let case = Case::open("test").unwrap();
        case.keep(&vec![vec![7; 100]]).unwrap();
        let parts = vec![vec![1, 2], vec![], vec![3]];
        case.keep(&parts).unwrap();
        assert_eq!(read(case.path()).unwrap(), parts);
        case.remove().unwrap();
    }
}
