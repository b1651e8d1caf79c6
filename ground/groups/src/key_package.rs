//! Key packages: what a device leaves with the server so that others can add it while it is away.

use chancery_wire::{
    ids::Digest,
    time::{DAY, Instant},
};
use openmls::prelude::{KeyPackage, MlsMessageBodyIn, MlsMessageIn, ProtocolVersion};
use openmls_rust_crypto::RustCrypto;
use sha2::{Digest as _, Sha256};
use tls_codec::Deserialize as _;

use crate::{breach::Breach, leaf::Leaf, suites};

/// How long a key package may live, in days. MLS sets no bound and the library checks none.
pub const KEY_PACKAGE_DAYS: i64 = 90;

/// A key package that was checked as far as one can without its device chain.
#[derive(Debug)]
pub struct Offer {
    /// Who it says it is from.
    pub leaf: Leaf,
    /// Whether it may be used more than once, when no other is left.
    pub last_resort: bool,
    /// Until when it may be used.
    pub until: Instant,
    /// The digest of its bytes.
    pub reference: Digest,
    /// The key package itself.
    pub package: KeyPackage,
}

/// Checks a key package: form, suite, signatures, and a lifetime within bounds at `now`.
pub fn check_key_package(bytes: &[u8], now: Instant) -> Result<Offer, Breach> {
    let message = MlsMessageIn::tls_deserialize_exact(bytes).map_err(|_| Breach::Malformed)?;
    let MlsMessageBodyIn::KeyPackage(package) = message.extract() else { return Err(Breach::Malformed) };
    let package =
        package.validate(&RustCrypto::default(), ProtocolVersion::Mls10).map_err(|_| Breach::Invalid)?;
    suites::usable(package.ciphersuite()).ok_or(Breach::Suite)?;
    let life = package.life_time();
    let seconds = |at: u64| i64::try_from(at).unwrap_or(i64::MAX);
    let (from, until) = (seconds(life.not_before()), seconds(life.not_after()));
    let now = now.0 / 1000;
    // An hour of slack on either side: clocks differ.
    if now < from.saturating_sub(3600) || now >= until || until - from > KEY_PACKAGE_DAYS * DAY + 7200 {
        return Err(Breach::Lifetime { days: KEY_PACKAGE_DAYS });
    }
    let leaf = Leaf::of(0, package.leaf_node())?;
    let reference = Digest(Sha256::digest(bytes).into());
    let until = Instant(until.saturating_mul(1000));
    Ok(Offer { leaf, last_resort: package.last_resort(), until, reference, package })
}
