//! Every way to get the configuration wrong that we thought of, and the one line each is answered with.

use std::path::Path;

use chanceryd::config::Config;

/// A configuration that is good, to be spoiled by a single change: `line` replaces the line with the same key.
const GOOD: &str = r#"domain = "bank.example"
bodies_kept = "14 days"
session_lifetime = "1 h"

[public]
listen = "127.0.0.1:8460"

[health]
listen = "127.0.0.1:8461"

[store]
sqlite = "data/chancery.db"

[log]
level = "info"
format = "text"
"#;

/// What is replaced, by what, and what is said about it.
const SPOILED: &[(&str, &str, &str)] = &[
    // Keys nobody knows.
    (
        "session_lifetime =",
        "sesion_lifetime =",
        "3: unknown key `sesion_lifetime`: did you mean `session_lifetime`?",
    ),
    (
        "[public]\nlisten",
        "[public]\nlisten_on",
        "6: unknown key `listen_on`: here may stand listen, url, connections, proxies",
    ),
    ("[public]\nlisten", "[public]\nlisten_", "6: unknown key `listen_`: did you mean `listen`?"),
    ("[public]", "[pubic]", "5: unknown key `pubic`: did you mean `public`?"),
    ("[health]\nlisten", "[health]\nLISTEN", "9: unknown key `LISTEN`: here may stand listen"),
    ("sqlite =", "sqlit =", "12: unknown key `sqlit`: did you mean `sqlite`?"),
    ("level =", "levels =", "15: unknown key `levels`: did you mean `level`?"),
    ("format =", "colour =", "16: unknown key `colour`: here may stand level, format"),
    (
        "[log]",
        "[tls]\ncertficate = \"a\"\n[log]",
        "15: unknown key `certficate`: did you mean `certificate`?",
    ),
    (
        "sqlite = \"data/chancery.db\"",
        "postgres = { uri = \"postgres://db/x\" }",
        "12: unknown key `uri`: did you mean `url`?",
    ),
    ("[log]", "[tls]\n[log]", "14: [tls] without files: add `certificate` and `key`, or take it away"),
    // What FIDO's metadata says needs metadata that says it.
    (
        "[log]",
        "[passkeys]\nlevel = \"L2\"\n[log]",
        "15: the levels of models are said by FIDO's metadata service: add `metadata` under [passkeys], its file",
    ),
    (
        "[log]",
        "[passkeys]\nlevel = \"L9\"\n[log]",
        "15: `L9` is not a level: use L1, L1plus, L2, L2plus, L3 or L3plus",
    ),
    (
        "[log]",
        "[passkeys]\nmetadata_root = \"root.pem\"\n[log]",
        "15: a root certificate for no metadata: add `metadata`",
    ),
    // How often people sign in at an identity provider.
    (
        "[log]",
        "[providers]\nsign_in_every = \"30 min\"\n[log]",
        "15: sign_in_every is 30 min: it must be between 1 hour and 90 days",
    ),
    (
        "[log]",
        "[providers]\nsign_in_every = \"90 min\"\n[log]",
        "15: sign_in_every is 90 min: it must be whole hours",
    ),
    // How many requests are taken.
    (
        "[log]",
        "[limits]\naddress = 9\n[log]",
        "15: address is 9 requests a minute: it must be between 10 and 1000000",
    ),
    (
        "[log]",
        "[limits]\ndevice = -1\n[log]",
        "15: device is -1 requests a minute: it must be between 10 and 1000000",
    ),
    ("[log]", "[limits]\naccount = 9\n[log]", "15: unknown key `account`: here may stand address, device"),
    // Passkeys.
    (
        "[log]",
        "[passkeys]\nmodels = [\"cb69481e-8ff7-4039-93ec-0a2729a154a8\"]\n[log]",
        "15: models that nobody vouches for can be made up: add `roots`, the certificates of their makers, or `metadata`, FIDO's file",
    ),
    (
        "[log]",
        "[passkeys]\nroots = \"chain.pem\"\n[log]",
        "15: certificates for no models: add `models`, their AAGUIDs",
    ),
    (
        "[log]",
        "[passkeys]\nmodels = []\nroots = \"chain.pem\"\n[log]",
        "15: no model is taken, so nobody could add a passkey: name some, or leave `models` and `roots` out",
    ),
    (
        "[log]",
        "[passkeys]\nmodels = [\"yubikey\"]\nroots = \"chain.pem\"\n[log]",
        "15: `yubikey` is no AAGUID, such as \"cb69481e-8ff7-4039-93ec-0a2729a154a8\"",
    ),
    (
        "[log]",
        "[passkeys.officers]\nrequired = true\n[log]",
        "15: unknown key `required`: here may stand synced, models, roots, level",
    ),
    (
        "listen = \"127.0.0.1:8460\"\n",
        "listen = \"127.0.0.1:8460\"\nurl = \"https://10.1.2.3\"\n[passkeys]\nrequired = true\n",
        "9: passkeys are for a name, and clients reach this server by an address: add `url` under [public], with a name",
    ),
    // The domain.
    (
        "domain = \"bank.example\"\n",
        "",
        "1: nothing says which organisation this is: add `domain` at the top",
    ),
    ("\"bank.example\"", "\"Bank.example\"", "1: a domain is a lower-case DNS name such as bank.example"),
    ("\"bank.example\"", "\"bank example\"", "1: a domain is a lower-case DNS name such as bank.example"),
    ("\"bank.example\"", "\"\"", "1: a domain is a lower-case DNS name such as bank.example"),
    ("\"bank.example\"", "7", "1: invalid type: integer `7`, expected a string"),
    // Times.
    (
        "\"14 days\"",
        "14",
        "2: invalid type: integer `14`, expected a time with its unit, such as \"14 days\"",
    ),
    ("\"14 days\"", "\"14\"", "2: `14` has no unit: write \"14 days\", \"14 h\", \"14 min\" or \"14 s\""),
    ("\"14 days\"", "\"14 moons\"", "2: `moons` is not a unit of time here: use days, h, min or s"),
    ("\"14 days\"", "\"14 m\"", "2: `m` is not a unit of time here: use days, h, min or s"),
    (
        "\"14 days\"",
        "\"two weeks\"",
        "2: `two weeks` is not a time: write a whole number and a unit, such as \"14 days\"",
    ),
    (
        "\"14 days\"",
        "\"-1 days\"",
        "2: `-1 days` is not a time: write a whole number and a unit, such as \"14 days\"",
    ),
    ("\"14 days\"", "\"1.5 days\"", "2: `.5 days` is not a unit of time here: use days, h, min or s"),
    ("\"14 days\"", "\"99999 days\"", "2: `99999 days` is too long a time"),
    ("\"14 days\"", "\"3 h\"", "2: bodies_kept is 3 h: it must be between 1 day and 30 days"),
    ("\"14 days\"", "\"31 days\"", "2: bodies_kept is 31 days: it must be between 1 day and 30 days"),
    ("\"14 days\"", "\"36 h\"", "2: bodies_kept is 36 h: it must be whole days"),
    ("\"1 h\"", "\"90 s\"", "3: session_lifetime is 90 s: it must be whole minutes"),
    ("\"1 h\"", "\"30 s\"", "3: session_lifetime is 30 s: it must be between 1 minute and 1 day"),
    ("\"1 h\"", "\"2 days\"", "3: session_lifetime is 2 days: it must be between 1 minute and 1 day"),
    // Addresses.
    (
        "127.0.0.1:8460",
        "0.0.0.0:8460",
        "6: 0.0.0.0:8460 can be reached from other machines, so it needs TLS: add [tls], or listen on 127.0.0.1",
    ),
    (
        "127.0.0.1:8460",
        "[::]:8460",
        "6: [::]:8460 can be reached from other machines, so it needs TLS: add [tls], or listen on 127.0.0.1",
    ),
    (
        "127.0.0.1:8460",
        "localhost:8460",
        "6: `localhost:8460` is not an IP address with a port, such as \"127.0.0.1:8460\"",
    ),
    (
        "127.0.0.1:8460",
        "127.0.0.1",
        "6: `127.0.0.1` is not an IP address with a port, such as \"127.0.0.1:8460\"",
    ),
    (
        "127.0.0.1:8460",
        "127.0.0.1:84600",
        "6: `127.0.0.1:84600` is not an IP address with a port, such as \"127.0.0.1:8460\"",
    ),
    (
        "\"127.0.0.1:8460\"",
        "8460",
        "6: invalid type: integer `8460`, expected an address such as \"127.0.0.1:8460\"",
    ),
    ("127.0.0.1:8461", "127.0.0.1:8460", "9: health and public cannot both listen on 127.0.0.1:8460"),
    (
        "[health]",
        "[admin]\n[health]",
        "8: nothing says where the organisation is looked after: add `listen` to [admin]",
    ),
    (
        "[health]",
        "[admin]\nlisten = \"127.0.0.1:8460\"\n[health]",
        "9: admin and public cannot both listen on 127.0.0.1:8460",
    ),
    (
        "[health]",
        "[admin]\nlisten = \"127.0.0.1:8461\"\n[health]",
        "11: health and admin cannot both listen on 127.0.0.1:8461",
    ),
    (
        "[health]",
        "[admin]\nlisten = \"127.0.0.1:8462\"\nurl = \"http://127.0.0.1:8460\"\n[health]",
        "10: admin and public cannot both be reached at one address",
    ),
    (
        "[health]",
        "[admin]\nlisten = \"10.0.0.1:8462\"\n[health]",
        "9: 10.0.0.1:8462 can be reached from other machines, so it needs TLS: add [tls], or listen on 127.0.0.1",
    ),
    (
        "127.0.0.1:8461",
        "10.0.0.1:8461",
        "9: the health listener asks nobody to sign in, so it stays on this machine: 10.0.0.1:8461 does not",
    ),
    (
        "[health]",
        "url = \"chat.bank.example\"\n[health]",
        "8: `chat.bank.example` must start with https:// (or http:// on this machine), such as \"https://chat.bank.example\"",
    ),
    (
        "[health]",
        "url = \"https://chat.bank.example/chat\"\n[health]",
        "8: `https://chat.bank.example/chat` must be a host and perhaps a port, without a path or a name, such as \"https://chat.bank.example\"",
    ),
    (
        "[health]",
        "url = \"http://chat.bank.example\"\n[health]",
        "8: `http://chat.bank.example` leads over a network without TLS: write https://",
    ),
    ("[health]", "connections = 0\n[health]", "8: connections is 0: it must be between 1 and 1000000"),
    ("[health]", "connections = -1\n[health]", "8: connections is -1: it must be between 1 and 1000000"),
    // TLS.
    ("[log]", "[tls]\nkey = \"key.pem\"\n[log]", "15: a key without its certificate: add `certificate`"),
    ("[log]", "[tls]\ncertificate = \"chain.pem\"\n[log]", "15: a certificate without its key: add `key`"),
    ("[log]", "[tls]\ncertificate = \"\"\nkey = \"key.pem\"\n[log]", "15: the path is empty"),
    (
        "listen = \"127.0.0.1:8460\"",
        "listen = \"0.0.0.0:443\"\n[tls]\ncertificate = \"a\"\nkey = \"b\"",
        "6: 0.0.0.0:443 is no address a client could use: add the `url` that leads here",
    ),
    (
        "listen = \"127.0.0.1:8460\"",
        "url = \"http://127.0.0.1:8460\"\n[tls]\ncertificate = \"a\"\nkey = \"b\"",
        "6: the server speaks TLS, and `http://127.0.0.1:8460` does not",
    ),
    // The store.
    (
        "[store]\nsqlite = \"data/chancery.db\"\n",
        "",
        "1: nothing says where to keep the data: add [store] with `sqlite` or `postgres`",
    ),
    ("sqlite = \"data/chancery.db\"", "", "11: the store is empty: write `sqlite` or `postgres`"),
    ("\"data/chancery.db\"", "\"\"", "12: the path is empty"),
    (
        "sqlite = \"data/chancery.db\"",
        "sqlite = \"a.db\"\npostgres = { url = \"postgres://db/x\" }",
        "13: there can be one store: take `sqlite` or `postgres` away",
    ),
    (
        "sqlite = \"data/chancery.db\"",
        "postgres = { url = \"mysql://db/x\" }",
        "12: the URL must start with postgres://",
    ),
    (
        "sqlite = \"data/chancery.db\"",
        "postgres = { url = \"postgres://chancery:secret@db/x\" }",
        "12: a password does not belong here: put the whole URL into a file and name it with `url_file`",
    ),
    (
        "sqlite = \"data/chancery.db\"",
        "postgres = { url = \"postgres://db/x\", url_file = \"url\" }",
        "12: there can be one address: take `url` or `url_file` away",
    ),
    (
        "sqlite = \"data/chancery.db\"",
        "postgres = {}",
        "12: the database has no address: write `url` or `url_file`",
    ),
    (
        "sqlite = \"data/chancery.db\"",
        "postgres = \"postgres://db/x\"",
        "12: invalid type: string \"postgres://db/x\", expected a table such as { url_file = \"postgres-url\" }",
    ),
    // Files.
    ("[log]", "[files]\nfoldr = \"files\"\n[log]", "15: unknown key `foldr`: did you mean `folder`?"),
    (
        "[log]",
        "[files]\nfolder = \"files\"\ns3 = { endpoint = \"https://s3.bank.example\", bucket = \"files\", credentials = \"s3-key\" }\n[log]",
        "16: there can be one place for files: take `folder` or `s3` away",
    ),
    ("[log]", "[files]\ns3 = {}\n[log]", "15: the S3 store has no address: add `endpoint`"),
    (
        "[log]",
        "[files]\n\n[files.s3]\nendpoint = \"http://s3.bank.example\"\nbucket = \"files\"\n[log]",
        "17: `http://s3.bank.example` leads over a network without TLS: write https://",
    ),
    (
        "[log]",
        "[files]\ns3 = { endpoint = \"s3.bank.example\", bucket = \"files\" }\n[log]",
        "15: `s3.bank.example` must start with https:// (or http:// on this machine), such as \"https://s3.bank.example\"",
    ),
    (
        "[log]",
        "[files]\ns3 = { endpoint = \"https://s3.bank.example/files\" }\n[log]",
        "15: `https://s3.bank.example/files` must be a host and perhaps a port, without a path or a name, such as \"https://s3.bank.example\"",
    ),
    (
        "[log]",
        "[files.s3]\nendpoint = \"https://s3.bank.example\"\n[log]",
        "14: nothing says in which bucket files are kept: add `bucket`",
    ),
    (
        "[log]",
        "[files.s3]\nendpoint = \"https://s3.bank.example\"\nbucket = \"Files\"\n[log]",
        "16: `Files` is no name of a bucket: 3 to 63 lower-case letters, digits, dots and hyphens",
    ),
    (
        "[log]",
        "[files.s3]\nendpoint = \"https://s3.bank.example\"\nbucket = \"files\"\nregion = \"\"\n[log]",
        "17: `` is no region: write it as the store does, such as \"eu-central-1\"",
    ),
    (
        "[log]",
        "[files]\ns3 = { endpoint = \"http://127.0.0.1:9000\", bucket = \"files\" }\n[log]",
        "15: nothing says who may use the bucket: name the file that says it with `credentials`",
    ),
    (
        "[log]",
        "[files.s3]\nendpoint = \"http://127.0.0.1:9000\"\nbucket = \"files\"\ncredentials = \"\"\n[log]",
        "17: the path is empty",
    ),
    (
        "[log]",
        "[files.s3]\nendpoint = \"https://s3.bank.example\"\nbucket = \"files\"\nsecret = \"hunter2\"\n[log]",
        "17: unknown key `secret`: here may stand endpoint, bucket, region, credentials",
    ),
    (
        "[log]",
        "[files]\ns3 = \"https://s3.bank.example/files\"\n[log]",
        "15: invalid type: string \"https://s3.bank.example/files\", expected a table such as { endpoint = \"https://s3.bank.example\", bucket = \"chancery\", credentials = \"s3-key\" }",
    ),
    (
        "[log]",
        "[files]\nlargest = \"1 KiB\"\n[log]",
        "15: largest is 1 KiB: it must be between 1 MiB and 64 GiB",
    ),
    // The log.
    ("\"info\"", "\"verbose\"", "15: `verbose` is not a level: use error, warn, info, debug or trace"),
    ("\"text\"", "\"xml\"", "16: `xml` is not a log format: use text or json"),
    ("\"text\"", "true", "16: invalid type: boolean `true`, expected \"text\" or \"json\""),
    // No TOML at all.
    ("[log]", "[log", "14: unclosed table, expected `]`"),
    ("\"info\"", "verbose", "15: string values must be quoted, expected literal string"),
    ("\"info\"", "\"info", "15: invalid basic string, expected `\"`"),
    ("format =", "level =", "16: duplicate key"),
    ("[log]", "[store]", "14: duplicate key"),
];

#[test]
fn every_wrong_configuration_is_refused_with_one_precise_line() {
    assert!(SPOILED.len() >= 40);
    let mut wrong = Vec::new();
    for (good, bad, expected) in SPOILED {
        let text = GOOD.replacen(good, bad, 1);
        assert_ne!(text, GOOD, "{good}");
        let said = match Config::parse(&text, Path::new("chancery.toml")) {
            Ok(config) => format!("accepted: {config:?}"),
            Err(why) => why.to_string(),
        };
        let expected = format!("chancery.toml:{expected}");
        if said != expected || said.lines().count() != 1 {
            wrong.push(format!("expected {expected}\n    said {said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_unspoiled_one_is_accepted() {
    Config::parse(GOOD, Path::new("chancery.toml")).unwrap();
}

#[test]
fn a_password_is_never_repeated() {
    let text =
        GOOD.replace("sqlite = \"data/chancery.db\"", "postgres = { url = \"postgres://me:hunter2@db/x\" }");
    let said = Config::parse(&text, Path::new("chancery.toml")).unwrap_err().to_string();
    assert!(!said.contains("hunter2"), "{said}");
}
