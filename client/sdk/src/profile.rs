//! A profile: a directory with one vault, and a note of how its key is found. The key itself is never in there.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use chancery_vault::VaultKey;
use data_encoding::BASE64URL_NOPAD;

use crate::{
    clock::draw,
    error::SdkError,
    keys::{KeySource, Unlock},
};

/// The note about the key, in the profile's directory.
const NOTE: &str = "profile.json";
/// The file of the token by which the provider of the directory is known, in the profile's directory.
const TOKEN: &str = "directory.token";
/// The vault, in the profile's directory.
const VAULT: &str = "vault.db";

/// A profile's place on this machine.
#[derive(Clone, Debug)]
pub struct Profile {
    name: String,
    directory: PathBuf,
}

impl Profile {
    /// The profile `name` under `home`, the directory that holds all profiles.
    pub fn new(home: &Path, name: &str) -> Result<Self, SdkError> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if name.is_empty() || name.len() > 32 || !name.bytes().all(plain) {
            return Err(SdkError::ProfileName);
        }
        Ok(Self { name: name.to_owned(), directory: home.join(name) })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its directory.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The file of its vault.
    #[must_use]
    pub fn vault(&self) -> PathBuf {
        self.directory.join(VAULT)
    }

    /// Whether it was set up before.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.directory.join(NOTE).exists()
    }

    /// How its key is found, once it was set up.
    pub fn source(&self) -> Result<KeySource, SdkError> {
        let note = self.directory.join(NOTE);
        if !note.exists() {
            return Err(SdkError::NoProfile(self.name.clone()));
        }
        let text = fs::read(&note).map_err(|error| file(&note, &error))?;
        serde_json::from_slice(&text).map_err(|error| file(&note, &error))
    }

    /// Sets it up: makes a key the way `unlock` says, and notes how it is found again.
    pub fn set_up(&self, unlock: &Unlock) -> Result<VaultKey, SdkError> {
        private(&self.directory)?;
        let (source, key) = unlock.make(self).inspect_err(|_| {
            // Only if it is empty; what cannot be taken away does no harm.
            let _ = fs::remove_dir(&self.directory);
        })?;
        let (note, fresh) = (self.directory.join(NOTE), self.directory.join("profile.json.new"));
        let text = serde_json::to_vec_pretty(&source).map_err(|error| file(&note, &error))?;
        fs::write(&fresh, text).map_err(|error| file(&fresh, &error))?;
        fs::rename(&fresh, &note).map_err(|error| file(&note, &error))?;
        Ok(key)
    }

    /// The token by which the provider is known to the program beside it, made when it is asked for first; and the file it is in, which
    /// nobody else can read.
    pub fn directory_token(&self) -> Result<(String, PathBuf), SdkError> {
        let path = self.directory().join(TOKEN);
        if !path.exists() {
            private_file(&path)?;
            let token = BASE64URL_NOPAD.encode(&draw::<32>());
            let written = fs::File::create(&path).and_then(|mut it| it.write_all(token.as_bytes()));
            written.map_err(|error| file(&path, &error))?;
        }
        let token = fs::read_to_string(&path).map_err(|error| file(&path, &error))?.trim().to_owned();
        // One that was cut off is none.
        if token.len() < 32 {
            return Err(file(&path, &"there is no whole token in it: delete it, and a new one is made"));
        }
        Ok((token, path))
    }

    /// Takes it away with everything in it. A key file or a key in the keyring stays: it opens nothing any more.
    pub fn discard(&self) -> Result<(), SdkError> {
        fs::remove_dir_all(&self.directory).map_err(|error| file(&self.directory, &error))
    }
}

/// Makes a directory that only its owner can look into.
pub(crate) fn private(directory: &Path) -> Result<(), SdkError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory).map_err(|error| file(directory, &error))
}

/// Makes an empty file that only its owner can read, unless it is there.
pub(crate) fn private_file(path: &Path) -> Result<(), SdkError> {
    let mut options = fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop).map_err(|error| file(path, &error))
}

pub(crate) fn file(path: &Path, error: &dyn std::fmt::Display) -> SdkError {
    SdkError::Profile { path: path.to_owned(), why: error.to_string() }
}
