//! Cryptography that lies to the MLS library of an attacker, so that it makes what no honest library makes.
//!
//! Given a tree in which somebody's leaf carries the attacker's key, the library would see that its hash is wrong. Here the
//! forged leaf hashes like the true one, and every signature holds.

use openmls_rust_crypto::{MemoryStorage, RustCrypto};
use openmls_traits::{
    OpenMlsProvider,
    crypto::OpenMlsCrypto,
    types::{
        AeadType, Ciphersuite, CryptoError, ExporterSecret, HashType, HpkeCiphertext, HpkeConfig,
        HpkeKeyPair, KemOutput, SignatureScheme,
    },
};
use tls_codec::SecretVLBytes;

/// How many bytes before a key are taken along to know its place again.
const BEFORE: usize = 64;

#[derive(Default)]
pub(crate) struct Forger {
    crypto: RustCrypto,
    store: MemoryStorage,
    forged: Vec<u8>,
    genuine: Vec<u8>,
}

impl Forger {
    /// Puts `forged` into the leaf that has the key `genuine`; returns the tree as the library is to see it.
    pub(crate) fn over(tree: &[u8], genuine: [u8; 32], forged: [u8; 32]) -> (Self, Vec<u8>) {
        let at = tree.windows(32).position(|window| window == genuine).expect("no such leaf");
        let mut lie = tree.to_vec();
        lie[at..at + 32].copy_from_slice(&forged);
        let place = at - BEFORE..at + 32;
        let (forged, genuine) = (lie[place.clone()].to_vec(), tree[place].to_vec());
        (Self { forged, genuine, ..Self::default() }, lie)
    }
}

impl OpenMlsProvider for Forger {
    type CryptoProvider = Self;
    type RandProvider = RustCrypto;
    type StorageProvider = MemoryStorage;

    fn storage(&self) -> &MemoryStorage {
        &self.store
    }
    fn crypto(&self) -> &Self {
        self
    }
    fn rand(&self) -> &RustCrypto {
        &self.crypto
    }
}

impl OpenMlsCrypto for Forger {
    fn hash(&self, kind: HashType, data: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let mut data = data.to_vec();
        if let Some(at) = data.windows(self.forged.len()).position(|window| window == self.forged) {
            data[at..at + self.genuine.len()].copy_from_slice(&self.genuine);
        }
        self.crypto.hash(kind, &data)
    }
    fn verify_signature(&self, _: SignatureScheme, _: &[u8], _: &[u8], _: &[u8]) -> Result<(), CryptoError> {
        Ok(())
    }

    // Everything else is true.
    fn supports(&self, suite: Ciphersuite) -> Result<(), CryptoError> {
        self.crypto.supports(suite)
    }
    fn supported_ciphersuites(&self) -> Vec<Ciphersuite> {
        self.crypto.supported_ciphersuites()
    }
    fn hkdf_extract(&self, kind: HashType, salt: &[u8], ikm: &[u8]) -> Result<SecretVLBytes, CryptoError> {
        self.crypto.hkdf_extract(kind, salt, ikm)
    }
    fn hmac(&self, kind: HashType, key: &[u8], message: &[u8]) -> Result<SecretVLBytes, CryptoError> {
        self.crypto.hmac(kind, key, message)
    }
    fn hkdf_expand(
        &self,
        kind: HashType,
        prk: &[u8],
        info: &[u8],
        len: usize,
    ) -> Result<SecretVLBytes, CryptoError> {
        self.crypto.hkdf_expand(kind, prk, info, len)
    }
    fn aead_encrypt(
        &self,
        kind: AeadType,
        key: &[u8],
        data: &[u8],
        nonce: &[u8],
        aad: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        self.crypto.aead_encrypt(kind, key, data, nonce, aad)
    }
    fn aead_decrypt(
        &self,
        kind: AeadType,
        key: &[u8],
        data: &[u8],
        nonce: &[u8],
        aad: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        self.crypto.aead_decrypt(kind, key, data, nonce, aad)
    }
    fn signature_key_gen(&self, scheme: SignatureScheme) -> Result<(Vec<u8>, Vec<u8>), CryptoError> {
        self.crypto.signature_key_gen(scheme)
    }
    fn sign(&self, scheme: SignatureScheme, data: &[u8], key: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.crypto.sign(scheme, data, key)
    }
    fn hpke_seal(
        &self,
        config: HpkeConfig,
        to: &[u8],
        info: &[u8],
        aad: &[u8],
        text: &[u8],
    ) -> Result<HpkeCiphertext, CryptoError> {
        self.crypto.hpke_seal(config, to, info, aad, text)
    }
    fn hpke_open(
        &self,
        config: HpkeConfig,
        sealed: &HpkeCiphertext,
        key: &[u8],
        info: &[u8],
        aad: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        self.crypto.hpke_open(config, sealed, key, info, aad)
    }
    fn hpke_setup_sender_and_export(
        &self,
        config: HpkeConfig,
        to: &[u8],
        info: &[u8],
        context: &[u8],
        len: usize,
    ) -> Result<(KemOutput, ExporterSecret), CryptoError> {
        self.crypto.hpke_setup_sender_and_export(config, to, info, context, len)
    }
    fn hpke_setup_receiver_and_export(
        &self,
        config: HpkeConfig,
        enc: &[u8],
        key: &[u8],
        info: &[u8],
        context: &[u8],
        len: usize,
    ) -> Result<ExporterSecret, CryptoError> {
        self.crypto.hpke_setup_receiver_and_export(config, enc, key, info, context, len)
    }
    fn derive_hpke_keypair(&self, config: HpkeConfig, ikm: &[u8]) -> Result<HpkeKeyPair, CryptoError> {
        self.crypto.derive_hpke_keypair(config, ikm)
    }
}
