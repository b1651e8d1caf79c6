//! TLS: 1.3 only, X25519 with ML-KEM-768 preferred; certificates as the system, or a file that is named, says.

use std::{path::Path, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, pem::PemObject as _},
};
use rustls_platform_verifier::{BuilderVerifierExt as _, Verifier};

use crate::{error::SdkError, profile::file};

/// The configuration for an identity provider, which others run: TLS 1.2 will do, and the system's certificates always count.
pub(super) fn for_providers(authority: Option<&Path>) -> Result<ClientConfig, SdkError> {
    let unusable = |error: &dyn std::fmt::Display| SdkError::Provider(error.to_string());
    let provider = Arc::new(aws_lc_rs::default_provider());
    let more = authority.map_or_else(|| Ok(vec![]), certificates)?;
    let verifier = Verifier::new_with_extra_roots(more, Arc::clone(&provider));
    let verifier = verifier.map_err(|error| unusable(&error))?;
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(&error))?;
    // What the name warns of is to check nothing; this is what the system checks.
    Ok(builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth())
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, SdkError> {
    let read = CertificateDer::pem_file_iter(path).map_err(|error| file(path, &error))?;
    read.map(|certificate| certificate.map_err(|error| file(path, &error))).collect()
}

/// The configuration for every connection to the server.
pub(super) fn config(authority: Option<&Path>) -> Result<Arc<ClientConfig>, SdkError> {
    let unusable = |error: &dyn std::fmt::Display| SdkError::Unreachable(error.to_string());
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(|error| unusable(&error))?;
    let config = match authority {
        None => builder.with_platform_verifier().map_err(|error| unusable(&error))?.with_no_client_auth(),
        Some(path) => {
            let mut roots = RootCertStore::empty();
            for certificate in certificates(path)? {
                roots.add(certificate).map_err(|error| file(path, &error))?;
            }
            builder.with_root_certificates(roots).with_no_client_auth()
        }
    };
    Ok(Arc::new(config))
}
