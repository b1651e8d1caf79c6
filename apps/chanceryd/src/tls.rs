//! TLS: version 1.3 only, post-quantum key exchange first, certificates read from PEM files and again when asked.
//!
//! Nothing is negotiated away: a client that knows neither TLS 1.3 nor one of its key exchanges is refused.

use std::{
    fmt,
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
};

use rustls::{
    ServerConfig,
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
    version::TLS13,
};

use crate::config::TlsFiles;

/// What a file with a key holds.
const KEY: &str = "a private key";

/// Why the PEM files cannot be used. What lies in them is never repeated.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read, or holds no PEM of the expected kind.
    #[error("{file} is no PEM file with {expected}: {why}")]
    Pem {
        /// The file.
        file: PathBuf,
        /// What should be in it.
        expected: &'static str,
        /// What the reader says.
        why: rustls::pki_types::pem::Error,
    },
    /// Certificate and key do not belong together, or are of a kind that is not supported.
    #[error("{} and {} cannot be used together: {why}", files.certificate.display(), files.key.display())]
    Pair {
        /// The files.
        files: TlsFiles,
        /// What the library says.
        why: rustls::Error,
    },
    /// The cryptography library cannot do TLS 1.3.
    #[error("TLS cannot be set up: {0}")]
    Setup(rustls::Error),
}

impl TlsError {
    /// The key of the configuration that names the file at fault.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match self {
            Self::Pem { expected: KEY, .. } => "key",
            _ => "certificate",
        }
    }
}

/// A server's TLS: what connections are accepted with, and its certificate.
#[derive(Clone, Debug)]
pub struct Tls {
    config: Arc<ServerConfig>,
    certificates: Arc<Certificates>,
}

impl Tls {
    /// Reads the PEM files and sets TLS up.
    pub fn load(files: TlsFiles) -> Result<Self, TlsError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let current = RwLock::new(read(&files, &provider)?);
        let certificates = Arc::new(Certificates { files, provider: Arc::clone(&provider), current });
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13])
            .map_err(TlsError::Setup)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::<Certificates>::clone(&certificates));
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self { config: Arc::new(config), certificates })
    }

    /// What connections are accepted with.
    pub(crate) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config)
    }

    /// Reads the PEM files again. When they cannot be used, the certificate stays as it was.
    pub fn reload(&self) -> Result<(), TlsError> {
        let fresh = read(&self.certificates.files, &self.certificates.provider)?;
        *self.certificates.current.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }
}

/// The certificate in use. Connections that stand keep the one they were made with.
struct Certificates {
    files: TlsFiles,
    provider: Arc<CryptoProvider>,
    current: RwLock<Arc<CertifiedKey>>,
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificates({})", self.files.certificate.display())
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

/// Reads a certificate chain and its key, and makes sure that they belong together.
fn read(files: &TlsFiles, provider: &CryptoProvider) -> Result<Arc<CertifiedKey>, TlsError> {
    let TlsFiles { certificate, key } = files;
    let no_chain = |why| TlsError::Pem { file: certificate.clone(), expected: "a certificate", why };
    let chain: Vec<_> =
        CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect).map_err(no_chain)?;
    let no_key = |why| TlsError::Pem { file: key.clone(), expected: KEY, why };
    let key = PrivateKeyDer::from_pem_file(key).map_err(no_key)?;
    let pair = CertifiedKey::from_der(chain, key, provider);
    pair.map(Arc::new).map_err(|why| TlsError::Pair { files: files.clone(), why })
}
