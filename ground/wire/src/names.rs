//! Names: domains, handles, and the `mimi://` URIs built from them (draft-ietf-mimi-protocol).
//!
//! Names are for people and for addressing. They never decide anything by themselves: who a name belongs to is decided
//! by a device chain.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::ids::DeviceId;

/// A text that is not a name of the expected kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    /// Handles are short and plain, so that two of them can be told apart on every screen.
    #[error("a handle is 1 to 32 characters: lower-case letters, digits, and . _ - between them")]
    Handle,
    /// Domains are lower-case DNS names.
    #[error("a domain is a lower-case DNS name such as bank.example")]
    Domain,
    /// Roles and rules are named by words that are typed.
    #[error("a role or rule is called by 1 to 48 lower-case letters, digits and - between them")]
    Role,
    /// A leaf's credential is `mimi://<domain>/u/<handle>/d/<device>`.
    #[error("not a device URI such as mimi://bank.example/u/alice/d/<id>")]
    Leaf,
}

/// Declares a parsed text type.
macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $pattern:literal, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                String::deserialize(from)?.parse().map_err(D::Error::custom)
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                crate::bytes::text_schema($what, $pattern)
            }
        }
        impl utoipa::ToSchema for $name {}
    };
}

name!(
    /// An account's name inside its organisation, such as `alice`.
    Handle,
    "^[a-z0-9]([a-z0-9._-]{0,30}[a-z0-9])?$",
    "an account's name inside its organisation"
);
name!(
    /// An organisation's DNS name, such as `bank.example`.
    Domain,
    "^[a-z0-9-]+(\\.[a-z0-9-]+)*$",
    "an organisation's DNS name"
);

name!(
    /// What a role or a rule of the organisation is called, such as `help-desk`.
    RoleName,
    "^[a-z0-9]([a-z0-9-]{0,46}[a-z0-9])?$",
    "what a role or a rule of the organisation is called"
);

impl FromStr for RoleName {
    type Err = InvalidName;
    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let fits = (1..=48).contains(&text.len())
            && text.bytes().all(inner)
            && !text.starts_with('-')
            && !text.ends_with('-');
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidName::Role) }
    }
}

impl FromStr for Handle {
    type Err = InvalidName;
    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let inner = |b: u8| plain(b) || matches!(b, b'.' | b'_' | b'-');
        let ends = [text.bytes().next(), text.bytes().last()];
        let fits = (1..=32).contains(&text.len())
            && text.bytes().all(inner)
            && ends.into_iter().all(|end| end.is_some_and(plain));
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidName::Handle) }
    }
}

impl FromStr for Domain {
    type Err = InvalidName;
    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let label = |l: &str| {
            (1..=63).contains(&l.len())
                && !l.starts_with('-')
                && !l.ends_with('-')
                && l.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        let fits = text.len() <= 253 && text.split('.').all(label);
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidName::Domain) }
    }
}

impl Handle {
    /// The account of a person whom a directory calls so: the name without the organisation's domain, where that follows. Nothing where that
    /// can be no account's name. Only ASCII letters have capitals in the name of an account: nothing else becomes one.
    #[must_use]
    pub fn of_user_name(name: &str, domain: &Domain) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let own = name.strip_suffix(domain.as_str()).and_then(|name| name.strip_suffix('@'));
        own.unwrap_or(&name).parse().ok()
    }
}

/// Who a leaf says it is: the text of its MLS basic credential. A claim until its device chain was checked.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LeafName {
    /// The organisation.
    pub domain: Domain,
    /// The account.
    pub account: Handle,
    /// The device.
    pub device: DeviceId,
}

impl fmt::Display for LeafName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "mimi://{}/u/{}/d/{}", self.domain, self.account, self.device)
    }
}

impl FromStr for LeafName {
    type Err = InvalidName;
    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let rest = text.strip_prefix("mimi://").ok_or(InvalidName::Leaf)?;
        let (domain, rest) = rest.split_once("/u/").ok_or(InvalidName::Leaf)?;
        let (account, device) = rest.split_once("/d/").ok_or(InvalidName::Leaf)?;
        Ok(Self {
            domain: domain.parse()?,
            account: account.parse()?,
            device: device.parse().map_err(|_| InvalidName::Leaf)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_are_short_and_plain() {
        for good in ["alice", "a", "a.b-c_9", "0x"] {
            assert!(good.parse::<Handle>().is_ok(), "{good}");
        }
        for bad in ["", "Alice", ".a", "a.", "al ice", "älice", "a/b", "a\u{202e}b", &"a".repeat(33)] {
            assert_eq!(bad.parse::<Handle>(), Err(InvalidName::Handle), "{bad:?}");
        }
    }

    #[test]
    fn a_leaf_name_survives_being_written_and_read() {
        let text = "mimi://bank.example/u/alice/d/aaaaaaaaaaaaaaaaaaaaaaaaaa";
        let leaf: LeafName = text.parse().unwrap();
        assert_eq!(leaf.to_string(), text);
        assert!("mimi://bank.example/u/alice".parse::<LeafName>().is_err());
    }
}
