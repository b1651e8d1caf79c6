//! What may stand in the configuration file, key by key. Only the form; `rules` says what may stand together.

use std::{collections::BTreeMap, net::IpAddr, path::PathBuf};

use chancery_wire::names::Domain;
use serde::Deserialize;
use serde_spanned::Spanned;

use super::values::{
    Address, BucketName, Endpoint, Format, Level, ModelLevel, Period, PostgresUrl, PublicUrl, Region, Size,
};

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) domain: Option<Spanned<Domain>>,
    pub(super) bodies_kept: Option<Spanned<Period>>,
    pub(super) session_lifetime: Option<Spanned<Period>>,
    #[serde(default)]
    pub(super) public: Public,
    pub(super) tls: Option<Spanned<Tls>>,
    pub(super) admin: Option<Spanned<Admin>>,
    #[serde(default)]
    pub(super) health: Health,
    pub(super) store: Option<Spanned<Store>>,
    #[serde(default)]
    pub(super) files: Files,
    #[serde(default)]
    pub(super) limits: Limits,
    #[serde(default)]
    pub(super) zones: BTreeMap<String, Spanned<Vec<String>>>,
    #[serde(default)]
    pub(super) passkeys: Passkeys,
    #[serde(default)]
    pub(super) providers: Providers,
    #[serde(default)]
    pub(super) log: Log,
}

/// `[public]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a [public] section")]
pub(super) struct Public {
    pub(super) listen: Option<Spanned<Address>>,
    pub(super) url: Option<Spanned<PublicUrl>>,
    pub(super) connections: Option<Spanned<i64>>,
    pub(super) proxies: Option<Vec<IpAddr>>,
}

/// `[tls]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a [tls] section")]
pub(super) struct Tls {
    pub(super) certificate: Option<Spanned<PathBuf>>,
    pub(super) key: Option<Spanned<PathBuf>>,
}

/// `[admin]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an [admin] section")]
pub(super) struct Admin {
    pub(super) listen: Option<Spanned<Address>>,
    pub(super) url: Option<Spanned<PublicUrl>>,
    pub(super) own_accounts: Option<bool>,
}

/// `[health]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a [health] section")]
pub(super) struct Health {
    pub(super) listen: Option<Spanned<Address>>,
}

/// `[store]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a [store] section")]
pub(super) struct Store {
    pub(super) sqlite: Option<Spanned<PathBuf>>,
    pub(super) postgres: Option<Spanned<Postgres>>,
}

/// `[store.postgres]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table such as { url_file = \"postgres-url\" }")]
pub(super) struct Postgres {
    pub(super) url: Option<Spanned<PostgresUrl>>,
    pub(super) url_file: Option<Spanned<PathBuf>>,
}

/// `[files]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a [files] section")]
pub(super) struct Files {
    pub(super) folder: Option<Spanned<PathBuf>>,
    pub(super) s3: Option<Spanned<S3>>,
    pub(super) largest: Option<Spanned<Size>>,
}

/// `[files.s3]`
#[derive(Debug, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a table such as { endpoint = \"https://s3.bank.example\", bucket = \"chancery\", credentials = \"s3-key\" }"
)]
pub(super) struct S3 {
    pub(super) endpoint: Option<Spanned<Endpoint>>,
    pub(super) bucket: Option<BucketName>,
    pub(super) region: Option<Region>,
    pub(super) credentials: Option<Spanned<PathBuf>>,
}

/// `[limits]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a [limits] section")]
pub(super) struct Limits {
    pub(super) address: Option<Spanned<i64>>,
    pub(super) device: Option<Spanned<i64>>,
}

/// `[passkeys]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a [passkeys] section")]
pub(super) struct Passkeys {
    pub(super) required: Option<Spanned<bool>>,
    pub(super) synced: Option<bool>,
    pub(super) models: Option<Spanned<Vec<String>>>,
    pub(super) roots: Option<Spanned<PathBuf>>,
    pub(super) level: Option<Spanned<ModelLevel>>,
    pub(super) metadata: Option<Spanned<PathBuf>>,
    pub(super) metadata_root: Option<Spanned<PathBuf>>,
    pub(super) officers: Option<Officers>,
}

/// `[passkeys.officers]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a [passkeys.officers] section")]
pub(super) struct Officers {
    pub(super) synced: Option<bool>,
    pub(super) models: Option<Spanned<Vec<String>>>,
    pub(super) roots: Option<Spanned<PathBuf>>,
    pub(super) level: Option<Spanned<ModelLevel>>,
}

/// `[providers]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a [providers] section")]
pub(super) struct Providers {
    pub(super) sign_in_every: Option<Spanned<Period>>,
}

/// `[log]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a [log] section")]
pub(super) struct Log {
    pub(super) level: Option<Level>,
    pub(super) format: Option<Format>,
}
