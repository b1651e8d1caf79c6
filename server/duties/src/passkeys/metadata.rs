//! What FIDO's metadata service says of models of authenticators (MDS3): who vouches for them, which level FIDO has given them, and which are not
//! safe any more.
//!
//! The file is put beside the configuration by whoever runs the server, so nothing is fetched. It is signed; the chain of its certificate is
//! followed to the root that the service names, or to another one that the configuration does. It is read by the standard's own words
//! (FIDO Metadata Service 3.0, sections 3.1 and 3.2).

use std::{collections::BTreeMap, time::Duration};

use chancery_wire::time::Instant;
use data_encoding::{BASE64, BASE64URL_NOPAD};
use rustls_pki_types::{CertificateDer, ServerName, TrustAnchor, UnixTime, pem::PemObject as _};
use serde::Deserialize;
use uuid::Uuid;
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert, aws_lc_rs::RSA_PKCS1_2048_8192_SHA256};

use crate::counter::read_rfc3339;

/// For whom the signing certificate is made out.
const SIGNER: &str = "mds.fidoalliance.org";
/// How the root that the service names is called.
const ROOT: &[u8] = b"GlobalSign Root CA - R3";
/// What is said of a model that is not to be relied on any more, whatever was said later.
const FLAGS: [&str; 5] = [
    "REVOKED",
    "USER_VERIFICATION_BYPASS",
    "ATTESTATION_KEY_COMPROMISE",
    "USER_KEY_REMOTE_COMPROMISE",
    "USER_KEY_PHYSICAL_COMPROMISE",
];

/// Which level FIDO has given to a model, from the least on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Level 1.
    L1,
    /// Level 1+.
    L1Plus,
    /// Level 2.
    L2,
    /// Level 2+.
    L2Plus,
    /// Level 3.
    L3,
    /// Level 3+.
    L3Plus,
}

impl Level {
    const ALL: [(Self, &'static str); 6] = [
        (Self::L1, "L1"),
        (Self::L1Plus, "L1plus"),
        (Self::L2, "L2"),
        (Self::L2Plus, "L2plus"),
        (Self::L3, "L3"),
        (Self::L3Plus, "L3plus"),
    ];

    /// Reads a level, such as `L2`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, name)| *name == text).map(|(level, _)| *level)
    }

    /// How it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(level, _)| *level == self).map_or("", |(_, name)| name)
    }

    fn of_status(status: &str) -> Option<Self> {
        match status.strip_prefix("FIDO_CERTIFIED")? {
            "" => Some(Self::L1),
            rest => Self::parse(rest.strip_prefix('_')?),
        }
    }
}

/// The metadata as it is configured: the file, and whose root vouches for it where that is another one than the service's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetadataFile {
    /// The file, a signed token.
    pub blob: String,
    /// A root certificate, as PEM.
    pub root: Option<String>,
}

/// Metadata that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMetadata {
    /// Not the form that it has.
    #[error("it is not the file that the metadata service hands out")]
    Form,
    /// The root certificate cannot be read.
    #[error("its root certificate cannot be read: PEM is expected")]
    Root,
    /// The signature does not hold, or nobody vouches for who made it.
    #[error("it is not signed by the metadata service: {0}")]
    Signature(&'static str),
    /// A newer one was used before.
    #[error(
        "it is number {given}, and number {known} was used before: what has become known since would be forgotten"
    )]
    Older {
        /// Which one it is.
        given: u64,
        /// Which one was used.
        known: u64,
    },
}

/// What is known of models.
#[derive(Clone, Debug)]
pub(crate) struct Metadata {
    /// Which edition it is.
    pub(super) number: u64,
    /// When there was to be another one.
    pub(super) next: Option<Instant>,
    pub(super) models: BTreeMap<Uuid, Model>,
}

/// What is known of a model.
#[derive(Clone, Debug)]
pub(super) struct Model {
    /// The certificates that vouch for it.
    pub roots: Vec<Vec<u8>>,
    /// Which level it has, if it has one.
    pub level: Option<Level>,
    /// Whether it is not to be relied on any more.
    pub flagged: bool,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    x5c: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    no: u64,
    next_update: String,
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    aaguid: Option<Uuid>,
    metadata_statement: Option<Statement>,
    #[serde(default)]
    status_reports: Vec<Report>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Statement {
    #[serde(default)]
    attestation_root_certificates: Vec<String>,
}

#[derive(Deserialize)]
struct Report {
    status: String,
}

impl Metadata {
    /// Reads and checks the file.
    pub(super) fn read(file: &MetadataFile, now: Instant) -> Result<Self, InvalidMetadata> {
        let blob = file.blob.trim();
        let (signed, signature) = blob.rsplit_once('.').ok_or(InvalidMetadata::Form)?;
        let (header, payload) = signed.split_once('.').ok_or(InvalidMetadata::Form)?;
        let decode = |text: &str| BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| InvalidMetadata::Form);
        let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| InvalidMetadata::Form)?;
        let said: Payload = serde_json::from_slice(&decode(payload)?).map_err(|_| InvalidMetadata::Form)?;
        let next = read_rfc3339(&format!("{}T00:00:00Z", said.next_update));
        // It was signed before there was to be another one: a certificate that has run out since does not undo it.
        let at = next.map_or(now, |next| next.min(now));
        check((signed, &decode(signature)?), &header, file.root.as_deref(), at)?;
        let mut models = BTreeMap::new();
        for entry in said.entries {
            // Authenticators of U2F have no such id, and make no passkeys.
            let (Some(model), Some(statement)) = (entry.aaguid, entry.metadata_statement) else { continue };
            let bytes = |text: &String| {
                let text: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
                BASE64.decode(&text).ok()
            };
            let roots = statement.attestation_root_certificates.iter().filter_map(bytes).collect();
            let reports = || entry.status_reports.iter().map(|it| it.status.as_str());
            let level = reports().filter_map(Level::of_status).max();
            let flagged = reports().any(|status| FLAGS.contains(&status));
            models.insert(model, Model { roots, level, flagged });
        }
        Ok(Self { number: said.no, next, models })
    }
}

/// Whether the service has signed it.
fn check(
    (signed, signature): (&str, &[u8]),
    header: &Header,
    root: Option<&str>,
    at: Instant,
) -> Result<(), InvalidMetadata> {
    let wrong = InvalidMetadata::Signature;
    if header.alg != "RS256" {
        return Err(wrong("it is signed in another way than by RSA with SHA-256"));
    }
    let chain: Option<Vec<CertificateDer<'_>>> =
        header.x5c.iter().map(|it| BASE64.decode(it.as_bytes()).ok().map(CertificateDer::from)).collect();
    let chain = chain.ok_or(InvalidMetadata::Form)?;
    let (leaf, between) = chain.split_first().ok_or(wrong("it names no certificate"))?;
    let own = root.map(|pem| CertificateDer::from_pem_slice(pem.as_bytes())).transpose();
    let own = own.map_err(|_| InvalidMetadata::Root)?;
    let anchors: Vec<TrustAnchor<'_>> = if let Some(root) = &own {
        vec![anchor_from_trusted_cert(root).map_err(|_| InvalidMetadata::Root)?]
    } else {
        let is_named = |it: &&TrustAnchor<'_>| it.subject.windows(ROOT.len()).any(|part| part == ROOT);
        webpki_roots::TLS_SERVER_ROOTS.iter().filter(is_named).cloned().collect()
    };
    let leaf = EndEntityCert::try_from(leaf).map_err(|_| wrong("its certificate cannot be read"))?;
    let seconds = u64::try_from(at.0 / 1000).unwrap_or_default();
    let time = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    leaf.verify_for_usage(
        webpki::ALL_VERIFICATION_ALGS,
        &anchors,
        between,
        time,
        KeyUsage::server_auth(),
        None,
        None,
    )
    .map_err(|_| wrong("its certificate does not lead to the service's root"))?;
    // Below a root of many, it has to be the service's; one that was named vouches for nothing else.
    if own.is_none() {
        let name = ServerName::try_from(SIGNER).map_err(|_| wrong("its name cannot be read"))?;
        leaf.verify_is_valid_for_subject_name(&name)
            .map_err(|_| wrong("its certificate is somebody else's"))?;
    }
    leaf.verify_signature(RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), signature)
        .map_err(|_| wrong("the signature does not hold"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_in_order_and_read_as_they_are_written() {
        let all: Vec<Level> = Level::ALL.iter().map(|(level, _)| *level).collect();
        assert!(all.is_sorted());
        assert!(all.iter().all(|it| Level::parse(it.as_str()) == Some(*it)));
        assert_eq!(Level::of_status("FIDO_CERTIFIED"), Some(Level::L1));
        assert_eq!(Level::of_status("FIDO_CERTIFIED_L2plus"), Some(Level::L2Plus));
        for none in ["NOT_FIDO_CERTIFIED", "FIDO_CERTIFIED_L9", "REVOKED"] {
            assert_eq!(Level::of_status(none), None, "{none}");
        }
    }

    #[test]
    fn the_root_that_the_service_names_is_known() {
        let named = webpki_roots::TLS_SERVER_ROOTS.iter();
        let named = named.filter(|it| it.subject.windows(ROOT.len()).any(|part| part == ROOT));
        assert_eq!(named.count(), 1);
    }
}
