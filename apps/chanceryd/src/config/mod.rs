//! The configuration: one TOML file, read once, checked as a whole, trusted afterwards.
//!
//! `file` is what may stand in it, `values` are its words, `rules` what must not stand together, `refusal` says no with a
//! line number. Nothing is read from the environment. Secrets are named by the file they lie in.

mod credentials;
mod file;
mod refusal;
mod rules;
mod template;
mod values;

use std::{
    net::{IpAddr, SocketAddr},
    num::NonZeroU32,
    path::{Path, PathBuf},
};

use chancery_wire::names::Domain;
use ipnet::IpNet;

pub use credentials::{Credentials, UnusableCredentials};
pub use refusal::RefusedConfig;
pub use template::template;
pub use values::{BucketName, Endpoint, Format, Level, ModelLevel, Period, PublicUrl, Region, Size};

/// A configuration that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The organisation's domain.
    pub domain: Domain,
    /// How long a sealed message that some device has not fetched is kept.
    pub bodies_kept: Period,
    /// How long a session lives.
    pub session_lifetime: Period,
    /// Where clients connect.
    pub public: Public,
    /// The certificate and key, when the server speaks TLS itself.
    pub tls: Option<TlsFiles>,
    /// Where the organisation is looked after; nothing where that is done at the same address as everything else.
    pub admin: Option<Admin>,
    /// Where health and metrics are asked for; always this machine.
    pub health: SocketAddr,
    /// Where everything is kept.
    pub store: Store,
    /// Where the sealed files of rooms are kept, and how large they may be.
    pub files: Files,
    /// How many requests are taken.
    pub limits: Limits,
    /// The networks that have names, and what belongs to each.
    pub zones: Vec<(String, Vec<IpNet>)>,
    /// Which passkeys are taken, and for what.
    pub passkeys: Passkeys,
    /// How often people sign in at the identity provider that officers trust; nothing where they need not.
    pub sign_in_every: Option<Period>,
    /// What is logged, and how.
    pub log: Log,
}

/// How many requests are taken in a minute, half of them at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// From an address from which nobody has signed in.
    pub address: NonZeroU32,
    /// From a device.
    pub device: NonZeroU32,
}

/// Which passkeys are taken, and for what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passkeys {
    /// Whether nobody does what is sensitive without one.
    pub required: bool,
    /// Which ones are taken.
    pub taken: Taken,
    /// Which ones are taken of officers, where that is something else.
    pub officers: Option<Taken>,
    /// The file of FIDO's metadata service, and the root certificate that vouches for it where that is another one than the service's.
    pub metadata: Option<(PathBuf, Option<PathBuf>)>,
}

/// Which passkeys are taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Whether those are taken that can be copied to other devices.
    pub synced: bool,
    /// The models of authenticators, where only some are taken.
    pub models: Option<Models>,
    /// Which level FIDO has to have given to models, by the metadata.
    pub level: Option<ModelLevel>,
}

/// Models of authenticators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Models {
    /// What each is known by (AAGUID).
    pub names: Vec<String>,
    /// The file with the certificates of their makers, unless the metadata has those.
    pub roots: Option<PathBuf>,
}

/// Where clients connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Public {
    /// The address listened on.
    pub listen: SocketAddr,
    /// How clients reach it from outside, when that differs.
    pub url: Option<PublicUrl>,
    /// How many connections are served at once; more wait.
    pub connections: usize,
    /// Proxies on other machines that are believed for whom they ask.
    pub proxies: Vec<IpAddr>,
}

/// Where the organisation is looked after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admin {
    /// The address listened on.
    pub listen: SocketAddr,
    /// How it is reached, when that differs.
    pub url: Option<PublicUrl>,
    /// Whether it hears only accounts that are in no room with others.
    pub own_accounts: bool,
}

/// PEM files for TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate chain, the server's own first.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// Where everything is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Store {
    /// An SQLite file.
    Sqlite(PathBuf),
    /// A PostgreSQL database, by a URL without a password.
    Postgres(String),
    /// A PostgreSQL database, by a URL that lies in a file.
    PostgresFile(PathBuf),
}

/// Where the sealed files of rooms are kept, and how large they may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// Where.
    pub place: FilePlace,
    /// The largest that is taken.
    pub largest: Size,
}

/// Where the sealed files of rooms are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FilePlace {
    /// A folder.
    Folder(PathBuf),
    /// A bucket of an S3 store.
    S3(S3),
}

/// A bucket of an S3 store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct S3 {
    /// Where the store is asked.
    pub endpoint: Endpoint,
    /// The bucket.
    pub bucket: BucketName,
    /// The region.
    pub region: Region,
    /// The file with the credentials.
    pub credentials: PathBuf,
}

/// What is logged, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Log {
    /// From which severity on.
    pub level: Level,
    /// In which form.
    pub format: Format,
}

impl Config {
    /// Reads and checks the file at `path`. Paths in it are meant from the folder it lies in.
    pub fn load(path: &Path) -> Result<Self, RefusedConfig> {
        let bytes = std::fs::read(path).map_err(|why| RefusedConfig::unreadable(path, &why))?;
        let text = String::from_utf8(bytes).map_err(|why| RefusedConfig::no_text(path, &why))?;
        let mut config = Self::parse(&text, path)?;
        config.resolve(path.parent().unwrap_or(Path::new("")));
        config.look_for_files(&text, path)?;
        Ok(config)
    }

    /// Reads and checks a configuration; `path` is only what it is called in a refusal.
    pub fn parse(text: &str, path: &Path) -> Result<Self, RefusedConfig> {
        let file: file::File =
            toml::from_str(text).map_err(|why| RefusedConfig::of_toml(path, text, &why))?;
        rules::check(file).map_err(|broken| RefusedConfig::at(path, text, broken.at, broken.why))
    }

    /// Makes every path in it one that holds from anywhere this process may be.
    fn resolve(&mut self, folder: &Path) {
        if let Some(tls) = &mut self.tls {
            tls.certificate = folder.join(&tls.certificate);
            tls.key = folder.join(&tls.key);
        }
        let taken = std::iter::once(&mut self.passkeys.taken).chain(&mut self.passkeys.officers);
        let roots = taken.filter_map(|taken| taken.models.as_mut()?.roots.as_mut());
        let metadata =
            self.passkeys.metadata.iter_mut().flat_map(|(file, root)| [file].into_iter().chain(root));
        for file in roots.chain(metadata) {
            *file = folder.join(&*file);
        }
        match &mut self.files.place {
            FilePlace::Folder(path) | FilePlace::S3(S3 { credentials: path, .. }) => {
                *path = folder.join(&*path);
            }
        }
        match &mut self.store {
            Store::Sqlite(path) | Store::PostgresFile(path) => *path = folder.join(&*path),
            Store::Postgres(_) => {}
        }
    }

    /// Makes sure that the files it points at are there, so that a typing error is found before the first start.
    fn look_for_files(&self, text: &str, path: &Path) -> Result<(), RefusedConfig> {
        let tls = self.tls.iter().flat_map(|tls| [("certificate", &tls.certificate), ("key", &tls.key)]);
        let url = match &self.store {
            Store::PostgresFile(file) => Some(("url_file", file)),
            Store::Sqlite(_) | Store::Postgres(_) => None,
        };
        let taken = std::iter::once(&self.passkeys.taken).chain(&self.passkeys.officers);
        let roots =
            taken.filter_map(|taken| taken.models.as_ref()?.roots.as_ref().map(|roots| ("roots", roots)));
        let metadata = self.passkeys.metadata.iter().flat_map(|(file, root)| {
            [("metadata", file)].into_iter().chain(root.iter().map(|root| ("metadata_root", root)))
        });
        for (key, file) in tls.chain(url).chain(roots).chain(metadata) {
            if let Err(why) = std::fs::File::open(file) {
                let why = format!("{key}: {} cannot be read: {why}", file.display());
                return Err(RefusedConfig::at(path, text, refusal::find_key(text, key), why));
            }
        }
        if let FilePlace::S3(S3 { credentials, .. }) = &self.files.place
            && let Err(why) = Credentials::read(credentials)
        {
            let why = format!("credentials: {} {why}", credentials.display());
            return Err(RefusedConfig::at(path, text, refusal::find_key(text, "credentials"), why));
        }
        if let Store::Sqlite(database) = &self.store {
            let folder =
                database.parent().is_none_or(|folder| folder.as_os_str().is_empty() || folder.is_dir());
            let named = database.file_name().is_some_and(|name| !name.to_string_lossy().starts_with(':'));
            if database.is_dir() || !folder || !named {
                let why =
                    format!("sqlite: {} is no place for a file: make the folder first", database.display());
                return Err(RefusedConfig::at(path, text, refusal::find_key(text, "sqlite"), why));
            }
        }
        Ok(())
    }

    /// Says of one of the files that the configuration names what is wrong with it, at the line that names it.
    #[must_use]
    pub fn refused_file(path: &Path, key: &str, why: String) -> RefusedConfig {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        RefusedConfig::at(path, &text, refusal::find_key(&text, key), why)
    }

    /// The effective configuration, defaults filled in, in the form of the file.
    #[must_use]
    pub fn view(&self) -> String {
        template::view(self)
    }
}
