//! TLS over real sockets: what is negotiated, what is refused, and a certificate that is renewed while the server runs.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{path::Path, sync::Arc};

use chanceryd::{MachineClock, MachineEntropy, Server, config::Config};
use rustls::{
    ClientConfig, NamedGroup, ProtocolVersion, RootCertStore, SupportedProtocolVersion,
    crypto::{SupportedKxGroup, aws_lc_rs},
    pki_types::{CertificateDer, ServerName},
    version::{TLS12, TLS13},
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::oneshot,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

/// A folder with a certificate for `localhost`, its key, and a configuration that uses them.
fn folder() -> (TempDir, Config, CertificateDer<'static>) {
    let folder = TempDir::new().unwrap();
    let certificate = certify(folder.path());
    let path = folder.path().join("chancery.toml");
    std::fs::write(
        &path,
        "domain = \"bank.example\"\n[public]\nlisten = \"127.0.0.1:0\"\n[health]\nlisten = \"127.0.0.1:0\"\n\
         [tls]\ncertificate = \"chain.pem\"\nkey = \"key.pem\"\n[store]\nsqlite = \"chancery.db\"\n",
    )
    .unwrap();
    (folder, Config::load(&path).unwrap(), certificate)
}

/// Writes a fresh certificate and key.
fn certify(folder: &Path) -> CertificateDer<'static> {
    let fresh = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(folder.join("chain.pem"), fresh.cert.pem()).unwrap();
    std::fs::write(folder.join("key.pem"), fresh.signing_key.serialize_pem()).unwrap();
    fresh.cert.der().clone()
}

async fn start(config: &Config) -> Server {
    Server::start(config, Arc::new(MachineClock), Arc::new(MachineEntropy)).await.unwrap()
}

/// Connects as a client that trusts `certificate` and knows only these versions.
async fn connect(
    server: std::net::SocketAddr,
    certificate: &CertificateDer<'static>,
    versions: &[&'static SupportedProtocolVersion],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let client = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let socket = TcpStream::connect(server).await?;
    TlsConnector::from(Arc::new(client)).connect(ServerName::try_from("localhost").unwrap(), socket).await
}

#[tokio::test]
async fn a_client_gets_tls_1_3_with_post_quantum_key_exchange_and_nothing_older() {
    let (_folder, config, certificate) = folder();
    let server = start(&config).await;
    let (address, founding) = (server.public_address(), server.founding_link().await.unwrap().unwrap());
    assert!(founding.starts_with(&format!("https://{address}/#found=")), "{founding}");
    let (stop, stopped) = oneshot::channel::<()>();
    let client = async {
        let mut stream = connect(address, &certificate, &[&TLS13, &TLS12]).await.unwrap();
        let (_, session) = stream.get_ref();
        assert_eq!(session.protocol_version(), Some(ProtocolVersion::TLSv1_3));
        let group = session.negotiated_key_exchange_group().map(SupportedKxGroup::name);
        assert_eq!(group, Some(NamedGroup::X25519MLKEM768));

        stream
            .write_all(b"GET /v1/organisation HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
            .await
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("bank.example"), "{answer}");

        let why = connect(address, &certificate, &[&TLS12]).await.unwrap_err();
        assert!(why.to_string().contains("ProtocolVersion"), "{why}");
        stop.send(()).unwrap();
    };
    let stopped = async { stopped.await.unwrap_or_default() };
    let (outcome, ()) = tokio::join!(server.run(stopped), client);
    outcome.unwrap();
}

#[tokio::test]
async fn a_renewed_certificate_is_used_from_the_next_connection_on_and_a_broken_one_never() {
    let (folder, config, old) = folder();
    let server = start(&config).await;
    let (address, renewal) = (server.public_address(), server.renewal(&config));
    let (stop, stopped) = oneshot::channel::<()>();
    let client = async {
        connect(address, &old, &[&TLS13]).await.unwrap();
        let new = certify(folder.path());
        renewal.certificate().unwrap();
        connect(address, &new, &[&TLS13]).await.unwrap();
        assert!(connect(address, &old, &[&TLS13]).await.is_err());

        std::fs::write(folder.path().join("key.pem"), "no key").unwrap();
        let why = renewal.certificate().unwrap_err().to_string();
        assert!(why.contains("key.pem is no PEM file with a private key"), "{why}");
        connect(address, &new, &[&TLS13]).await.unwrap();
        stop.send(()).unwrap();
    };
    let stopped = async { stopped.await.unwrap_or_default() };
    let (outcome, ()) = tokio::join!(server.run(stopped), client);
    outcome.unwrap();
}

#[test]
fn a_key_of_another_certificate_is_refused() {
    let (folder, config, _) = folder();
    let chain = std::fs::read(folder.path().join("chain.pem")).unwrap();
    certify(folder.path());
    std::fs::write(folder.path().join("chain.pem"), chain).unwrap();
    let why = chanceryd::Tls::load(config.tls.unwrap()).unwrap_err().to_string();
    assert!(why.contains("cannot be used together"), "{why}");
}
