//! The configuration written out: a commented one to begin with, and the effective one to look at.

use std::{fmt::Write as _, path::Path};

use chancery_wire::names::Domain;

use super::{Admin, Config, FilePlace, Limits, Models, Passkeys, Store, Taken};

/// A commented configuration for `domain` that keeps all its data in the folder `data`. For a trial, one account may look after everything
/// and talk as well, without a passkey.
#[must_use]
pub fn template(domain: &Domain, data: &Path, trial: bool) -> String {
    let (off, required) = if trial { ("# ", "false") } else { ("", "true") };
    let inside = |name| quoted(&data.join(name).display().to_string());
    let (database, files) = (inside("chancery.db"), inside("files"));
    format!(
        r#"# Configuration of chanceryd. Check a change with `chanceryd config check --config chancery.toml`.
# Paths are meant from the folder this file lies in. Lines that start with # show what else may be written.

# The organisation's domain. It is part of every account's name and stays as it is once the organisation is founded.
domain = "{domain}"

# How long a sealed message is kept for a device that has not fetched it: 1 to 30 days.
bodies_kept = "14 days"

# How long a session lives before the device signs in again by itself: 1 min to 24 h.
session_lifetime = "1 h"

[public]
# Where clients connect. Beyond this machine it needs [tls].
listen = "127.0.0.1:8460"
# How clients reach it, when that is another address: behind a proxy, or on all interfaces.
# url = "https://chat.{domain}"
# How many connections are served at once; more wait.
# connections = 10000
# Proxies on other machines that say in X-Forwarded-For for whom they ask. Those on this machine are believed anyway.
# proxies = ["10.0.0.5"]

# TLS 1.3 with post-quantum key exchange. Send SIGHUP to read renewed files.
# [tls]
# certificate = "chain.pem"
# key = "key.pem"

# Where the organisation is looked after: inviting, suspending, roles, rules. What roles permit is done here and nowhere else. Without
# this section it is all done at the address above. Beyond this machine it needs [tls]; let only those networks reach it from which that is done.
{off}[admin]
{off}listen = "127.0.0.1:8462"
# url = "https://admin.{domain}:8462"
# Whoever holds a role does so with an account of its own, which is in no room with others: what goes on in rooms then reaches no device
# that may do more than talk. With false, one account does both.
{off}own_accounts = true

[health]
# Health and metrics, without sign-in, on this machine only.
listen = "127.0.0.1:8461"

[store]
# One of the two. A file is enough:
sqlite = {database}
# Or PostgreSQL; a URL with a password lies in a file of its own. Several servers may share one, and go on when one of them fails: with the
# same [store], `url` under [public] and S3 store under [files], behind whatever shares out connections among them.
# postgres = {{ url_file = "postgres-url" }}

[files]
# One of the two. Sealed files that people send lie in a folder of their own:
folder = {files}
# Or in a bucket of an S3 store that nothing else uses and that keeps no old versions. The file with the credentials has
# two lines, key_id = "…" and secret = "…", and is not for others to read:
# s3 = {{ endpoint = "https://s3.bank.example", bucket = "chancery-files", region = "us-east-1", credentials = "s3-key" }}
# The largest that is taken: 1 MiB to 64 GiB.
largest = "2 GiB"

[limits]
# How many requests a minute are taken, half of them at once: from an address from which nobody has signed in, and from a
# device that has. Many people behind one address need more.
address = 600
device = 1200

[zones]
# Networks that the rules of the charter may name (`chancery admin rule`), such as
# office = ["10.0.0.0/8"]

[passkeys]
# With a passkey a person confirms what is sensitive: inviting, linking a device, revoking somebody else's, changing the
# recovery key. Whoever has one is asked for it; with true, nobody does any of it without one.
required = {required}
# Whether passkeys are taken that can be copied to other devices, as phones and password managers do.
synced = true
# Only authenticators of these models (AAGUID), which their makers vouch for with certificates in a PEM file:
# models = ["cb69481e-8ff7-4039-93ec-0a2729a154a8"]
# roots = "authenticators.pem"
# What FIDO's metadata service says of models: its file, which you fetch from https://mds3.fidoalliance.org and put here. Its signature is
# checked; models that it calls unsafe are taken no more, nor is an older file than one that was used. It has the certificates of makers, too.
# Send SIGHUP to read a newer one.
# metadata = "blob.jwt"
# Where somebody else vouches for that file than the service, such as for one of your own making:
# metadata_root = "root.pem"
# Only models to which FIDO has given this level at least: L1, L1plus, L2, L2plus, L3 or L3plus
# level = "L1"
# Officers may be held to more:
# [passkeys.officers]
# synced = false

[providers]
# Once officers trust an identity provider (`chancery provider trust`), people may have to sign in there from time to time, and
# whoever is no longer known there is out when it is over: 1 h to 90 days. Officers and bots are not asked.
# sign_in_every = "12 h"

[log]
# error, warn, info, debug or trace
level = "info"
# text for people, json for programs
format = "text"
"#
    )
}

/// The configuration in the form of the file, every default filled in, without comments.
pub(super) fn view(config: &Config) -> String {
    let mut out = format!(
        "domain = \"{}\"\nbodies_kept = \"{}\"\nsession_lifetime = \"{}\"\n\n[public]\nlisten = \"{}\"\n",
        config.domain, config.bodies_kept, config.session_lifetime, config.public.listen
    );
    let mut line = |text: String| {
        // Writing into memory cannot fail.
        let _ = writeln!(out, "{text}");
    };
    if let Some(url) = &config.public.url {
        line(format!("url = \"{}\"", url.as_str()));
    }
    line(format!("connections = {}", config.public.connections));
    if !config.public.proxies.is_empty() {
        let proxies = config.public.proxies.iter().map(|proxy| format!("\"{proxy}\""));
        line(format!("proxies = [{}]", proxies.collect::<Vec<_>>().join(", ")));
    }
    if let Some(tls) = &config.tls {
        let [certificate, key] = [&tls.certificate, &tls.key].map(|path| quoted(&path.display().to_string()));
        line(format!("\n[tls]\ncertificate = {certificate}\nkey = {key}"));
    }
    if let Some(Admin { listen, url, own_accounts }) = &config.admin {
        let url = url.as_ref().map(|url| format!("url = \"{}\"\n", url.as_str())).unwrap_or_default();
        line(format!("\n[admin]\nlisten = \"{listen}\"\n{url}own_accounts = {own_accounts}"));
    }
    line(format!("\n[health]\nlisten = \"{}\"\n\n[store]", config.health));
    line(match &config.store {
        Store::Sqlite(path) => format!("sqlite = {}", quoted(&path.display().to_string())),
        Store::Postgres(url) => format!("postgres = {{ url = {} }}", quoted(url)),
        Store::PostgresFile(path) => {
            format!("postgres = {{ url_file = {} }}", quoted(&path.display().to_string()))
        }
    });
    line("\n[files]".to_owned());
    line(match &config.files.place {
        FilePlace::Folder(folder) => format!("folder = {}", quoted(&folder.display().to_string())),
        FilePlace::S3(s3) => format!(
            "s3 = {{ endpoint = \"{}\", bucket = \"{}\", region = \"{}\", credentials = {} }}",
            s3.endpoint.as_str(),
            s3.bucket.as_str(),
            s3.region.as_str(),
            quoted(&s3.credentials.display().to_string())
        ),
    });
    line(format!("largest = \"{}\"", config.files.largest));
    let Limits { address, device } = config.limits;
    line(format!("\n[limits]\naddress = {address}\ndevice = {device}"));
    if !config.zones.is_empty() {
        line("\n[zones]".to_owned());
    }
    for (name, networks) in &config.zones {
        let networks = networks.iter().map(|it| format!("\"{it}\""));
        line(format!("{name} = [{}]", networks.collect::<Vec<_>>().join(", ")));
    }
    let Passkeys { required, taken, officers, metadata } = &config.passkeys;
    let path = |path: &Path| quoted(&path.display().to_string());
    let metadata = metadata.as_ref().map(|(file, root)| {
        let root = root.as_ref().map(|root| format!("\nmetadata_root = {}", path(root)));
        format!("\nmetadata = {}{}", path(file), root.unwrap_or_default())
    });
    let metadata = metadata.unwrap_or_default();
    line(format!("\n[passkeys]\nrequired = {required}\n{}{metadata}", passkeys(taken)));
    if let Some(officers) = officers {
        line(format!("\n[passkeys.officers]\n{}", passkeys(officers)));
    }
    if let Some(every) = config.sign_in_every {
        line(format!("\n[providers]\nsign_in_every = \"{every}\""));
    }
    let (level, format) = (config.log.level.as_str(), config.log.format.as_str());
    line(format!("\n[log]\nlevel = \"{level}\"\nformat = \"{format}\""));
    out
}

/// Which passkeys are taken, as lines of the file.
fn passkeys(taken: &Taken) -> String {
    let models = taken.models.as_ref().map(|Models { names, roots }| {
        let names: Vec<String> = names.iter().map(|name| quoted(name)).collect();
        let roots = roots.as_ref().map(|roots| quoted(&roots.display().to_string()));
        let roots = roots.map(|roots| format!("\nroots = {roots}")).unwrap_or_default();
        format!("\nmodels = [{}]{roots}", names.join(", "))
    });
    let level = taken.level.map(|it| format!("\nlevel = \"{}\"", it.0.as_str()));
    format!("synced = {}{}{}", taken.synced, models.unwrap_or_default(), level.unwrap_or_default())
}

/// A text as TOML writes it.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let path = Path::new("chancery.toml");
        for trial in [false, true] {
            let text = template(&"bank.example".parse().unwrap(), Path::new("da\"ta"), trial);
            let config = Config::parse(&text, path).unwrap();
            assert_eq!(config.store, Store::Sqlite("da\"ta/chancery.db".into()));
            assert_eq!(config.files.place, FilePlace::Folder("da\"ta/files".into()));
            assert_eq!((config.admin.is_none(), config.passkeys.required), (trial, !trial));
            assert_eq!(Config::parse(&config.view(), path), Ok(config));
        }
    }

    #[test]
    fn a_line_of_the_template_that_is_switched_on_is_good() {
        let text = template(&"bank.example".parse().unwrap(), Path::new("data"), false);
        let switched_on = [
            "# sign_in_every =",
            "# url =",
            "# connections =",
            "# proxies =",
            "# [tls]",
            "# certificate =",
            "# key =",
            "# models =",
            "# roots =",
            "# metadata =",
            "# metadata_root =",
            "# level =",
            "# [passkeys.officers]",
        ];
        let text =
            switched_on.iter().fold(text, |text, line| text.replace(line, line.trim_start_matches("# ")));
        let config = Config::parse(&text, Path::new("chancery.toml")).unwrap();
        assert!(config.tls.is_some() && config.public.url.is_some());
        assert_eq!(Config::parse(&config.view(), Path::new("chancery.toml")), Ok(config));
        let instead = text.replace("folder =", "# folder =").replace("# s3 =", "s3 =");
        let config = Config::parse(&instead, Path::new("chancery.toml")).unwrap();
        assert!(matches!(config.files.place, FilePlace::S3(_)));
        assert_eq!(Config::parse(&config.view(), Path::new("chancery.toml")), Ok(config));
    }
}
