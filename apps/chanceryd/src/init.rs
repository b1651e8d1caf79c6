//! `chanceryd init`: a commented configuration and an empty data directory, and what to do next.

use std::{
    fs,
    io::{self, Write as _},
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

use chancery_wire::names::Domain;

use crate::config::template;

/// Why nothing was set up.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// There is a configuration already; it is never overwritten.
    #[error("{0} is there already and stays as it is; start the server with `chanceryd serve --config {0}`")]
    Exists(PathBuf),
    /// The file system says no.
    #[error("{path}: {why}")]
    Io {
        /// What was to be written.
        path: PathBuf,
        /// What the system says.
        why: io::Error,
    },
}

/// Writes the configuration for `domain`, perhaps of a trial, to `config` and makes the folder `data`. Returns what to tell the person.
pub fn init(domain: &Domain, (data, config): (&Path, &Path), trial: bool) -> Result<String, InitError> {
    if config.exists() {
        return Err(InitError::Exists(config.to_owned()));
    }
    let failed = |path: &Path, why| InitError::Io { path: path.to_owned(), why };
    let inside = from_folder_of(config, data).map_err(|why| failed(data, why))?;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(data).map_err(|why| failed(data, why))?;
    // Whoever writes it between the question above and this line keeps what he wrote.
    let mut file = fs::File::create_new(config).map_err(|why| failed(config, why))?;
    let written = file.write_all(template(domain, &inside, trial).as_bytes()).and_then(|()| file.sync_all());
    written.map_err(|why| failed(config, why))?;
    let (config, data) = (config.display(), data.display());
    Ok(format!(
        "Wrote {config}, and made {data} for what {domain} keeps.\n\
         \n\
         Next, start the server:\n\
         \n  chanceryd serve --config {config}\n"
    ))
}

/// `data` as it is to be written in a configuration, whose paths are meant from its own folder.
fn from_folder_of(config: &Path, data: &Path) -> io::Result<PathBuf> {
    if data.is_absolute() {
        return Ok(data.to_owned());
    }
    let config = std::path::absolute(config)?;
    let data = std::path::absolute(data)?;
    let inside = config.parent().and_then(|folder| data.strip_prefix(folder).ok());
    Ok(inside.map_or_else(|| data.clone(), Path::to_owned))
}
