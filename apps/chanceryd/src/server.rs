//! One server in this process: a house behind its listeners, from its first connection to its last.

use std::{net::SocketAddr, sync::Arc};

use chancery_duties::gateway::{
    Administration, House, HouseError, MetadataFile, Models, PasskeyRule, PasskeySettings, Settings,
};
use chancery_floor::{
    blobs::{Blobs, Bucket},
    clock::{Clock, Entropy},
    store::{Db, StoreError},
};
use data_encoding::BASE32_NOPAD;
use tokio::sync::watch;

use crate::{
    config::{
        BucketName, Config, Credentials, FilePlace, Passkeys, Period, PublicUrl, S3, Store, Taken,
        UnusableCredentials,
    },
    health,
    listen::Listener,
    tls::{Tls, TlsError},
    web,
};

/// How many connections the health listener serves at once.
const HEALTH_CONNECTIONS: usize = 32;
/// How many the admin listener does: few people look after things, and a program may for some.
const ADMIN_CONNECTIONS: usize = 256;

/// Why a server does not start, or stops by itself.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The PEM files cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// What is known of authenticators cannot be read: the certificates of their makers, or FIDO's metadata.
    #[error("{path}: {why}")]
    Roots {
        /// The file.
        path: std::path::PathBuf,
        /// What is the matter.
        why: std::io::Error,
    },
    /// An address cannot be listened on.
    #[error("{address} cannot be listened on: {why}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        why: std::io::Error,
    },
    /// The file with the database's URL cannot be read.
    #[error("the file with the database's URL cannot be read: {0}")]
    UrlFile(std::io::Error),
    /// The credentials of the store for files cannot be used.
    #[error("the credentials of the store for files {0}")]
    Credentials(#[from] UnusableCredentials),
    /// The bucket for files answers that it cannot be used.
    #[error("files cannot be kept in the bucket {}: {why}", bucket.as_str())]
    Bucket {
        /// The bucket.
        bucket: BucketName,
        /// What is the matter.
        why: StoreError,
    },
    /// The house cannot be opened.
    #[error(transparent)]
    House(#[from] HouseError),
    /// The store says no.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The counters cannot be set up.
    #[error(transparent)]
    Counters(#[from] metrics_exporter_prometheus::BuildError),
    /// The store failed for good: nothing more may be acknowledged, and the process must end at once.
    #[error("the store failed for good and nothing more is acknowledged: {0}")]
    Fatal(String),
}

impl ServerError {
    /// Whether nobody knows any more what is on the disk.
    #[must_use]
    pub fn is_fatal(&self) -> bool {
        let store = match self {
            Self::Store(why) | Self::House(HouseError::Store(why)) => why,
            other => return matches!(other, Self::Fatal(_)),
        };
        matches!(store, StoreError::Fatal(_))
    }
}

/// A server that listens and does not serve yet.
#[derive(Debug)]
pub struct Server {
    house: House,
    public: Listener,
    admin: Option<Listener>,
    health: Listener,
    counters: metrics_exporter_prometheus::PrometheusHandle,
    tls: Option<Tls>,
    url: String,
}

impl Server {
    /// Opens the store and binds the addresses. What comes in waits until [`Server::run`].
    pub async fn start(
        config: &Config,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, ServerError> {
        let tls = config.tls.clone().map(Tls::load).transpose()?;
        let counters = health::counters()?;
        let public = bind(config.public.listen, tls.clone(), config.public.connections).await?;
        let admin = match &config.admin {
            Some(admin) => Some(bind(admin.listen, tls.clone(), ADMIN_CONNECTIONS).await?),
            None => None,
        };
        let health = bind(config.health, None, HEALTH_CONNECTIONS).await?;
        let reached =
            |url: Option<&PublicUrl>, at: &Listener| PublicUrl::of(url, tls.is_some(), at.address());
        let url = reached(config.public.url.as_ref(), &public);
        let administration = config.admin.as_ref().zip(admin.as_ref());
        let administration = administration.map(|(it, at)| Administration {
            url: reached(it.url.as_ref(), at),
            own_accounts: it.own_accounts,
        });
        let house = House::open(
            (open(&config.store).await?, open_files(&config.files.place).await?),
            Settings { administration, ..settings(config, &url)? },
            clock,
            entropy,
        )
        .await?;
        Ok(Self { house, public, admin, health, counters, tls, url })
    }

    /// The address clients connect to; the real one when the configuration said port 0.
    #[must_use]
    pub fn public_address(&self) -> SocketAddr {
        self.public.address()
    }

    /// The address at which the organisation is looked after, if that is another one.
    #[must_use]
    pub fn admin_address(&self) -> Option<SocketAddr> {
        self.admin.as_ref().map(Listener::address)
    }

    /// The address of health and metrics.
    #[must_use]
    pub fn health_address(&self) -> SocketAddr {
        self.health.address()
    }

    /// What runs behind the listeners.
    #[must_use]
    pub fn house(&self) -> &House {
        &self.house
    }

    /// What can be read again while the server runs: the files that this configuration names.
    #[must_use]
    pub fn renewal<'a>(&self, config: &'a Config) -> Renewal<'a> {
        Renewal { tls: self.tls.clone(), house: self.house.clone(), url: self.url.clone(), config }
    }

    /// A fresh link to found the organisation with, which voids earlier ones; `None` once it is founded.
    pub async fn founding_link(&self) -> Result<Option<String>, ServerError> {
        let code = self.house.prepare_founding().await?;
        let written = |code: [u8; 16]| BASE32_NOPAD.encode(&code).to_ascii_lowercase();
        Ok(code.map(|code| format!("{}/#found={}", self.url, written(code))))
    }

    /// Serves until `stop`, then lets everybody finish; returns early, and at once, when the store fails for good.
    pub async fn run(self, stop: impl Future<Output = ()>) -> Result<(), ServerError> {
        let Self { house, public, admin, health, counters, .. } = self;
        let (stopping, stopped) = watch::channel(false);
        let until = |mut stopped: watch::Receiver<bool>| async move {
            // An error means that nobody is left to say stop: that is stop, too.
            let _ = stopped.wait_for(|stop| *stop).await;
        };
        let serving = public.serve(web::before(house.router()), until(stopped.clone()));
        // Health is told to the very end, so that a supervisor sees a server that stops and not one that is gone.
        let admin = admin.map(|admin| admin.serve(house.administration(), until(stopped.clone())));
        let attending = async move {
            if let Some(attending) = admin {
                attending.await;
            }
        };
        let telling = health.serve(health::router(house.clone(), counters), until(stopped));
        let work = async {
            stop.await;
            tracing::info!("stopping: no new connections, open requests finish");
            house.stop().await;
            stopping.send_replace(true);
        };
        tokio::select! {
            ((), (), (), ()) = async { tokio::join!(work, serving, attending, telling) } => Ok(()),
            why = house.fatal() => Err(ServerError::Fatal(why)),
        }
    }
}

/// What can be read again while the server runs.
#[derive(Debug)]
pub struct Renewal<'a> {
    tls: Option<Tls>,
    house: House,
    url: String,
    config: &'a Config,
}

impl Renewal<'_> {
    /// Reads the certificate again, if there is one; where it cannot be used, it stays as it was.
    pub fn certificate(&self) -> Result<(), TlsError> {
        self.tls.as_ref().map_or(Ok(()), Tls::reload)
    }

    /// Reads again what is known of authenticators; where it cannot be used, it stays as it was.
    pub async fn models(&self) -> Result<(), ServerError> {
        Ok(self.house.renew_models(&passkeys(self.config, &self.url)?).await?)
    }
}

async fn bind(address: SocketAddr, tls: Option<Tls>, connections: usize) -> Result<Listener, ServerError> {
    let bound = Listener::bind(address, tls, connections).await;
    bound.map_err(|why| ServerError::Listen { address, why })
}

async fn open(store: &Store) -> Result<Db, ServerError> {
    Ok(match store {
        Store::Sqlite(path) => Db::sqlite(path).await?,
        Store::Postgres(url) => Db::postgres(url).await?,
        Store::PostgresFile(file) => {
            let url = tokio::fs::read_to_string(file).await.map_err(ServerError::UrlFile)?;
            Db::postgres(url.trim()).await?
        }
    })
}

async fn open_files(place: &FilePlace) -> Result<Blobs, ServerError> {
    let s3 = match place {
        FilePlace::Folder(folder) => return Ok(Blobs::folder(folder)?),
        FilePlace::S3(s3) => s3,
    };
    let S3 { endpoint, bucket, region, credentials } = s3;
    let Credentials { key_id, secret } = Credentials::read(credentials)?;
    let blobs = Blobs::bucket(&Bucket {
        endpoint: endpoint.as_str().to_owned(),
        name: bucket.as_str().to_owned(),
        region: region.as_str().to_owned(),
        key_id,
        secret,
    })?;
    match blobs.check().await {
        // After a power cut, whoever is up first begins: messages need no files.
        Err(error @ StoreError::Away(_)) => {
            tracing::warn!(%error, "files cannot be put or read yet; everything else begins");
        }
        checked => checked.map_err(|why| ServerError::Bucket { bucket: bucket.clone(), why })?,
    }
    Ok(blobs)
}

fn settings(config: &Config, url: &str) -> Result<Settings, ServerError> {
    let mut settings = Settings::new(config.domain.clone());
    settings.body_days = config.bodies_kept.as_days();
    settings.file_bytes = config.files.largest.0;
    settings.session_minutes = config.session_lifetime.as_minutes();
    settings.address_requests = config.limits.address;
    settings.device_requests = config.limits.device;
    settings.proxies.clone_from(&config.public.proxies);
    settings.zones = config.zones.iter().map(|(name, it)| (name.as_str().into(), it.clone())).collect();
    settings.passkeys = passkeys(config, url)?;
    settings.provider_hours = config.sign_in_every.map(Period::as_hours);
    Ok(settings)
}

/// Which passkeys are taken; reads the files that say what is known of authenticators.
fn passkeys(config: &Config, url: &str) -> Result<PasskeySettings, ServerError> {
    let Passkeys { required, taken, officers, metadata } = &config.passkeys;
    Ok(PasskeySettings {
        origin: Some(origin(url)),
        required: *required,
        rule: rule(taken)?,
        officers: officers.as_ref().map(rule).transpose()?,
        metadata: match metadata {
            Some((file, root)) => {
                Some(MetadataFile { blob: text(file)?, root: root.as_deref().map(text).transpose()? })
            }
            None => None,
        },
    })
}

fn rule(taken: &Taken) -> Result<PasskeyRule, ServerError> {
    let models = taken.models.as_ref().map(|it| {
        let roots = it.roots.as_deref().map(text).transpose()?.unwrap_or_default();
        Ok::<_, ServerError>(Models { names: it.names.clone(), roots })
    });
    let level = taken.level.map(|it| it.0);
    Ok(PasskeyRule { synced: taken.synced, models: models.transpose()?, level })
}

/// The text of one of the files that say what is known of authenticators.
fn text(path: &std::path::Path) -> Result<String, ServerError> {
    std::fs::read_to_string(path).map_err(|why| ServerError::Roots { path: path.to_owned(), why })
}

/// Where browsers reach the server. Passkeys are for a name, and this machine has one as well.
fn origin(url: &str) -> String {
    let here = |(scheme, rest): (&str, &str)| {
        let address = rest.parse::<SocketAddr>().ok().filter(|address| address.ip().is_loopback())?;
        Some(format!("{scheme}://localhost:{}", address.port()))
    };
    url.split_once("://").and_then(here).unwrap_or_else(|| url.to_owned())
}
