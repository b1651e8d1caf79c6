//! A file that a message brings: where it lies sealed, the key that opens it, and what it is called.

use std::fmt;

use ciborium::Value;
use zeroize::Zeroize;

use super::{
    InvalidContent, NAME_LIMIT, TEXT_LIMIT, Written,
    mimi::{ATTACHMENT, EXTERNAL, fields, number, octets, sized},
};
use crate::ids::{Digest, FileId};

/// What a file's address begins with.
const ADDRESS: &str = "urn:chancery:file:";
/// The CBOR tag of an address (RFC 8949).
const URI: u64 = 32;
/// How our files are sealed, as a number for private use of the AEAD registry (RFC 5116).
const SEALED: u64 = 0xff01;
/// SHA-256 in the registry of named hashes (RFC 6920).
const SHA_256: u64 = 1;
/// The longest media type, in bytes (RFC 6838: twice 127 and a slash).
const MEDIA_LIMIT: usize = 255;

/// The key of one file. It opens it, and travels inside the sealed message only.
#[derive(Clone, PartialEq, Eq)]
pub struct FileKey(pub [u8; 32]);

impl Drop for FileKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for FileKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FileKey(…)")
    }
}

/// A file that a message brings (`protocol/files.md`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// The file on the server.
    pub file: FileId,
    /// How many bytes it has.
    pub size: u64,
    /// The key that opens it.
    pub key: FileKey,
    /// The SHA-256 of all of it, before it was sealed.
    pub digest: Digest,
    /// What it is called: no path.
    pub name: Written,
    /// Its media type, as its sender says.
    pub media: Written,
    /// What its sender says about it.
    pub about: Option<Written>,
}

impl Attachment {
    /// Everything in it that can be searched for.
    #[must_use]
    pub fn words(&self) -> String {
        let about = self.about.as_ref().map(Written::reveal).unwrap_or_default();
        format!("{}\n{about}", self.name.reveal())
    }

    /// The members of the MIMI part, after its disposition, language and cardinality.
    pub(super) fn part(&self) -> Value {
        let about = self.about.as_ref().map(Written::reveal).unwrap_or_default();
        Value::Array(vec![
            ATTACHMENT.into(),
            "".into(),
            EXTERNAL.into(),
            self.media.reveal().into(),
            Value::Tag(URI, Box::new(format!("{ADDRESS}{}", self.file).into())),
            0.into(),
            self.size.into(),
            SEALED.into(),
            Value::Bytes(self.key.0.to_vec()),
            Value::Bytes(vec![]),
            Value::Bytes(vec![]),
            SHA_256.into(),
            Value::Bytes(self.digest.0.to_vec()),
            about.into(),
            self.name.reveal().into(),
        ])
    }

    /// Reads a whole external part.
    pub(super) fn of_part(part: Value) -> Result<Self, InvalidContent> {
        let mut part = part.into_array().map_err(|_| InvalidContent::Malformed)?;
        let members = part.split_off(part.len().min(3));
        let [disposition, _, cardinality] = fields(Value::Array(part))?;
        if number(&disposition)? != ATTACHMENT || number(&cardinality)? != EXTERNAL {
            return Err(InvalidContent::Unknown);
        }
        Self::read(members)
    }

    /// Reads the members after the cardinality.
    pub(super) fn read(members: Vec<Value>) -> Result<Self, InvalidContent> {
        let members: Result<[Value; 12], _> = members.try_into();
        let [media, url, expires, size, sealed, key, nonce, aad, hash, digest, about, name] =
            members.map_err(|_| InvalidContent::Malformed)?;
        let unknown = number(&expires)? != 0 || number(&sealed)? != SEALED || number(&hash)? != SHA_256;
        if unknown || !octets(nonce)?.is_empty() || !octets(aad)?.is_empty() {
            return Err(InvalidContent::Unknown);
        }
        let text = |value: Value| value.into_text().map_err(|_| InvalidContent::Malformed);
        let url = match url {
            Value::Tag(URI, url) => text(*url)?,
            _ => return Err(InvalidContent::Malformed),
        };
        let file = url.strip_prefix(ADDRESS).ok_or(InvalidContent::Unknown)?;
        let about = text(about)?;
        Ok(Self {
            file: file.parse().map_err(|_| InvalidContent::Malformed)?,
            size: number(&size)?,
            key: FileKey(sized(key)?),
            digest: Digest(sized(digest)?),
            name: Written::file_name(&text(name)?)?,
            media: Written::parse(&text(media)?, MEDIA_LIMIT)?,
            about: if about.is_empty() {
                None
            } else {
                Some(Written::parse(&about, TEXT_LIMIT - NAME_LIMIT - 1)?)
            },
        })
    }
}
