//! Ids: 128 random bits, written as 26 letters of lower-case base32; and 256-bit digests.
//!
//! Ids never carry meaning; names (`names.rs`) are for people. Nothing here draws randomness: callers hand it in.

use std::{fmt, str::FromStr};

use data_encoding::{BASE32_NOPAD, HEXLOWER};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use tls_codec::{TlsDeserialize, TlsDeserializeBytes, TlsSerialize, TlsSize};

/// A text that is not an id or digest of the expected kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a valid id: expected 26 lower-case base32 characters")]
pub struct InvalidId;

/// Declares an id type: 16 bytes, base32 in text, `Copy`, usable in every codec.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash,
            TlsSize, TlsSerialize, TlsDeserialize, TlsDeserializeBytes,
        )]
        pub struct $name(pub [u8; 16]);

        impl $name {
            /// The raw 16 bytes.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }

            /// Reads an id from exactly 16 bytes.
            pub fn from_slice(bytes: &[u8]) -> Result<Self, InvalidId> {
                bytes.try_into().map(Self).map_err(|_| InvalidId)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&BASE32_NOPAD.encode(&self.0).to_ascii_lowercase())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::from_slice(&decode_base32(text)?)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                String::deserialize(from)?.parse().map_err(D::Error::custom)
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                crate::bytes::text_schema("128 random bits as 26 lower-case base32 characters", "^[a-z2-7]{26}$")
            }
        }
        impl utoipa::ToSchema for $name {}
    };
}

id!(
    /// A room: one MLS group, one log.
    RoomId
);
id!(
    /// A device: one signature key, one leaf in each of its rooms.
    DeviceId
);
id!(
    /// An invitation to open one account.
    InvitationId
);
id!(
    /// The meeting of two devices, of which one links the other to its account.
    LinkingId
);
id!(
    /// A submission, chosen by the client; the same id again is answered with the same place in the log.
    SubmissionId
);
id!(
    /// A file as it lies sealed on the server.
    FileId
);
id!(
    /// A session: a device that has proved its key.
    SessionId
);
id!(
    /// An amendment of the charter.
    AmendmentId
);
id!(
    /// A request that waits for another person.
    RequestId
);
id!(
    /// What a directory knows: a person or a group (SCIM).
    ResourceId
);
id!(
    /// A passkey: a key of a person's, which an authenticator holds (WebAuthn).
    PasskeyId
);
id!(
    /// A ceremony: a person is asked in the browser to use a passkey, once, for one purpose.
    CeremonyId
);

/// Decodes lower-case base32 strictly: no upper case, no padding, no stray trailing bits.
fn decode_base32(text: &str) -> Result<Vec<u8>, InvalidId> {
    if text.len() > 64 || text.bytes().any(|b| b.is_ascii_uppercase()) {
        return Err(InvalidId);
    }
    BASE32_NOPAD.decode(text.to_ascii_uppercase().as_bytes()).map_err(|_| InvalidId)
}

/// A SHA-256 digest, written in hexadecimal.
#[derive(
    Clone, Copy, PartialEq, Eq, Hash, Default, TlsSize, TlsSerialize, TlsDeserialize, TlsDeserializeBytes,
)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// Reads a digest from exactly 32 bytes.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, InvalidId> {
        bytes.try_into().map(Self).map_err(|_| InvalidId)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl FromStr for Digest {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Self::from_slice(&HEXLOWER.decode(text.as_bytes()).map_err(|_| InvalidId)?)
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

impl utoipa::PartialSchema for Digest {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        crate::bytes::text_schema("SHA-256 in hexadecimal", "^[0-9a-f]{64}$")
    }
}
impl utoipa::ToSchema for Digest {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_being_written_and_read() {
        let id = RoomId([7; 16]);
        assert_eq!(id.to_string().len(), 26);
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn what_is_not_exactly_an_id_is_refused() {
        let good = RoomId([0xb7; 16]).to_string();
        for bad in [
            "",
            "short",
            &good.to_uppercase(),
            &format!("{good}a"),
            &good.replace(|c: char| c.is_ascii_digit(), "1"),
        ] {
            assert_eq!(bad.parse::<RoomId>(), Err(InvalidId), "{bad}");
        }
        // The last character carries two spare bits; only zero ones are an id.
        assert!("aaaaaaaaaaaaaaaaaaaaaaaaab".parse::<RoomId>().is_err());
    }
}
