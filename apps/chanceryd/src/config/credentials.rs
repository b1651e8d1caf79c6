//! The credentials of an S3 store: a file of its own with two lines, for the server's eyes only.

use std::{fmt, fs::File, io::Read as _, os::unix::fs::PermissionsExt as _, path::Path};

use serde::Deserialize;

/// The largest file that is read: more than any key is long.
const LIMIT: u64 = 16 * 1024;

/// Who may use a bucket.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    /// The name of the key.
    pub key_id: String,
    /// The key itself.
    pub secret: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(..)")
    }
}

/// Why a file with credentials cannot be used. Said after the name of the file; what lies in it is never repeated.
#[derive(Debug, thiserror::Error)]
pub enum UnusableCredentials {
    /// It is not there, or not for this process to read.
    #[error("cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
    /// Everybody on the machine can read it.
    #[error("can be read by others on this machine: take that away with `chmod o= FILE`")]
    Open,
    /// It holds something else.
    #[error("is not as it should be: two lines, key_id = \"…\" and secret = \"…\"")]
    Strange,
}

impl Credentials {
    /// Reads them.
    pub fn read(path: &Path) -> Result<Self, UnusableCredentials> {
        let file = File::open(path)?;
        // The group may: service managers hand secrets over in that way.
        if file.metadata()?.permissions().mode() & 0o007 != 0 {
            return Err(UnusableCredentials::Open);
        }
        let mut text = String::new();
        file.take(LIMIT).read_to_string(&mut text)?;
        let read: Self = toml::from_str(&text).map_err(|_| UnusableCredentials::Strange)?;
        let plain = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_graphic());
        if plain(&read.key_id) && plain(&read.secret) { Ok(read) } else { Err(UnusableCredentials::Strange) }
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _};

    use super::*;

    #[test]
    fn credentials_are_read_when_they_are_whole_and_kept_from_others() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s3-key");
        let said = |text: &str, mode: u32| {
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            Credentials::read(&path).map_err(|why| why.to_string())
        };
        let good = "key_id = \"AK\"\nsecret = \"hunter2\"\n";
        let read = said(good, 0o640).unwrap();
        assert_eq!((read.key_id.as_str(), read.secret.as_str()), ("AK", "hunter2"));
        assert!(!format!("{read:?}").contains("hunter2"));
        assert!(said(good, 0o644).unwrap_err().starts_with("can be read by others"));
        for bad in [
            "",
            "hunter2",
            "key_id = \"AK\"",
            "key_id = \"AK\"\nsecret = \"\"",
            "secret = \"hunter2\"\nx = 1",
        ] {
            let why = said(bad, 0o600).unwrap_err();
            assert!(why.starts_with("is not as it should be") && !why.contains("hunter2"), "{why}");
        }
        fs::remove_file(&path).unwrap();
        assert!(Credentials::read(&path).unwrap_err().to_string().starts_with("cannot be read"));
    }
}
