//! What a server reads again while it runs, besides its certificate (`tls.rs`): what is known of authenticators.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::Arc;

use chanceryd::{MachineClock, MachineEntropy, Server, config::Config};

#[tokio::test]
async fn what_is_known_of_authenticators_is_read_again_and_what_cannot_be_read_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (roots, path) = (folder.path().join("roots.pem"), folder.path().join("chancery.toml"));
    let made = rcgen::generate_simple_self_signed(["maker.example".to_owned()]).unwrap();
    std::fs::write(&roots, made.cert.pem()).unwrap();
    std::fs::write(
        &path,
        "domain = \"bank.example\"\n[public]\nlisten = \"127.0.0.1:0\"\n[health]\nlisten = \"127.0.0.1:0\"\n\
         [store]\nsqlite = \"chancery.db\"\n\
         [passkeys]\nmodels = [\"cb69481e-8ff7-4039-93ec-0a2729a154a8\"]\nroots = \"roots.pem\"\n",
    )
    .unwrap();
    let config = Config::load(&path).unwrap();
    let server = Server::start(&config, Arc::new(MachineClock), Arc::new(MachineEntropy)).await.unwrap();
    let renewal = server.renewal(&config);
    renewal.models().await.unwrap();
    std::fs::write(&roots, "no certificates").unwrap();
    let why = renewal.models().await.unwrap_err().to_string();
    assert!(why.contains("the root certificates cannot be read"), "{why}");
    std::fs::remove_file(&roots).unwrap();
    let why = renewal.models().await.unwrap_err().to_string();
    assert!(why.contains("roots.pem"), "{why}");
    std::fs::write(&roots, made.cert.pem()).unwrap();
    renewal.models().await.unwrap();
}
