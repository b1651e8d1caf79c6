//! What must not stand together in a configuration, and what each value may be. Every rule names its line.

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    num::NonZeroU32,
    ops::Range,
    path::PathBuf,
};

use ipnet::IpNet;
use serde_spanned::Spanned;

use super::{
    Admin, Config, FilePlace, Files, Limits, Log, Models, Passkeys, Public, S3, Store, Taken, TlsFiles, file,
    values::{Format, Level, ModelLevel, Period, PublicUrl, Size},
};

/// Where clients connect unless something else is said.
const PUBLIC: SocketAddr = SocketAddr::new(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8460);
/// Where health and metrics are asked for unless something else is said.
const HEALTH: SocketAddr = SocketAddr::new(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8461);
/// How many connections may be served at once.
const CONNECTIONS: std::ops::RangeInclusive<i64> = 1..=1_000_000;
/// How many requests a minute may be taken from one.
const REQUESTS: std::ops::RangeInclusive<u32> = 10..=1_000_000;
/// How many are taken from an address from which nobody has signed in unless something else is said.
const ADDRESS_REQUESTS: NonZeroU32 = NonZeroU32::new(600).unwrap();
/// How many are taken from a device unless something else is said.
const DEVICE_REQUESTS: NonZeroU32 = NonZeroU32::new(1200).unwrap();
/// How long bodies are kept unless something else is said.
const BODIES_KEPT: Period = Period::seconds(14 * 86_400);
/// How long sessions live unless something else is said.
const SESSION_LIFETIME: Period = Period::seconds(3600);

/// How large the largest file may be.
const FILES: std::ops::RangeInclusive<Size> = Size(1 << 20)..=Size(64 << 30);
/// How large it may be unless something else is said.
const LARGEST: Size = Size(2 << 30);

/// A broken rule: the place in the text, and what is wrong there.
pub(super) struct Broken {
    pub(super) at: Range<usize>,
    pub(super) why: String,
}

/// Checks the file as a whole and fills in what it leaves out.
pub(super) fn check(file: file::File) -> Result<Config, Broken> {
    let Some(domain) = file.domain else {
        return broken(0..0, "nothing says which organisation this is: add `domain` at the top");
    };
    let top = domain.span();
    let tls = tls(file.tls)?;
    let public = public(file.public, tls.as_ref())?;
    let passkeys = passkeys(file.passkeys, &public)?;
    let admin = file.admin.map(|file| admin(file, &public, tls.as_ref())).transpose()?;
    Ok(Config {
        passkeys,
        zones: zones(file.zones)?,
        sign_in_every: sign_in_every(file.providers)?,
        bodies_kept: period("bodies_kept", file.bodies_kept, BODIES_KEPT, (1..=30, 86_400, "days"))?,
        session_lifetime: period(
            "session_lifetime",
            file.session_lifetime,
            SESSION_LIFETIME,
            (1..=1440, 60, "minutes"),
        )?,
        health: health(file.health, public.listen, admin.as_ref())?,
        admin,
        public,
        tls,
        store: store(file.store, top)?,
        files: files(file.files)?,
        limits: Limits {
            address: requests("address", file.limits.address, ADDRESS_REQUESTS)?,
            device: requests("device", file.limits.device, DEVICE_REQUESTS)?,
        },
        domain: domain.into_inner(),
        log: Log {
            level: file.log.level.unwrap_or(Level::Info),
            format: file.log.format.unwrap_or(Format::Text),
        },
    })
}

fn broken<T>(at: Range<usize>, why: impl Into<String>) -> Result<T, Broken> {
    Err(Broken { at, why: why.into() })
}

/// A period, within bounds, in whole units of so many seconds.
fn period(
    key: &str,
    given: Option<Spanned<Period>>,
    otherwise: Period,
    (bounds, each, unit): (std::ops::RangeInclusive<u32>, u32, &str),
) -> Result<Period, Broken> {
    let Some(given) = given else { return Ok(otherwise) };
    let (period, at) = (*given.get_ref(), given.span());
    let (least, most) = (Period::seconds(bounds.start() * each), Period::seconds(bounds.end() * each));
    if !(least..=most).contains(&period) {
        return broken(at, format!("{key} is {period}: it must be between {least} and {most}"));
    }
    if !period.is_whole(each) {
        return broken(at, format!("{key} is {period}: it must be whole {unit}"));
    }
    Ok(period)
}

/// How many requests a minute.
fn requests(key: &str, given: Option<Spanned<i64>>, otherwise: NonZeroU32) -> Result<NonZeroU32, Broken> {
    let Some(given) = given else { return Ok(otherwise) };
    let (many, at) = (*given.get_ref(), given.span());
    let within = u32::try_from(many).ok().filter(|many| REQUESTS.contains(many)).and_then(NonZeroU32::new);
    let (least, most) = (REQUESTS.start(), REQUESTS.end());
    match within {
        Some(within) => Ok(within),
        None => {
            broken(at, format!("{key} is {many} requests a minute: it must be between {least} and {most}"))
        }
    }
}

/// How often people sign in at an identity provider.
fn sign_in_every(file: file::Providers) -> Result<Option<Period>, Broken> {
    // What stands for nothing given is not looked at: there is something.
    let read = |given| period("sign_in_every", Some(given), SESSION_LIFETIME, (1..=2160, 3600, "hours"));
    file.sign_in_every.map(read).transpose()
}

/// Networks with names: each address of an organisation's is in at most one that is meant.
fn zones(file: BTreeMap<String, Spanned<Vec<String>>>) -> Result<Vec<(String, Vec<IpNet>)>, Broken> {
    let mut zones = Vec::new();
    for (name, networks) in file {
        let at = networks.span();
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if name.is_empty() || name.len() > 48 || !name.bytes().all(plain) {
            return broken(at, "a zone is called by 1 to 48 lower-case letters, digits and -");
        }
        let network =
            |text: &String| text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        let read: Result<Vec<IpNet>, _> = networks.get_ref().iter().map(network).collect();
        match read {
            Ok(read) if !read.is_empty() => zones.push((name, read)),
            _ => {
                return broken(
                    at,
                    "a zone is a list of networks such as [\"10.0.0.0/8\", \"2001:db8::/32\"]",
                );
            }
        }
    }
    Ok(zones)
}

fn passkeys(file: file::Passkeys, public: &Public) -> Result<Passkeys, Broken> {
    let named = public.url.as_ref().map_or(public.listen.ip().is_loopback(), PublicUrl::is_named);
    if let Some(required) = file.required.as_ref().filter(|required| *required.get_ref() && !named) {
        let why = "passkeys are for a name, and clients reach this server by an address: add `url` under [public], with a name";
        return broken(required.span(), why);
    }
    let synced = file.synced.unwrap_or(true);
    let metadata = match (file.metadata, file.metadata_root) {
        (Some(file), root) => Some((path(file)?, root.map(path).transpose()?)),
        (None, Some(root)) => {
            return broken(root.span(), "a root certificate for no metadata: add `metadata`");
        }
        (None, None) => None,
    };
    let known = metadata.is_some();
    let models = models(file.models, file.roots, known)?;
    let taken = Taken { synced, models, level: level(file.level, known)? };
    let officers = match file.officers {
        // What is not said of officers is as for everybody.
        Some(file) => Some(Taken {
            synced: file.synced.unwrap_or(synced),
            models: self::models(file.models, file.roots, known)?.or_else(|| taken.models.clone()),
            level: level(file.level, known)?.or(taken.level),
        }),
        None => None,
    };
    Ok(Passkeys { required: file.required.is_some_and(Spanned::into_inner), taken, officers, metadata })
}

fn level(level: Option<Spanned<ModelLevel>>, known: bool) -> Result<Option<ModelLevel>, Broken> {
    match level {
        Some(level) if !known => broken(
            level.span(),
            "the levels of models are said by FIDO's metadata service: add `metadata` under [passkeys], its file",
        ),
        level => Ok(level.map(Spanned::into_inner)),
    }
}

fn models(
    names: Option<Spanned<Vec<String>>>,
    roots: Option<Spanned<PathBuf>>,
    known: bool,
) -> Result<Option<Models>, Broken> {
    let (names, roots) = match (names, roots) {
        (None, None) => return Ok(None),
        (Some(names), None) if !known => {
            return broken(
                names.span(),
                "models that nobody vouches for can be made up: add `roots`, the certificates of their makers, or `metadata`, FIDO's file",
            );
        }
        (Some(names), roots) => (names, roots),
        (None, Some(roots)) => {
            return broken(roots.span(), "certificates for no models: add `models`, their AAGUIDs");
        }
    };
    let at = names.span();
    let is_model = |name: &String| {
        let digits = name.bytes().enumerate().all(|(at, digit)| match at {
            8 | 13 | 18 | 23 => digit == b'-',
            _ => digit.is_ascii_hexdigit(),
        });
        name.len() == 36 && digits
    };
    if let Some(wrong) = names.get_ref().iter().find(|name| !is_model(name)) {
        return broken(
            at,
            format!("`{wrong}` is no AAGUID, such as \"cb69481e-8ff7-4039-93ec-0a2729a154a8\""),
        );
    }
    if names.get_ref().is_empty() {
        return broken(
            at,
            "no model is taken, so nobody could add a passkey: name some, or leave `models` and `roots` out",
        );
    }
    Ok(Some(Models { names: names.into_inner(), roots: roots.map(path).transpose()? }))
}

fn tls(file: Option<Spanned<file::Tls>>) -> Result<Option<TlsFiles>, Broken> {
    let Some(file) = file else { return Ok(None) };
    let (at, file) = (file.span(), file.into_inner());
    match (file.certificate, file.key) {
        (Some(certificate), Some(key)) => {
            Ok(Some(TlsFiles { certificate: path(certificate)?, key: path(key)? }))
        }
        (Some(alone), None) => broken(alone.span(), "a certificate without its key: add `key`"),
        (None, Some(alone)) => broken(alone.span(), "a key without its certificate: add `certificate`"),
        (None, None) => broken(at, "[tls] without files: add `certificate` and `key`, or take it away"),
    }
}

fn public(file: file::Public, tls: Option<&TlsFiles>) -> Result<Public, Broken> {
    let listen = file.listen.as_ref().map_or(PUBLIC, |listen| listen.get_ref().0);
    let at = file.listen.as_ref().map(Spanned::span).unwrap_or_default();
    reachable((listen, at), file.url.as_ref(), tls)?;
    let connections = match file.connections {
        Some(given) if !CONNECTIONS.contains(given.get_ref()) => {
            let (least, most) = (CONNECTIONS.start(), CONNECTIONS.end());
            let why = format!("connections is {}: it must be between {least} and {most}", given.get_ref());
            return broken(given.span(), why);
        }
        Some(given) => usize::try_from(given.into_inner()).unwrap_or(usize::MAX),
        None => 10_000,
    };
    let proxies = file.proxies.unwrap_or_default();
    Ok(Public { listen, url: file.url.map(Spanned::into_inner), connections, proxies })
}

/// Whether clients reach an address, and by TLS where they come over a network.
fn reachable(
    (listen, at): (SocketAddr, Range<usize>),
    url: Option<&Spanned<PublicUrl>>,
    tls: Option<&TlsFiles>,
) -> Result<(), Broken> {
    if tls.is_none() && !listen.ip().is_loopback() {
        return broken(
            at,
            format!(
                "{listen} can be reached from other machines, so it needs TLS: add [tls], or listen on 127.0.0.1"
            ),
        );
    }
    if tls.is_some() && listen.ip().is_unspecified() && url.is_none() {
        return broken(
            at,
            format!("{listen} is no address a client could use: add the `url` that leads here"),
        );
    }
    if let Some(url) = url {
        let (address, at) = (url.get_ref(), url.span());
        if tls.is_some() && !address.is_tls() {
            return broken(at, format!("the server speaks TLS, and `{}` does not", address.as_str()));
        }
        if !address.is_tls() && !address.is_loopback() {
            return broken(
                at,
                format!("`{}` leads over a network without TLS: write https://", address.as_str()),
            );
        }
    }
    Ok(())
}

fn admin(file: Spanned<file::Admin>, public: &Public, tls: Option<&TlsFiles>) -> Result<Admin, Broken> {
    let (at, file) = (file.span(), file.into_inner());
    let Some(listen) = file.listen else {
        return broken(at, "nothing says where the organisation is looked after: add `listen` to [admin]");
    };
    let (at, listen) = (listen.span(), listen.into_inner().0);
    reachable((listen, at.clone()), file.url.as_ref(), tls)?;
    apart(("admin", listen), ("public", public.listen), at)?;
    let there = PublicUrl::of(public.url.as_ref(), tls.is_some(), public.listen);
    if let Some(url) = file.url.as_ref().filter(|url| url.get_ref().as_str() == there) {
        return broken(url.span(), "admin and public cannot both be reached at one address");
    }
    let own_accounts = file.own_accounts.unwrap_or(true);
    Ok(Admin { listen, url: file.url.map(Spanned::into_inner), own_accounts })
}

fn health(file: file::Health, public: SocketAddr, admin: Option<&Admin>) -> Result<SocketAddr, Broken> {
    let at = file.listen.as_ref().map(Spanned::span).unwrap_or_default();
    let health = file.listen.map_or(HEALTH, |listen| listen.get_ref().0);
    if !health.ip().is_loopback() {
        return broken(
            at,
            format!(
                "the health listener asks nobody to sign in, so it stays on this machine: {health} does not"
            ),
        );
    }
    apart(("health", health), ("public", public), at.clone())?;
    if let Some(admin) = admin {
        apart(("health", health), ("admin", admin.listen), at)?;
    }
    Ok(health)
}

/// Two listeners at one address are none. Port 0 is replaced by a free one, so two of them never meet.
fn apart(one: (&str, SocketAddr), other: (&str, SocketAddr), at: Range<usize>) -> Result<(), Broken> {
    let ((one, address), (other, there)) = (one, other);
    let overlap = address.ip() == there.ip() || there.ip().is_unspecified() || address.ip().is_unspecified();
    if address.port() != 0 && address.port() == there.port() && overlap {
        return broken(at, format!("{one} and {other} cannot both listen on {address}"));
    }
    Ok(())
}

fn store(file: Option<Spanned<file::Store>>, top: Range<usize>) -> Result<Store, Broken> {
    let Some(file) = file else {
        return broken(top, "nothing says where to keep the data: add [store] with `sqlite` or `postgres`");
    };
    let at = file.span();
    match (file.get_ref().sqlite.is_some(), file.into_inner()) {
        (true, file::Store { postgres: Some(postgres), .. }) => {
            broken(postgres.span(), "there can be one store: take `sqlite` or `postgres` away")
        }
        (_, file::Store { sqlite: Some(file), .. }) => path(file).map(Store::Sqlite),
        (_, file::Store { postgres: Some(postgres), .. }) => self::postgres(postgres),
        _ => broken(at, "the store is empty: write `sqlite` or `postgres`"),
    }
}

fn files(file: file::Files) -> Result<Files, Broken> {
    let largest = match file.largest {
        Some(given) if !FILES.contains(given.get_ref()) => {
            let (least, most) = (FILES.start(), FILES.end());
            let why = format!("largest is {}: it must be between {least} and {most}", given.get_ref());
            return broken(given.span(), why);
        }
        Some(given) => given.into_inner(),
        None => LARGEST,
    };
    let place = match (file.folder, file.s3) {
        (Some(_), Some(s3)) => {
            return broken(s3.span(), "there can be one place for files: take `folder` or `s3` away");
        }
        (Some(folder), None) => FilePlace::Folder(path(folder)?),
        (None, Some(s3)) => FilePlace::S3(self::s3(s3)?),
        (None, None) => FilePlace::Folder(PathBuf::from("files")),
    };
    Ok(Files { place, largest })
}

fn s3(file: Spanned<file::S3>) -> Result<S3, Broken> {
    let at = file.span();
    let file::S3 { endpoint, bucket, region, credentials } = file.into_inner();
    let Some(endpoint) = endpoint else {
        return broken(at, "the S3 store has no address: add `endpoint`");
    };
    if endpoint.get_ref().is_open() {
        let url = endpoint.get_ref().as_str();
        return broken(endpoint.span(), format!("`{url}` leads over a network without TLS: write https://"));
    }
    let Some(bucket) = bucket else {
        return broken(at, "nothing says in which bucket files are kept: add `bucket`");
    };
    let Some(credentials) = credentials else {
        return broken(
            at,
            "nothing says who may use the bucket: name the file that says it with `credentials`",
        );
    };
    Ok(S3 {
        endpoint: endpoint.into_inner(),
        bucket,
        region: region.unwrap_or_default(),
        credentials: path(credentials)?,
    })
}

fn postgres(file: Spanned<file::Postgres>) -> Result<Store, Broken> {
    let at = file.span();
    let file::Postgres { url, url_file } = file.into_inner();
    match (url, url_file) {
        (Some(url), None) => Ok(Store::Postgres(url.into_inner().0)),
        (None, Some(file)) => path(file).map(Store::PostgresFile),
        (Some(_), Some(file)) => {
            broken(file.span(), "there can be one address: take `url` or `url_file` away")
        }
        (None, None) => broken(at, "the database has no address: write `url` or `url_file`"),
    }
}

fn path(path: Spanned<PathBuf>) -> Result<PathBuf, Broken> {
    if path.get_ref().as_os_str().is_empty() {
        return broken(path.span(), "the path is empty");
    }
    Ok(path.into_inner())
}
