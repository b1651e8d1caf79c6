//! The words of the configuration: addresses, times with units, URLs. Each is parsed once and says what it expected.

use std::{fmt, net::SocketAddr, str::FromStr};

use serde::{
    Deserialize, Deserializer,
    de::{Error, Visitor},
};

/// Reads a text with `T`'s own parser; `EXPECTED` is what a value of another type is compared with.
struct Text<T>(&'static str, std::marker::PhantomData<T>);

impl<T: FromStr<Err = String>> Visitor<'_> for Text<T> {
    type Value = T;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
}

/// Declares that a type is written as a text.
macro_rules! text {
    ($name:ident, $expected:literal) => {
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                from.deserialize_str(Text($expected, std::marker::PhantomData))
            }
        }
    };
}

/// An IP address with a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Address(pub(super) SocketAddr);

text!(Address, "an address such as \"127.0.0.1:8460\"");

impl FromStr for Address {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = |_| format!("`{text}` is not an IP address with a port, such as \"127.0.0.1:8460\"");
        text.parse().map(Self).map_err(wrong)
    }
}

/// A length of time, in whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period {
    seconds: u32,
}

/// The units a time may be written in, the longest first.
const UNITS: [(&[&str], u32); 4] = [
    (&["days", "day", "d"], 86_400),
    (&["h", "hour", "hours"], 3600),
    (&["min", "minute", "minutes"], 60),
    (&["s", "second", "seconds"], 1),
];

impl Period {
    /// A period of so many seconds.
    #[must_use]
    pub const fn seconds(seconds: u32) -> Self {
        Self { seconds }
    }

    /// Its length in whole days.
    #[must_use]
    pub fn as_days(self) -> u32 {
        self.seconds / 86_400
    }

    /// Its length in whole hours.
    #[must_use]
    pub fn as_hours(self) -> u32 {
        self.seconds / 3600
    }

    /// Its length in whole minutes.
    #[must_use]
    pub fn as_minutes(self) -> u32 {
        self.seconds / 60
    }

    /// Whether it is a multiple of so many seconds.
    pub(super) fn is_whole(self, seconds: u32) -> bool {
        self.seconds.is_multiple_of(seconds)
    }
}

text!(Period, "a time with its unit, such as \"14 days\"");

impl FromStr for Period {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at_checked(end).unwrap_or((text, ""));
        let number: u32 = number.parse().map_err(|_| {
            format!("`{text}` is not a time: write a whole number and a unit, such as \"14 days\"")
        })?;
        let unit = unit.trim();
        if unit.is_empty() {
            return Err(format!(
                "`{text}` has no unit: write \"{text} days\", \"{text} h\", \"{text} min\" or \"{text} s\""
            ));
        }
        let (_, each) = UNITS
            .iter()
            .find(|(names, _)| names.contains(&unit))
            .ok_or_else(|| format!("`{unit}` is not a unit of time here: use days, h, min or s"))?;
        let seconds = number.checked_mul(*each).ok_or_else(|| format!("`{text}` is too long a time"))?;
        Ok(Self { seconds })
    }
}

impl fmt::Display for Period {
    /// Writes the period in the longest unit that leaves no rest.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = UNITS.iter().find(|(_, each)| self.seconds.is_multiple_of(*each));
        match whole {
            Some(([_, one, ..], each)) if self.seconds == *each => write!(f, "1 {one}"),
            Some(([unit, ..], each)) => write!(f, "{} {unit}", self.seconds / each),
            _ => write!(f, "{} s", self.seconds),
        }
    }
}

/// How large something is, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(pub u64);

/// The units a size may be written in, the largest first.
const SIZES: [(&str, u64); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];

text!(Size, "a size with its unit, such as \"2 GiB\"");

impl FromStr for Size {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("`{text}` is not a size: write a whole number and KiB, MiB or GiB, such as \"2 GiB\"");
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at_checked(end).unwrap_or((text, ""));
        let number: u64 = number.parse().map_err(|_| wrong())?;
        let (_, each) = SIZES.iter().find(|(name, _)| *name == unit.trim()).ok_or_else(wrong)?;
        number.checked_mul(*each).map(Self).ok_or_else(wrong)
    }
}

impl fmt::Display for Size {
    /// Writes the size in the largest unit that leaves no rest.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = SIZES.iter().find(|(_, each)| self.0.is_multiple_of(*each));
        let (unit, each) = whole.copied().unwrap_or(("bytes", 1));
        write!(f, "{} {unit}", self.0 / each)
    }
}

/// How clients reach the server: scheme, host and port, nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    text: String,
}

text!(PublicUrl, "a URL such as \"https://chat.bank.example\"");

impl PublicUrl {
    /// How a listener is reached: by the URL that was given for it, or at its address.
    #[must_use]
    pub fn of(given: Option<&Self>, tls: bool, listen: SocketAddr) -> String {
        let scheme = if tls { "https" } else { "http" };
        given.map_or_else(|| format!("{scheme}://{listen}"), |url| url.as_str().to_owned())
    }

    /// The URL as text, without a slash at the end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it asks for TLS.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.text.starts_with("https://")
    }

    /// Whether it leads to this machine only.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let name = self.authority().split(':').next().unwrap_or_default();
        self.address().map_or(name == "localhost", |address| address.is_loopback())
    }

    /// Whether it has a name that passkeys can be made for; this machine has one as well.
    #[must_use]
    pub fn is_named(&self) -> bool {
        self.address().is_none_or(|address| address.is_loopback())
    }

    fn authority(&self) -> &str {
        self.text.split_once("://").map_or("", |(_, rest)| rest)
    }

    /// The address in it, where it has no name.
    fn address(&self) -> Option<std::net::IpAddr> {
        let authority = self.authority();
        let host = authority.trim_start_matches('[').trim_end_matches(']');
        authority.parse::<SocketAddr>().map(|address| address.ip()).or_else(|_| host.parse()).ok()
    }
}

impl FromStr for PublicUrl {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::parse(text, "https://chat.bank.example")
    }
}

impl PublicUrl {
    /// Parses a URL; `example` is a good one.
    fn parse(text: &str, example: &str) -> Result<Self, String> {
        let wrong = |why: &str| format!("`{text}` {why}, such as \"{example}\"");
        let text_only = text.trim_end_matches('/');
        let rest = text_only.strip_prefix("https://").or_else(|| text_only.strip_prefix("http://"));
        let rest = rest.ok_or_else(|| wrong("must start with https:// (or http:// on this machine)"))?;
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
        let authority = rest.parse::<axum::http::uri::Authority>().ok();
        let reachable = authority.is_some_and(|authority| {
            let port = authority.port_u16().is_some_and(|port| port != 0);
            !authority.host().is_empty() && (port || authority.host().len() == rest.len())
        });
        if !reachable || !rest.chars().all(plain) {
            return Err(wrong("must be a host and perhaps a port, without a path or a name"));
        }
        Ok(Self { text: text_only.to_owned() })
    }
}

/// Where an S3 store is asked: scheme, host and port, nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint(PublicUrl);

text!(Endpoint, "a URL such as \"https://s3.bank.example\"");

impl Endpoint {
    /// The URL as text, without a slash at the end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Whether what is asked there can be read on the way.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !self.0.is_tls() && !self.0.is_loopback()
    }
}

impl FromStr for Endpoint {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        PublicUrl::parse(text, "https://s3.bank.example").map(Self)
    }
}

/// The name of a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketName(pub(super) String);

text!(BucketName, "the name of a bucket, such as \"chancery-files\"");

impl BucketName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for BucketName {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-');
        let ends = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let good = (3..=63).contains(&text.len()) && text.chars().all(plain);
        if !good || !text.starts_with(ends) || !text.ends_with(ends) {
            return Err(format!(
                "`{text}` is no name of a bucket: 3 to 63 lower-case letters, digits, dots and hyphens"
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

/// The region of an S3 store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region(pub(super) String);

text!(Region, "a region such as \"eu-central-1\"");

impl Region {
    /// The region as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Region {
    /// What stores that know no regions are asked with.
    fn default() -> Self {
        Self("us-east-1".to_owned())
    }
}

impl FromStr for Region {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if text.is_empty() || text.len() > 64 || !text.chars().all(plain) {
            return Err(format!(
                "`{text}` is no region: write it as the store does, such as \"eu-central-1\""
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

/// The address of a PostgreSQL database. It never carries a password: that belongs into a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PostgresUrl(pub(super) String);

text!(PostgresUrl, "a URL such as \"postgres://chancery@db.example/chancery\"");

impl FromStr for PostgresUrl {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let rest = text.strip_prefix("postgres://").or_else(|| text.strip_prefix("postgresql://"));
        // The text itself is not repeated here: it may carry a password.
        let rest = rest.ok_or("the URL must start with postgres://")?;
        let user = rest.split_once('@').map_or("", |(user, _)| user);
        if user.contains(':') || rest.contains("password=") {
            return Err(
                "a password does not belong here: put the whole URL into a file and name it with `url_file`"
                    .into(),
            );
        }
        Ok(Self(text.to_owned()))
    }
}

/// From which severity on something is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Only what needs somebody at once.
    Error,
    /// Also what may need somebody.
    Warn,
    /// Also what happens.
    Info,
    /// Also how it happens.
    Debug,
    /// Everything.
    Trace,
}

text!(Level, "a level such as \"info\"");

impl Level {
    /// The level as it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

impl FromStr for Level {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let all = [Self::Error, Self::Warn, Self::Info, Self::Debug, Self::Trace];
        let found = all.into_iter().find(|level| level.as_str() == text);
        found.ok_or_else(|| format!("`{text}` is not a level: use error, warn, info, debug or trace"))
    }
}

/// Which level FIDO has to have given to a model of authenticators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModelLevel(pub chancery_duties::gateway::Level);

text!(ModelLevel, "a level such as \"L2\"");

impl FromStr for ModelLevel {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let read = chancery_duties::gateway::Level::parse(text).map(Self);
        read.ok_or_else(|| format!("`{text}` is not a level: use L1, L1plus, L2, L2plus, L3 or L3plus"))
    }
}

/// In which form the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// One JSON object a line, for programs.
    Json,
}

text!(Format, "\"text\" or \"json\"");

impl Format {
    /// The format as it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
        }
    }
}

impl FromStr for Format {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err(format!("`{text}` is not a log format: use text or json")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_as_it_would_be_said() {
        for (text, seconds, said) in [
            ("14 days", 1_209_600, "14 days"),
            ("36h", 129_600, "36 h"),
            ("24 h", 86_400, "1 day"),
            ("48 hours", 172_800, "2 days"),
            ("90 min", 5400, "90 min"),
            ("61 s", 61, "61 s"),
        ] {
            let period: Period = text.parse().unwrap();
            assert_eq!((period.seconds, period.to_string().as_str()), (seconds, said));
        }
    }

    #[test]
    fn a_url_knows_whether_it_leads_away_from_this_machine() {
        for (text, loopback) in [
            ("http://127.0.0.1:8460", true),
            ("http://[::1]:8460", true),
            ("http://[::1]", true),
            ("http://localhost:1/", true),
            ("http://localhost.bank.example", false),
            ("http://10.0.0.1:80", false),
        ] {
            assert_eq!(text.parse::<PublicUrl>().unwrap().is_loopback(), loopback, "{text}");
        }
    }
}
