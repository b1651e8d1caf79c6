//! The MLS library, set up our way: what a leaf can do, what is kept, who signs.

use chancery_groups::{POLICY_EXTENSION, suites};
use chancery_transparency::{PublicKey, Sign, Signature};
use chancery_vault::{Identity, MlsStore, Step};
use chancery_wire::names::LeafName;
use ed25519_dalek::SigningKey;
use openmls::{
    credentials::{BasicCredential, CredentialWithKey},
    extensions::ExtensionType,
    group::{MlsGroupJoinConfig, PURE_PLAINTEXT_WIRE_FORMAT_POLICY},
    prelude::{Capabilities, ProtocolVersion, SenderRatchetConfiguration},
};
use openmls_rust_crypto::RustCrypto;
use openmls_traits::{
    OpenMlsProvider,
    signatures::{Signer, SignerError},
    types::SignatureScheme,
};

/// How many past epochs a device can still open: as many as the server accepts messages for.
pub(crate) const PAST_EPOCHS: usize = 1;
/// Messages are padded to a multiple of this many bytes.
const PADDING: usize = 256;
/// How far out of order a sender's messages may arrive.
const OUT_OF_ORDER: u32 = 32;
/// How many of a sender's messages may be missing before a later one.
const FORWARD: u32 = 2000;

/// The library's provider, for the length of one step.
pub(crate) struct Provider<'a> {
    crypto: &'a RustCrypto,
    store: MlsStore<'a>,
}

impl<'a> Provider<'a> {
    pub(crate) fn new(crypto: &'a RustCrypto, step: &'a Step<'a>) -> Self {
        Self { crypto, store: step.mls() }
    }
}

impl<'a> OpenMlsProvider for Provider<'a> {
    type CryptoProvider = RustCrypto;
    type RandProvider = RustCrypto;
    type StorageProvider = MlsStore<'a>;

    fn storage(&self) -> &MlsStore<'a> {
        &self.store
    }
    fn crypto(&self) -> &RustCrypto {
        self.crypto
    }
    fn rand(&self) -> &RustCrypto {
        self.crypto
    }
}

/// Who the device is, with its key at hand.
pub(crate) struct Me {
    pub(crate) identity: Identity,
    key: SigningKey,
}

impl Me {
    pub(crate) fn new(identity: Identity) -> Self {
        let key = SigningKey::from_bytes(&identity.signing.0);
        Self { identity, key }
    }

    /// The name of the device's leaves.
    pub(crate) fn name(&self) -> LeafName {
        LeafName {
            domain: self.identity.domain.clone(),
            account: self.identity.handle.clone(),
            device: self.identity.device,
        }
    }

    /// The device's public key.
    pub(crate) fn key(&self) -> [u8; 32] {
        Sign::public(self).0
    }

    pub(crate) fn credential(&self) -> CredentialWithKey {
        CredentialWithKey {
            credential: BasicCredential::new(self.name().to_string().into_bytes()).into(),
            signature_key: Sign::public(self).0.to_vec().into(),
        }
    }
}

impl Sign for Me {
    fn public(&self) -> PublicKey {
        Sign::public(&self.key)
    }
    fn sign(&self, message: &[u8]) -> Signature {
        Sign::sign(&self.key, message)
    }
}

impl Signer for Me {
    fn sign(&self, payload: &[u8]) -> Result<Vec<u8>, SignerError> {
        Ok(Sign::sign(&self.key, payload).0.to_vec())
    }
    fn signature_scheme(&self) -> SignatureScheme {
        SignatureScheme::ED25519
    }
}

/// What every leaf says it can do: exactly what rooms use.
pub(crate) fn capabilities() -> Capabilities {
    let policy = ExtensionType::Unknown(POLICY_EXTENSION);
    Capabilities::new(
        Some(&[ProtocolVersion::Mls10]),
        Some(&[suites::preferred().code()]),
        Some(&[policy, ExtensionType::LastResort]),
        None,
        None,
    )
}

/// How many of a sender's messages may be missing or out of order.
pub(crate) fn ratchets() -> SenderRatchetConfiguration {
    SenderRatchetConfiguration::new(OUT_OF_ORDER, FORWARD)
}

/// How a device takes part in a room: handshakes public, messages sealed and padded, the tree apart from the welcome.
pub(crate) fn settings() -> MlsGroupJoinConfig {
    MlsGroupJoinConfig::builder()
        .wire_format_policy(PURE_PLAINTEXT_WIRE_FORMAT_POLICY)
        .padding_size(PADDING)
        .max_past_epochs(PAST_EPOCHS)
        .use_ratchet_tree_extension(false)
        .sender_ratchet_configuration(ratchets())
        .build()
}
