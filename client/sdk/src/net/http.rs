//! Requests: JSON both ways, each with a fresh proof of the device's key; refusals become problems.

use bytes::Bytes;
use chancery_transparency::{Request, prove};
use chancery_vault::Identity;
use chancery_wire::{
    api::{
        ADMINISTRATION, APPROVAL, Approve, Ceremony, Elevate, Elevation, Organisation, PutOff, Session,
        SignIn,
    },
    bytes::Opaque,
    ids::CeremonyId,
    problem::{Code, Problem},
    time::Instant,
};
use data_encoding::BASE64URL_NOPAD;
use ed25519_dalek::SigningKey;
use reqwest::{
    Method, Response, StatusCode,
    header::{CONTENT_TYPE, DATE, HeaderMap},
};
use serde::{Serialize, de::DeserializeOwned};

use super::{Reach, patience::Patience};
use crate::{
    clock::{draw, now},
    directory::Passed,
    error::SdkError,
    passkeys::{AskOwner, hold},
};

/// For how many minutes roles are taken up when something needs them.
const ELEVATED: u32 = 60;
/// Where approval is asked for.
const APPROVALS: &str = "/v1/approvals";

/// Whether an address is one of this machine's own, which nobody else can listen to.
pub(in crate::net) fn is_here(server: &str) -> bool {
    let url = reqwest::Url::parse(server).ok();
    let host = url.as_ref().and_then(reqwest::Url::host_str).unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    address.map_or(host == "localhost", |address| address.is_loopback())
}

/// A device's way to its server.
pub(crate) struct Http {
    server: String,
    client: reqwest::Client,
    pub(super) reach: Reach,
    session: Option<Session>,
    /// How the account's owner is asked to use a passkey, if somebody can be asked.
    pub(crate) ask_owner: Option<AskOwner>,
    /// The session was opened here, and is not kept yet.
    fresh: bool,
    /// How far the server's clock is ahead of ours, in milliseconds: proofs go by the server's.
    ahead: i64,
    /// The way to the address at which roles count, where that is another one and the server has named it.
    administration: Option<Box<Self>>,
    /// Whether this is that other way.
    is_elsewhere: bool,
}

impl Http {
    /// A way to `server`.
    pub(crate) fn new(server: &str, reach: Reach) -> Result<Self, SdkError> {
        if server.starts_with("http:") && !is_here(server) {
            return Err(SdkError::Plain);
        }
        Ok(Self {
            server: server.trim_end_matches('/').to_owned(),
            client: reach.client()?,
            reach,
            session: None,
            ask_owner: None,
            fresh: false,
            ahead: 0,
            administration: None,
            is_elsewhere: false,
        })
    }

    /// Goes on with a session that was kept.
    pub(crate) fn resume(&mut self, token: Vec<u8>) {
        self.session = Some(Session { token: Opaque(token), seconds: 0 });
    }

    /// Goes on with a session that was kept, at the address at which roles count.
    pub(crate) fn resume_at(&mut self, address: &str, token: Vec<u8>) -> Result<(), SdkError> {
        let mut there = Self::new(address, self.reach.clone())?;
        there.resume(token);
        self.administration = Some(Box::new(there));
        Ok(())
    }

    /// The sessions that were opened since this was last asked, each with the address at which it is good.
    pub(crate) fn opened(&mut self) -> Vec<(String, Session)> {
        let mut all = self.administration.as_deref_mut().map(Self::opened).unwrap_or_default();
        let fresh = std::mem::take(&mut self.fresh).then(|| self.session.clone()).flatten();
        all.extend(fresh.map(|session| (self.server.clone(), session)));
        all
    }

    pub(super) fn server(&self) -> &str {
        &self.server
    }

    /// What anybody may ask.
    pub(crate) async fn organisation(&self) -> Result<Organisation, SdkError> {
        self.open(Method::GET, "/v1/organisation", None::<&()>).await
    }

    /// A request without a session.
    pub(crate) async fn open<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> Result<T, SdkError> {
        self.open_approved((method, path), body, None).await
    }

    /// A request without a session that was approved in a ceremony.
    pub(crate) async fn open_approved<T: DeserializeOwned>(
        &self,
        (method, path): (Method, &str),
        body: Option<&impl Serialize>,
        approval: Option<CeremonyId>,
    ) -> Result<T, SdkError> {
        let mut patience = Patience::new();
        loop {
            let mut request = self.client.request(method.clone(), format!("{}{path}", self.server));
            if let Some(ceremony) = approval {
                request = request.header(APPROVAL, format!("{ceremony}"));
            }
            if let Some(body) = body {
                request = request.json(body);
            }
            let response = request.send().await.map_err(|error| unreachable(&error))?;
            let headers = response.headers().clone();
            let error = match read(response).await {
                Ok(body) => return parse(&body),
                Err(error) => error,
            };
            if !patience.waits(&error, &headers).await {
                return Err(error);
            }
        }
    }

    /// A request of the device, in its session; a session is opened when there is none or it ended.
    pub(crate) async fn ask<T: DeserializeOwned>(
        &mut self,
        identity: &Identity,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> Result<T, SdkError> {
        let body = body.map(|body| ("application/json", json(body)));
        parse(&self.request(identity, (method, path), body).await?)
    }

    /// A request of the device whose answer are bytes.
    pub(crate) async fn bytes(&mut self, identity: &Identity, path: &str) -> Result<Bytes, SdkError> {
        self.request(identity, (Method::GET, path), None).await
    }

    /// A request of the device that brings bytes.
    pub(crate) async fn put<T: DeserializeOwned>(
        &mut self,
        identity: &Identity,
        path: &str,
        bytes: Bytes,
    ) -> Result<T, SdkError> {
        parse(&self.request(identity, (Method::PUT, path), Some(("application/octet-stream", bytes))).await?)
    }

    /// Passes on what somebody else asks, as this device, and what is answered, whatever it is.
    pub(crate) async fn pass(
        &mut self,
        identity: &Identity,
        (method, path): (&str, &str),
        passed: &Passed,
    ) -> Result<(u16, Passed), SdkError> {
        let wrong = |_| SdkError::Strange("this cannot be passed on");
        let method = Method::from_bytes(method.as_bytes()).map_err(wrong)?;
        // A session may have ended, and the clock may be off: each is put right once.
        let (mut tries, mut patience) = (2, Patience::new());
        loop {
            // A proof is of the path alone, as it is sent: one with detours in it is another one.
            let proven = path.split('?').next().unwrap_or_default();
            let sent = reqwest::Url::parse(&format!("{}{path}", self.server));
            if sent.map_or(true, |sent| !sent.path().ends_with(proven)) || proven.contains("..") {
                return Err(SdkError::Strange("an address with detours in it is not passed on"));
            }
            let mut request = self.client.request(method.clone(), format!("{}{path}", self.server));
            for (name, value) in self.headers(identity, method.as_str(), proven).await? {
                request = request.header(name, value);
            }
            for (name, value) in &passed.headers {
                request = request.header(name, value);
            }
            let response = request.body(passed.body.clone()).send().await;
            let response = response.map_err(|error| unreachable(&error))?;
            self.adjust(&response);
            let status = response.status().as_u16();
            if status == 401 && tries > 0 {
                tries -= 1;
                self.session = None;
                continue;
            }
            if status == 429 && patience.waits_for(response.headers()).await {
                continue;
            }
            let kept = ["content-type", "etag", "location", "retry-after"];
            let headers = response.headers().iter().filter(|(name, _)| kept.contains(&name.as_str()));
            let text = |(name, value): (&reqwest::header::HeaderName, &reqwest::header::HeaderValue)| {
                Some((name.to_string(), value.to_str().ok()?.to_owned()))
            };
            let headers = headers.filter_map(text).collect();
            let body = response.bytes().await.map_err(|error| unreachable(&error))?;
            return Ok((status, Passed { headers, body }));
        }
    }

    async fn request(
        &mut self,
        identity: &Identity,
        (method, path): (Method, &str),
        body: Option<(&'static str, Bytes)>,
    ) -> Result<Bytes, SdkError> {
        let (mut patience, mut approval, mut elevated) = (Patience::new(), None, false);
        loop {
            let headers = self.headers(identity, method.as_str(), path).await?;
            let mut request = self.client.request(method.clone(), format!("{}{path}", self.server));
            for (name, value) in headers {
                request = request.header(name, value);
            }
            if let Some((kind, body)) = &body {
                request = request.header(CONTENT_TYPE, *kind).body(body.clone());
            }
            if let Some(ceremony) = approval {
                request = request.header(APPROVAL, format!("{ceremony}"));
            }
            let response = request.send().await.map_err(|error| unreachable(&error))?;
            self.adjust(&response);
            let headers = response.headers().clone();
            let error = match read(response).await {
                Ok(body) => return Ok(body),
                Err(error) => error,
            };
            // Where that leads, it leads no further.
            if error.is(Code::Elsewhere) && headers.contains_key(ADMINISTRATION) && !self.is_elsewhere {
                return self.elsewhere(identity, (method, path), body, &headers).await;
            }
            // To ask for approval needs none, whatever the server says.
            let asks = approval.is_none() && path != APPROVALS && self.ask_owner.is_some();
            if error.is(Code::NotTakenUp) && asks && !elevated {
                elevated = true;
                Box::pin(self.elevate(identity, ELEVATED)).await?;
            } else if error.is(Code::Unconfirmed) && asks {
                let body = body.as_ref().map(|(_, body)| body.clone()).unwrap_or_default();
                approval = Some(Box::pin(self.approved(identity, (&method, path), &body)).await?);
            } else if !patience.again(self.renew(&error), &error, &headers).await {
                return Err(error);
            }
        }
    }

    /// Asks at the address at which roles count, which a refusal has named.
    async fn elsewhere(
        &mut self,
        identity: &Identity,
        request: (Method, &str),
        body: Option<(&'static str, Bytes)>,
        refusal: &HeaderMap,
    ) -> Result<Bytes, SdkError> {
        let address = refusal.get(ADMINISTRATION).and_then(|address| address.to_str().ok());
        let address = address.unwrap_or_default().trim_end_matches('/');
        let mut there = match self.administration.take().filter(|there| there.server == address) {
            Some(there) => there,
            None => Box::new(Self::new(address, self.reach.clone())?),
        };
        there.is_elsewhere = true;
        there.ask_owner = self.ask_owner.take();
        let answer = Box::pin(there.request(identity, request, body)).await;
        self.ask_owner = there.ask_owner.take();
        self.administration = Some(there);
        // It names the address: that another one than usual does not answer has to be said.
        answer.map_err(|error| match error {
            SdkError::Unreachable(why) => {
                SdkError::Unreachable(format!("{address}, where that is done: {why}"))
            }
            error => error,
        })
    }

    /// Takes up the roles of the account in this session, for so many minutes; its owner approves that with a passkey.
    pub(crate) async fn elevate(&mut self, identity: &Identity, minutes: u32) -> Result<Instant, SdkError> {
        let elevate = Elevate { minutes };
        let elevation: Elevation = self.ask(identity, Method::POST, "/v1/elevations", Some(&elevate)).await?;
        Ok(elevation.until)
    }

    /// Has the account's owner approve one request with a passkey; answers with the ceremony in which they did.
    async fn approved(
        &mut self,
        identity: &Identity,
        (method, path): (&Method, &str),
        body: &Bytes,
    ) -> Result<CeremonyId, SdkError> {
        let body = Opaque(body.to_vec());
        let approve = Approve { method: method.to_string(), path: path.to_owned(), body };
        let ceremony: Ceremony = self.ask(identity, Method::POST, APPROVALS, Some(&approve)).await?;
        hold(self, identity, &ceremony).await?;
        Ok(ceremony.ceremony)
    }

    /// The headers that prove the device's key and name its session.
    pub(super) async fn headers(
        &mut self,
        identity: &Identity,
        method: &str,
        path: &str,
    ) -> Result<Vec<(&'static str, String)>, SdkError> {
        if self.session.is_none() {
            self.sign_in(identity, None).await?;
        }
        let token = self.session.as_ref().map(|session| session.token.0.clone()).unwrap_or_default();
        let proof = self.proof(identity, Request { method, path, token: Some(&token) });
        Ok(vec![("authorization", format!("DPoP {}", BASE64URL_NOPAD.encode(&token))), ("dpop", proof)])
    }

    /// Whether a refusal means that the next try can go better; forgets the session if it ended.
    pub(super) fn renew(&mut self, error: &SdkError) -> bool {
        if error.is(Code::NoSession) {
            self.session = None;
        }
        error.is(Code::NoSession) || error.is(Code::StaleProof)
    }

    /// Opens another session, with what an identity provider says of the person.
    #[cfg(not(target_family = "wasm"))]
    pub(crate) async fn sign_in_with(&mut self, identity: &Identity, token: String) -> Result<(), SdkError> {
        self.sign_in(identity, Some(SignIn { token })).await
    }

    async fn sign_in(&mut self, identity: &Identity, shown: Option<SignIn>) -> Result<(), SdkError> {
        const PATH: &str = "/v1/sessions";
        let mut patience = Patience::new();
        loop {
            let proof = self.proof(identity, Request { method: "POST", path: PATH, token: None });
            let mut request = self.client.post(format!("{}{PATH}", self.server)).header("dpop", proof);
            if let Some(shown) = &shown {
                request = request.json(shown);
            }
            let response = request.send().await.map_err(|error| unreachable(&error))?;
            self.adjust(&response);
            let headers = response.headers().clone();
            let error = match read(response).await {
                Ok(body) => {
                    self.session = Some(parse(&body)?);
                    self.fresh = true;
                    return Ok(());
                }
                Err(error) => error,
            };
            if !patience.again(error.is(Code::StaleProof), &error, &headers).await {
                return Err(error);
            }
        }
    }

    fn proof(&self, identity: &Identity, request: Request<'_>) -> String {
        let at = Instant(now().0.saturating_add(self.ahead));
        prove(request, identity.device, at, draw(), &SigningKey::from_bytes(&identity.signing.0))
    }

    /// Learns the server's clock.
    fn adjust(&mut self, response: &Response) {
        let date = response.headers().get(DATE).and_then(|date| date.to_str().ok());
        let Some(date) = date.and_then(|date| httpdate::parse_http_date(date).ok()) else { return };
        let since = date.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let ahead = i64::try_from(since.as_millis()).unwrap_or(0).saturating_sub(now().0);
        // The header counts whole seconds; less than a few of them is no difference.
        self.ahead = if ahead.abs() < 5_000 { 0 } else { ahead };
    }
}

/// The body of an answer, or the problem that it is.
pub(in crate::net) async fn read(response: Response) -> Result<Bytes, SdkError> {
    let (ok, waits) = (response.status().is_success(), response.status() == StatusCode::ACCEPTED);
    let bytes = response.bytes().await.map_err(|error| unreachable(&error))?;
    if waits {
        let PutOff { request } = parse(&bytes)?;
        return Err(SdkError::Waits(request));
    }
    if ok {
        return Ok(bytes);
    }
    let problem: Problem = serde_json::from_slice(&bytes)
        .map_err(|_| SdkError::Strange("its refusal cannot be read; is it a Chancery server?"))?;
    Err(SdkError::Refused(problem))
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, SdkError> {
    // A body that says nothing is read as JSON's nothing.
    let bytes = if bytes.is_empty() { b"null" } else { bytes };
    serde_json::from_slice(bytes).map_err(|_| SdkError::Strange("its answer cannot be read"))
}

/// What is asked, as JSON. Our own types always are.
fn json(body: &impl Serialize) -> Bytes {
    serde_json::to_vec(body).unwrap_or_default().into()
}

/// The innermost reason why a connection failed: the outer ones repeat the address.
pub(in crate::net) fn unreachable(error: &dyn std::error::Error) -> SdkError {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    SdkError::Unreachable(innermost.to_string())
}
