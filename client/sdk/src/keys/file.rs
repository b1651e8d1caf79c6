//! The vault's key in a file: for machines without a keyring, such as servers that run bots.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use chancery_vault::VaultKey;
use data_encoding::HEXLOWER;
use zeroize::Zeroizing;

use crate::{
    clock::draw,
    error::SdkError,
    profile::{file, private},
};

/// Makes a key file, or takes the one that is there; it must not lie where the vault does.
pub(super) fn make(path: &Path, profile: &Path) -> Result<PathBuf, SdkError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    private(folder)?;
    let real = |path: &Path| path.canonicalize().map_err(|error| file(path, &error));
    let folder = real(folder)?;
    if folder.starts_with(real(profile)?) {
        return Err(SdkError::KeyBeside);
    }
    let name = path.file_name().ok_or_else(|| file(path, &"not the name of a file"))?;
    let path = folder.join(name);
    if !path.exists() {
        let key = Zeroizing::new(draw::<32>());
        let text = Zeroizing::new(format!("{}\n", HEXLOWER.encode(key.as_slice())));
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut out = options.open(&path).map_err(|error| file(&path, &error))?;
        out.write_all(text.as_bytes()).and_then(|()| out.sync_all()).map_err(|error| file(&path, &error))?;
    }
    Ok(path)
}

/// Reads a key file: 64 hexadecimal digits.
pub(super) fn find(path: &Path) -> Result<VaultKey, SdkError> {
    let text = Zeroizing::new(fs::read_to_string(path).map_err(|error| file(path, &error))?);
    let bytes = HEXLOWER.decode(text.trim().as_bytes()).map(Zeroizing::new);
    let key = bytes.ok().and_then(|bytes| bytes.as_slice().try_into().ok());
    key.map(VaultKey::from_bytes).ok_or_else(|| file(path, &"a key file holds 64 hexadecimal digits"))
}
