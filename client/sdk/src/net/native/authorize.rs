//! Signing in at an identity provider: `OpenID` Connect Core with the authorization code flow, PKCE (RFC 7636) and a redirect to this very
//! machine (RFC 8252). What the provider says is checked by the engine; here it is asked, and what comes back is from it.

use std::{future::Future, path::Path, time::Duration};

use chancery_engine::EngineError;
use chancery_transparency::{InvalidProvider, Provider};
use data_encoding::BASE64URL_NOPAD;
use reqwest::{Client, Response};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::timeout,
};
use url::{Url, form_urlencoded};

use super::tls;
use crate::{
    clock::draw,
    error::SdkError,
    net::http::{is_here, unreachable},
};

/// The largest answer of a provider, in bytes.
const ANSWER_LIMIT: usize = 1 << 20;
/// How long a person has at the provider.
const PATIENCE: Duration = Duration::from_mins(10);
/// How long a browser has to say what it wants.
const BROWSER_PATIENCE: Duration = Duration::from_secs(10);
/// How old a sign-in at the provider may be, in seconds, before it is asked for anew.
const MAX_AGE: &str = "300";
/// Where the browser comes back to, on this machine.
const BACK: &str = "/signed-in";
/// How many connections of browsers are answered at once.
const BROWSERS: usize = 64;
/// What the browser shows then.
const DONE: &str = "<!doctype html><html lang=en><meta charset=utf-8><title>Chancery</title>\
    <p>You can close this page and go back to where you came from.</p></html>";
/// What it shows when the provider has said no.
const REFUSED: &str = "<!doctype html><html lang=en><meta charset=utf-8><title>Chancery</title>\
    <p>You were not signed in. Go back to where you came from: it says why.</p></html>";

/// What a provider says of itself (`OpenID` Connect Discovery, RFC 8414).
#[derive(Debug, Deserialize)]
struct Metadata {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    pushed_authorization_request_endpoint: Option<String>,
    #[serde(default)]
    claims_parameter_supported: bool,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

/// A way to an identity provider.
#[derive(Debug)]
pub(crate) struct Authorize {
    client: Client,
    metadata: Metadata,
}

/// What is asked of a provider about a person.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question<'a> {
    /// As whom this program asks.
    pub client: &'a str,
    /// Which claim is needed.
    pub claim: &'a str,
    /// What the provider is to sign with it.
    pub nonce: &'a str,
    /// How the person is to sign in there; nothing where any way will do.
    pub acr: &'a [String],
}

#[derive(Deserialize)]
struct Tokens {
    id_token: String,
}

#[derive(Deserialize)]
struct Pushed {
    request_uri: String,
}

impl Authorize {
    /// Asks a provider where it does what.
    pub(crate) async fn discover(issuer: &str, authority: Option<&Path>) -> Result<Self, SdkError> {
        // Before anything is asked: what comes over plain HTTP is anybody's.
        if !Provider::is_issuer(issuer) {
            return Err(EngineError::from(InvalidProvider::Issuer).into());
        }
        let here = issuer.starts_with("http://");
        let client = Client::builder()
            .tls_backend_preconfigured(tls::for_providers(authority)?)
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(10))
            .timeout(Duration::from_secs(30));
        // What is on this machine is asked on this machine.
        let client = if here { client.no_proxy() } else { client };
        let client = client.build().map_err(|error| away(&error))?;
        let address = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let metadata: Metadata = answer(get(&client, &address).await?).await?;
        if metadata.issuer != issuer {
            return Err(SdkError::Provider(format!(
                "it calls itself {}: use exactly that address, if it is the one you mean",
                plain(&metadata.issuer)
            )));
        }
        let more = metadata.pushed_authorization_request_endpoint.as_ref();
        let addresses = [&metadata.authorization_endpoint, &metadata.token_endpoint, &metadata.jwks_uri];
        let safe = |it: &String| it.starts_with("https://") || here && is_here(it);
        if !addresses.into_iter().chain(more).all(safe) {
            return Err(SdkError::Provider("a part of it is reached without encryption".to_owned()));
        }
        Ok(Self { client, metadata })
    }

    /// The keys that the provider signs with, as its key set.
    pub(crate) async fn keys(&self) -> Result<String, SdkError> {
        let keys = get(&self.client, &self.metadata.jwks_uri).await?;
        String::from_utf8(limited(keys).await?).map_err(|_| cannot_be_read())
    }

    /// Has a person sign in: `go` takes them to the provider's page, and the browser brings the answer back to this machine; or the person
    /// brings the address at which the browser ended, where that runs elsewhere. Answers with the ID token.
    pub(crate) async fn sign_in(
        &self,
        question: Question<'_>,
        go: &mut dyn FnMut(&str),
        brought: impl Future<Output = String>,
    ) -> Result<String, SdkError> {
        let here = TcpListener::bind(("127.0.0.1", 0)).await;
        let here = here.map_err(|error| SdkError::Provider(error.to_string()))?;
        let port = here.local_addr().map_err(|error| SdkError::Provider(error.to_string()))?.port();
        let back = format!("http://127.0.0.1:{port}{BACK}");
        let (state, verifier): ([u8; 32], [u8; 32]) = (draw(), draw());
        let (state, verifier) = (BASE64URL_NOPAD.encode(&state), BASE64URL_NOPAD.encode(&verifier));
        go(&self.page(question, &back, (&state, &verifier)).await?);
        let came = async {
            tokio::select! {
                came = redirected(&here, &state) => Ok(came),
                brought = brought => is_from(&brought, &back).map(|()| brought),
            }
        };
        let came = timeout(PATIENCE, came).await;
        let came = came.map_err(|_| SdkError::Provider("nobody signed in there in time".to_owned()))??;
        let code = self.code(&came, &state)?;
        let form = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", &back),
            ("client_id", question.client),
            ("code_verifier", &verifier),
        ];
        let tokens: Tokens = answer(self.post(&self.metadata.token_endpoint, &encoded(&form)).await?).await?;
        Ok(tokens.id_token)
    }

    /// The address of the page on which the person signs in. Where the provider takes it, what is asked is pushed to it first
    /// (RFC 9126), so that nobody on the way changes it.
    async fn page(
        &self,
        question: Question<'_>,
        back: &str,
        (state, verifier): (&str, &str),
    ) -> Result<String, SdkError> {
        let challenge = BASE64URL_NOPAD.encode(&Sha256::digest(verifier));
        let scope = match question.claim {
            "sub" => "openid",
            "email" => "openid email",
            _ => "openid profile",
        };
        let acr = question.acr.join(" ");
        // Many put what belongs to a scope into the token by themselves; the standard has it asked for (OpenID Connect Core, 5.5).
        let claims = json!({"id_token": {question.claim: {"essential": true}}}).to_string();
        let mut form = vec![
            ("response_type", "code"),
            ("client_id", question.client),
            ("redirect_uri", back),
            ("scope", scope),
            ("state", state),
            ("nonce", question.nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("max_age", MAX_AGE),
        ];
        if self.metadata.claims_parameter_supported {
            form.push(("claims", &claims));
        }
        if !acr.is_empty() {
            form.push(("acr_values", &acr));
        }
        let mut page = Url::parse(&self.metadata.authorization_endpoint).map_err(|_| cannot_be_read())?;
        if let Some(pushing) = &self.metadata.pushed_authorization_request_endpoint {
            let pushed: Pushed = answer(self.post(pushing, &encoded(&form)).await?).await?;
            let short = [("client_id", question.client), ("request_uri", &pushed.request_uri)];
            page.query_pairs_mut().extend_pairs(short);
        } else {
            page.query_pairs_mut().extend_pairs(form);
        }
        Ok(page.into())
    }

    /// The code in the address at which the browser ended: the answer to this question, and from this provider (RFC 9207).
    fn code(&self, came: &str, state: &str) -> Result<String, SdkError> {
        let part = |name: &str| part(came, name);
        if part("state").as_deref() != Some(state) {
            return Err(SdkError::Provider("the answer is to another question; begin again".to_owned()));
        }
        let from = part("iss");
        let named = from.is_some() || self.metadata.authorization_response_iss_parameter_supported;
        if named && from.as_ref() != Some(&self.metadata.issuer) {
            return Err(SdkError::Provider("the answer is another provider's; begin again".to_owned()));
        }
        if let Some(error) = part("error") {
            let why = part("error_description").map(|why| format!(" ({})", plain(&why)));
            return Err(SdkError::Provider(format!("it says {}{}", plain(&error), why.unwrap_or_default())));
        }
        part("code").ok_or_else(cannot_be_read)
    }

    async fn post(&self, address: &str, form: &str) -> Result<Response, SdkError> {
        let request = self.client.post(address).header("content-type", "application/x-www-form-urlencoded");
        let request = request.header("accept", "application/json").body(form.to_owned());
        request.send().await.map_err(|error| away(&error))
    }
}

fn encoded(form: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish()
}

async fn get(client: &Client, address: &str) -> Result<Response, SdkError> {
    client.get(address).header("accept", "application/json").send().await.map_err(|error| away(&error))
}

async fn limited(mut response: Response) -> Result<Vec<u8>, SdkError> {
    let (status, mut bytes) = (response.status(), Vec::new());
    while let Some(chunk) = response.chunk().await.map_err(|error| away(&error))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > ANSWER_LIMIT {
            return Err(cannot_be_read());
        }
    }
    if status.is_success() {
        return Ok(bytes);
    }
    // RFC 6749, 5.2.
    let said: serde_json::Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let part = |name: &str| said.get(name).and_then(serde_json::Value::as_str).map(plain);
    let said =
        [part("error"), part("error_description")].into_iter().flatten().collect::<Vec<_>>().join(": ");
    Err(SdkError::Provider(format!("it says {status} {said}").trim_end().to_owned()))
}

async fn answer<T: DeserializeOwned>(response: Response) -> Result<T, SdkError> {
    serde_json::from_slice(&limited(response).await?).map_err(|_| cannot_be_read())
}

fn cannot_be_read() -> SdkError {
    SdkError::Provider("its answer cannot be read".to_owned())
}

/// What somebody else wrote, so that it can be shown.
fn plain(text: &str) -> String {
    text.chars().filter(|it| !it.is_control()).take(200).collect()
}

/// Waits for the browser to come back with the answer to this question; answers with the address it was sent to. Whoever else comes, and
/// however slowly, changes nothing.
async fn redirected(here: &TcpListener, state: &str) -> String {
    let mut browsers = JoinSet::new();
    loop {
        tokio::select! {
            accepted = here.accept() => {
                if let (Ok((stream, _)), true) = (accepted, browsers.len() < BROWSERS) {
                    browsers.spawn(timeout(BROWSER_PATIENCE, received(stream, state.to_owned())));
                }
            }
            Some(done) = browsers.join_next() => {
                if let Ok(Ok(Some(address))) = done {
                    return address;
                }
            }
        }
    }
}

/// Answers a request of the browser's; nothing where it wants something else, such as an icon.
async fn received(mut stream: TcpStream, state: String) -> Option<String> {
    let mut head = Vec::new();
    let mut some = [0; 2048];
    while !head.windows(4).any(|it| it == b"\r\n\r\n") && head.len() < 16 * 1024 {
        match stream.read(&mut some).await.ok()? {
            0 => return None,
            many => head.extend_from_slice(some.get(..many)?),
        }
    }
    let head = String::from_utf8_lossy(&head);
    let address = head.strip_prefix("GET ").and_then(|rest| rest.split(' ').next());
    let address = address.filter(|it| it.strip_prefix(BACK).is_some_and(|rest| rest.starts_with('?')));
    let address = address.filter(|it| part(it, "state").as_ref() == Some(&state));
    let (status, page) = match address {
        Some(address) if part(address, "error").is_none() => ("200 OK", DONE),
        Some(_) => ("200 OK", REFUSED),
        None => ("404 Not Found", ""),
    };
    let response = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {}\r\n\
         cache-control: no-store\r\nreferrer-policy: no-referrer\r\n\
         content-security-policy: default-src 'none'; frame-ancestors 'none'\r\nconnection: close\r\n\r\n{page}",
        page.len()
    );
    stream.write_all(response.as_bytes()).await.ok()?;
    // The browser may have gone; what it brought is here.
    let _ = stream.shutdown().await;
    address.map(str::to_owned)
}

/// Whether what a person has brought is the address at which the browser ended.
fn is_from(brought: &str, back: &str) -> Result<(), SdkError> {
    if brought.starts_with(&format!("{back}?")) {
        return Ok(());
    }
    let why =
        format!("that is not the address at which the browser ended, which begins with {back}; begin again");
    Err(SdkError::Provider(why))
}

/// A part of an address's query.
fn part(address: &str, name: &str) -> Option<String> {
    let (_, query) = address.split_once('?')?;
    let query = query.split('#').next().unwrap_or_default();
    let mut parts = form_urlencoded::parse(query.as_bytes());
    parts.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// Why a provider does not answer: not to be taken for the organisation's own server.
fn away(error: &dyn std::error::Error) -> SdkError {
    match unreachable(error) {
        SdkError::Unreachable(why) => SdkError::Provider(format!("it cannot be reached: {why}")),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn provider(names_itself: bool) -> Authorize {
        let metadata = Metadata {
            issuer: "https://id.example".to_owned(),
            authorization_endpoint: "https://id.example/auth?tenant=1".to_owned(),
            token_endpoint: "https://id.example/token".to_owned(),
            jwks_uri: "https://id.example/keys".to_owned(),
            pushed_authorization_request_endpoint: None,
            claims_parameter_supported: names_itself,
            authorization_response_iss_parameter_supported: names_itself,
        };
        Authorize { client: Client::new(), metadata }
    }

    fn code(query: &str) -> Result<String, String> {
        let came = format!("http://127.0.0.1:1/signed-in?{query}");
        provider(false).code(&came, "s").map_err(|error| error.to_string())
    }

    #[test]
    fn only_the_answer_to_this_question_by_this_provider_is_taken() {
        assert_eq!(code("code=c%2B1&state=s").unwrap(), "c+1");
        assert_eq!(code("code=c&state=s&iss=https%3A%2F%2Fid.example").unwrap(), "c");
        assert!(code("code=c&state=other").unwrap_err().contains("another question"));
        assert!(code("code=c").unwrap_err().contains("another question"));
        assert!(
            code("code=c&state=s&iss=https%3A%2F%2Fevil.example").unwrap_err().contains("another provider")
        );
        assert!(
            code("state=s&error=access_denied&error_description=no%1b")
                .unwrap_err()
                .contains("access_denied (no)")
        );
        assert!(code("state=s").is_err());
        // One that says who it is always does.
        let silent = provider(true).code("/signed-in?code=c&state=s", "s").unwrap_err().to_string();
        assert!(silent.contains("another provider"), "{silent}");
    }

    #[tokio::test]
    async fn what_is_asked_names_everything_that_is_checked_later() {
        let acr = ["phr".to_owned(), "phrh".to_owned()];
        let question = Question { client: "chancery", claim: "email", nonce: "n&1", acr: &acr };
        let page = provider(true).page(question, "http://127.0.0.1:1/signed-in", ("s", "v")).await.unwrap();
        let page = Url::parse(&page).unwrap();
        let asked: std::collections::HashMap<_, _> = page.query_pairs().into_owned().collect();
        let expected = [
            ("tenant", "1"),
            ("response_type", "code"),
            ("client_id", "chancery"),
            ("redirect_uri", "http://127.0.0.1:1/signed-in"),
            ("scope", "openid email"),
            ("state", "s"),
            ("nonce", "n&1"),
            // printf v | openssl dgst -sha256 -binary | basenc --base64url
            ("code_challenge", "TJRIXgwhrmxBzh3-e2v6zupato5AokdvUCCOUm9QYIA"),
            ("code_challenge_method", "S256"),
            ("acr_values", "phr phrh"),
            ("max_age", "300"),
            ("claims", r#"{"id_token":{"email":{"essential":true}}}"#),
        ];
        for (name, value) in expected {
            assert_eq!(asked.get(name).map(String::as_str), Some(value), "{name}");
        }
    }

    #[tokio::test]
    async fn the_browser_comes_back_to_this_machine_and_may_ask_for_an_icon_first() {
        let here = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = here.local_addr().unwrap().port();
        let browser = async {
            let at = |path: &str| format!("http://127.0.0.1:{port}{path}");
            // Something that says nothing, something that says nonsense, and somebody who was not asked.
            let _silent = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            let mut nonsense = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            nonsense.write_all(b"nonsense\r\n\r\n").await.unwrap();
            let other = Client::new().get(at("/signed-in?code=66&state=3")).send().await.unwrap();
            assert_eq!(other.status(), 404);
            let icon = Client::new().get(at("/favicon.ico")).send().await.unwrap();
            assert_eq!(icon.status(), 404);
            let back = Client::new().get(at("/signed-in?code=1&state=2")).send().await.unwrap();
            assert!(back.text().await.unwrap().contains("go back"));
        };
        let (came, ()) = tokio::join!(redirected(&here, "2"), browser);
        assert_eq!(came, "/signed-in?code=1&state=2");
    }

    #[test]
    fn what_a_person_brings_is_where_the_browser_ended() {
        let back = "http://127.0.0.1:1/signed-in";
        assert!(is_from("http://127.0.0.1:1/signed-in?code=1&state=2", back).is_ok());
        for other in [
            "https://id.example/auth?state=2",
            "http://127.0.0.1:1/signed-in",
            "http://127.0.0.1:10/signed-in?x",
        ] {
            assert!(is_from(other, back).unwrap_err().to_string().contains(back));
        }
    }

    #[tokio::test]
    async fn nothing_is_asked_in_the_clear() {
        let refused = Authorize::discover("http://id.example", None).await.unwrap_err().to_string();
        assert!(refused.contains("an issuer is an https address"), "{refused}");
    }
}
