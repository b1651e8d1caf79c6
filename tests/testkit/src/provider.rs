//! An identity provider that others have written: `oidc-provider`, which the test runner has installed.

use std::{
    io::{BufRead as _, BufReader},
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use serde_json::json;

use crate::browser::Browser;

/// Names the folder in which it is.
const FOLDER: &str = "CHANCERY_TEST_NODE";
/// How often it is started at another port, when one was taken meanwhile.
const TRIES: u32 = 4;

/// A running provider, with keys that are made when it starts.
#[derive(Debug)]
pub struct IdentityProvider {
    process: Child,
    /// Who it is: its address.
    pub issuer: String,
    port: u16,
}

impl IdentityProvider {
    /// Starts one that signs with this algorithm, and takes only what was pushed to it before (RFC 9126) where that is said.
    pub async fn start(alg: &str, pushed: bool) -> Result<Self, String> {
        let mut tries = 0;
        loop {
            let free = TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr());
            let port = free.map_err(|error| error.to_string())?.port();
            // It has to know its port before it listens, and another test may take that meanwhile.
            match Self::start_at(port, alg, pushed).await {
                Err(_) if tries < TRIES => tries += 1,
                started => return started,
            }
        }
    }

    /// Stops this one, and starts another at the same address: with other keys, and nobody signed in.
    pub async fn changes_keys(self, alg: &str) -> Result<Self, String> {
        let port = self.port;
        drop(self);
        Self::start_at(port, alg, false).await
    }

    async fn start_at(port: u16, alg: &str, pushed: bool) -> Result<Self, String> {
        #[expect(clippy::disallowed_methods, reason = "only the test runner knows where it is")]
        let folder = std::env::var_os(FOLDER).map(PathBuf::from);
        let folder = folder.ok_or_else(|| format!("{FOLDER} is not set: run `cargo xtask test`"))?;
        let options = json!({"port": port, "alg": alg, "pushed": pushed}).to_string();
        let mut process = Command::new("node")
            .arg("provider.mjs")
            .arg(options)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("node: {error}"))?;
        let said = process.stdout.take().ok_or("it says nothing")?;
        let first = tokio::task::spawn_blocking(move || {
            let mut lines = BufReader::new(said).lines();
            let first = lines.next();
            // It goes on saying things, and ends when nobody listens.
            std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
            first
        });
        let first = first.await;
        let issuer = format!("http://127.0.0.1:{port}");
        match first {
            Ok(Some(Ok(line))) if line == format!("listening on {issuer}") => {
                Ok(Self { process, issuer, port })
            }
            other => Err(format!("the provider does not start: {other:?}")),
        }
    }
}

impl Drop for IdentityProvider {
    fn drop(&mut self) {
        // It may have gone by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Signs somebody in at the provider's pages, and says yes to what is asked; comes back when the browser was sent back.
pub async fn signs_in(browser: &mut Browser, page: &str, who: &str) -> Result<String, String> {
    browser.open(page).await?;
    browser.shows("document.querySelector('[name=login]')").await?;
    let fills = format!(
        "document.querySelector('[name=login]').value = '{who}'; \
         document.querySelector('[name=password]').value = 'x'; document.forms[0].submit()"
    );
    browser.is(&fills).await?;
    browser.shows("document.querySelector('[name=prompt][value=consent]')").await?;
    browser.is("document.forms[0].submit()").await?;
    browser.shows("/go back to where you came from|error/.test(document.body.innerText)").await
}
