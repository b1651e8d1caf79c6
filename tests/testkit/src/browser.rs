//! A real browser without a window: Chromium, driven by its `DevTools` protocol, with authenticators that are made for the test.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    time::Duration,
};

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, tungstenite::Message};

/// How long anything in the browser may take.
const PATIENCE: Duration = Duration::from_mins(1);
/// How it is started: nothing it does by itself, nothing of whoever runs it.
const SWITCHES: [&str; 10] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    // A page that was left would be kept and say nothing any more, not even that it went.
    "--disable-features=BackForwardCache",
    "--no-first-run",
    "--remote-debugging-port=0",
    "--window-size=1280,800",
];
/// What the browser calls a page that went while something was asked of it.
const WENT: &str = "navigated or closed";
/// Keeps what the page was not allowed to do.
const WATCH: &str = "window.violations = []; document.addEventListener('securitypolicyviolation', \
     (it) => window.violations.push(it.violatedDirective + ' ' + it.blockedURI));";

/// A browser with one page.
#[derive(Debug)]
pub struct Browser {
    process: Child,
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    page: String,
    asked: u64,
    _profile: TempDir,
}

/// What goes wrong with a browser, in words.
pub type Broken = String;

#[expect(clippy::needless_pass_by_value, reason = "it stands where an error is turned into words")]
fn broken(why: impl ToString) -> Broken {
    why.to_string()
}

/// A text in an answer.
fn word(answer: &Value, name: &str) -> Result<String, Broken> {
    let word = answer.get(name).and_then(Value::as_str);
    word.map(str::to_owned).ok_or_else(|| format!("the browser's answer has no {name}: {answer}"))
}

impl Browser {
    /// Starts a browser with an empty page.
    pub async fn start() -> Result<Self, Broken> {
        let profile = tempfile::tempdir().map_err(broken)?;
        let folder = format!("--user-data-dir={}", profile.path().display());
        let mut command = Command::new("chromium");
        command.args(SWITCHES).arg(folder).arg("about:blank");
        let mut process = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(broken)?;
        let said = process.stderr.take().ok_or("it says nothing")?;
        // It says on which address it listens, and goes on saying other things.
        let address = tokio::task::spawn_blocking(move || {
            let mut lines = BufReader::new(said).lines().map_while(Result::ok);
            let address = lines
                .find_map(|line| line.split_once("listening on ").map(|(_, address)| address.to_owned()));
            std::thread::spawn(move || lines.for_each(drop));
            address
        });
        let address = address.await.map_err(broken)?.ok_or("it does not listen")?;
        let (socket, _) = tokio_tungstenite::connect_async(address).await.map_err(broken)?;
        let mut browser = Self { process, socket, page: String::new(), asked: 0, _profile: profile };
        let target = browser.ask("Target.createTarget", json!({"url": "about:blank"})).await?;
        let attached = browser
            .ask("Target.attachToTarget", json!({"targetId": word(&target, "targetId")?, "flatten": true}))
            .await?;
        browser.page = word(&attached, "sessionId")?;
        browser.ask("Page.enable", json!({})).await?;
        browser.ask("Page.addScriptToEvaluateOnNewDocument", json!({"source": WATCH})).await?;
        browser.ask("WebAuthn.enable", json!({})).await?;
        Ok(browser)
    }

    /// Asks the browser for something, and waits for the answer.
    pub async fn ask(&mut self, method: &str, parameters: Value) -> Result<Value, Broken> {
        self.asked += 1;
        let mut asked = json!({"id": self.asked, "method": method, "params": parameters});
        if let (false, Some(asked)) = (self.page.is_empty(), asked.as_object_mut()) {
            asked.insert("sessionId".to_owned(), self.page.as_str().into());
        }
        self.socket.send(Message::text(asked.to_string())).await.map_err(broken)?;
        let answer = async {
            while let Some(message) = self.socket.next().await {
                let message = message.map_err(broken)?;
                let Ok(said) = serde_json::from_slice::<Value>(&message.into_data()) else { continue };
                if said.get("id").and_then(Value::as_u64) == Some(self.asked) {
                    return match said.get("error") {
                        Some(error) => Err(format!("{method}: {error}")),
                        None => Ok(said.get("result").cloned().unwrap_or_default()),
                    };
                }
            }
            Err(format!("{method}: the browser has gone"))
        };
        tokio::time::timeout(PATIENCE, answer).await.map_err(|_| format!("{method} takes too long"))?
    }

    /// Goes to an address.
    pub async fn open(&mut self, address: &str) -> Result<(), Broken> {
        // An address that differs in its end only would be no new page.
        self.ask("Page.navigate", json!({"url": "about:blank"})).await?;
        let went = self.ask("Page.navigate", json!({"url": address})).await?;
        went.get("errorText").map_or(Ok(()), |why| Err(format!("{address}: {why}")))
    }

    /// What an expression is on the page, waiting for it where it is a promise.
    pub async fn is(&mut self, expression: &str) -> Result<Value, Broken> {
        let parameters = json!({
            "expression": expression, "awaitPromise": true, "returnByValue": true, "userGesture": true,
        });
        let is = self.ask("Runtime.evaluate", parameters).await?;
        match is.get("exceptionDetails") {
            Some(why) => Err(format!("{expression}: {why}")),
            None => Ok(is.pointer("/result/value").cloned().unwrap_or_default()),
        }
    }

    /// Waits until an expression is true on the page, and answers what the page says then.
    pub async fn shows(&mut self, expression: &str) -> Result<String, Broken> {
        let wait = format!(
            "new Promise((done) => {{ const look = () => {{ if ({expression}) done(document.body.innerText); }}; \
             new MutationObserver(look).observe(document, {{ subtree: true, childList: true, attributes: true, characterData: true }}); \
             document.addEventListener('DOMContentLoaded', look); if (document.body) look(); }})"
        );
        let shown = async {
            loop {
                match self.is(&wait).await {
                    // The page made way for another while it was watched: that one is watched now.
                    Err(why) if why.contains(WENT) => {}
                    shown => return shown,
                }
            }
        };
        let shown = tokio::time::timeout(PATIENCE, shown).await.map_err(broken).flatten();
        let shown = shown.map_err(|why| format!("{expression} does not come true: {why}"))?;
        Ok(shown.as_str().unwrap_or_default().to_owned())
    }

    /// A new authenticator, whose owner shows that it is them, or does not. Answers how it is called.
    pub async fn authenticator(&mut self, verified: bool) -> Result<String, Broken> {
        let options = json!({
            "protocol": "ctap2", "ctap2Version": "ctap2_1", "transport": "usb", "hasResidentKey": true,
            "hasUserVerification": true, "isUserVerified": verified, "automaticPresenceSimulation": true,
        });
        let made = self.ask("WebAuthn.addVirtualAuthenticator", json!({"options": options})).await?;
        word(&made, "authenticatorId")
    }

    /// Takes an authenticator away.
    pub async fn unplug(&mut self, authenticator: &str) -> Result<(), Broken> {
        let which = json!({"authenticatorId": authenticator});
        self.ask("WebAuthn.removeVirtualAuthenticator", which).await.map(drop)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may have gone by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
