//! What every request passes on its way in and out: who asks, how large it is, what to do when it raced or broke, and the
//! count of what was refused.

use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use axum::{
    Json,
    body::{Body, Bytes},
    extract::{MatchedPath, Request, State},
    http::{
        HeaderValue, StatusCode,
        header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, DATE, UPGRADE},
        request::Parts,
    },
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use chancery_floor::{
    blobs::Blobs,
    store::{Read, StoreError},
    work::{Actor, Desk, Floor, Trail},
};
use chancery_transparency::Act;
use chancery_wire::{
    api::{ADMINISTRATION, APPROVAL},
    ids::{CeremonyId, DeviceId},
    problem::{Code, Problem},
    time::Instant,
};
use futures_util::FutureExt as _;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use tokio::sync::{Semaphore, watch};

use super::{
    Settings, guests,
    limit::{Limits, origin},
    stream,
    tasks::Tasks,
};
use crate::{
    accounts,
    charter::{self, Charters, Rights, Uses},
    counter::{
        Anybody, Assurance, BODY_LIMIT, Caller, Granted, Plane, Refusal, Told, Visitor, Whose, http_date,
    },
    delivery::Delivery,
    passkeys::{self, Passkeys, PasskeysError},
    provisioning, rooms,
    signin::{self, Identity, Signin, SigninError},
};

/// How long a body may take to arrive.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often a request is run that lost a race.
const TRIES: u32 = 8;

/// What the door knows.
#[derive(Clone, Debug)]
pub(super) struct Gate {
    pub floor: Arc<Floor>,
    pub blobs: Blobs,
    pub settings: Arc<Settings>,
    /// At which listener it stands.
    pub plane: Plane,
    pub signin: Signin,
    pub passkeys: Passkeys,
    pub rights: Rights,
    pub uses: Uses,
    /// The number of the amendment of which the consequences were carried out last.
    pub carried_out: Arc<AtomicU64>,
    /// How often the charter was amended, for whoever watches over a connection.
    pub amended: Arc<watch::Sender<u64>>,
    /// How many connections are looked at once: requests come first.
    pub watching: Arc<Semaphore>,
    pub limits: Arc<Limits>,
    pub delivery: Delivery,
    pub tasks: Arc<Tasks>,
}

/// Receives a request. One that may change something is brought to its end: who has lost the connection meanwhile is answered by nobody, and
/// yet what was begun is not left half done.
pub(super) async fn receive(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    if request.method().is_safe() {
        return received(gate, request, next).await;
    }
    let tasks = Arc::clone(&gate.tasks);
    let response = tasks.finish(received(gate, request, next)).await;
    response.unwrap_or_else(|| Refusal::new(Code::Failed).into_response())
}

async fn received(gate: Gate, mut request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("elsewhere", MatchedPath::as_str).to_owned();
    let scim = request.uri().path().starts_with("/scim/");
    let (actor, mut response) = match gate.identify(&mut request, &route).await {
        Ok(actor) => (actor, gate.run(request, next).await.unwrap_or_else(Refusal::into_response)),
        Err(refusal) => (Actor::nobody(), refusal.into_response()),
    };
    if scim {
        response = in_scim(response).await;
    }
    if let Some(Told::No(code)) = response.extensions().get::<Told>() {
        gate.floor.refusals.note(code.as_str(), &route, &actor.id);
        metrics::counter!("chancery_refused_total", "code" => code.as_str()).increment(1);
    }
    let status = response.status().as_str().to_owned();
    metrics::counter!("chancery_requests_total", "route" => route, "status" => status).increment(1);
    if response.status() == StatusCode::MISDIRECTED_REQUEST
        && let Some(there) = &gate.settings.administration
        && let Ok(url) = HeaderValue::from_str(&there.url)
    {
        response.headers_mut().insert(ADMINISTRATION, url);
    }
    if let Ok(date) = HeaderValue::from_str(&http_date(gate.floor.clock.now())) {
        response.headers_mut().insert(DATE, date);
    }
    response
}

/// A refusal in the words of SCIM, for whoever speaks that.
async fn in_scim(response: Response) -> Response {
    if response.extensions().get::<Told>().is_none() {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let Ok(problem) = serde_json::from_slice::<Problem>(&body) else {
        return Response::from_parts(parts, Body::from(body));
    };
    let said = provisioning::refused(&problem).to_string();
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/scim+json"));
    Response::from_parts(parts, Body::from(said))
}

impl Gate {
    /// The same at one of several listeners.
    pub(super) fn at(&self, plane: Plane) -> Self {
        Self { signin: self.signin.at(plane), plane, ..self.clone() }
    }

    /// The desk at which the server itself works.
    pub(super) fn house(&self) -> Desk {
        Desk::of(Arc::clone(&self.floor), Actor::house())
    }

    /// What the charter knows of the world.
    pub(super) fn charters(&self) -> Charters {
        let (domain, rights) = (self.settings.domain.clone(), self.rights.clone());
        Charters { domain, rights, zones: self.settings.zone_names() }
    }

    /// Finds out who asks, and lays out their desk for whoever serves them.
    async fn identify(&self, request: &mut Request, route: &str) -> Result<Actor, Refusal> {
        let from = origin(request, &self.settings.proxies);
        stream::by_protocols(request);
        let (method, path) = (request.method().as_str(), request.uri().path());
        let (now, mut reader) = (self.floor.clock.now(), self.floor.db.reader());
        let tries = request.headers().contains_key(AUTHORIZATION);
        if !tries {
            self.limits.stranger(from)?;
        }
        let identity = self.signin.authenticate(&mut reader, request.headers(), (method, path), now).await;
        let identity = match identity {
            Err(SigninError::Exposed(session)) => {
                let house = Desk::of(Arc::clone(&self.floor), Actor::house());
                if let Some(device) = signin::expose(&house, session).await? {
                    self.delivery.close(device);
                }
                self.limits.stranger(from)?;
                return Err(SigninError::Exposed(session).into());
            }
            // Who guesses tokens is a stranger.
            Err(SigninError::NoSession) if tries => {
                self.limits.stranger(from)?;
                return Err(SigninError::NoSession.into());
            }
            identity => identity?,
        };
        let nobody = Desk::of(Arc::clone(&self.floor), Actor::nobody());
        let extensions = request.extensions_mut();
        extensions.insert(Anybody(nobody));
        let actor = match identity {
            Identity::Caller(caller, fresh, in_use) => {
                let zone = from.and_then(|from| self.settings.zone(from));
                let caller = self.stand(&mut reader, Caller { zone, ..caller }, now).await?;
                let actor = caller.actor();
                if let Err(refusal) = self.limits.caller(&caller, route) {
                    self.floor.refusals.note(refusal.code.as_str(), route, &actor.id);
                    return Err(Refusal { told: Told::Counted, ..refusal });
                }
                self.signin.use_up(&self.floor.db, fresh, now).await?;
                if let Some(in_use) = in_use
                    && let Err(refusal) = signin::go_on(&self.house(), in_use).await
                {
                    tracing::warn!(code = %refusal.code, "that a session is in use is not written down; the next request says it again");
                }
                if !caller.plane.talks() && self.settings.own_accounts() {
                    only_attends(&mut reader, &caller).await?;
                }
                let desk = Desk::of(Arc::clone(&self.floor), actor.clone());
                extensions.insert(Visitor { desk, caller });
                actor
            }
            Identity::Proven(proven, fresh) => {
                self.signin.use_up(&self.floor.db, fresh, now).await?;
                extensions.insert(proven);
                Actor::nobody()
            }
            Identity::Nobody => Actor::nobody(),
        };
        Ok(actor)
    }

    /// How a caller stands: what its passkeys, its roles and its segments make of it at this moment.
    async fn stand(&self, from: &mut impl Read, mut caller: Caller, now: Instant) -> Result<Caller, Refusal> {
        let passkey = passkeys::has_any(from, &caller.handle).await?;
        let confirmed = !passkey && !self.settings.passkeys.required;
        caller.assurance = Assurance { passkey, confirmed, alone: false };
        let charter = self.rights.refresh(from, &self.settings.domain, &self.floor.policies).await?;
        if let Some(charter) = charter {
            let whose = (&caller.handle, caller.standing);
            let roles = provisioning::roles_of(from, &charter, whose, now).await?;
            caller.granted = Granted::by(&charter, roles);
            caller.segments = charter::segments_of(from, &charter, &caller).await?;
            caller.assurance.alone = charter.two_persons();
        }
        Ok(caller)
    }

    /// How somebody who was let in at an earlier moment stands now; nothing where they are not heard any more.
    pub(super) async fn again(&self, caller: &Caller) -> Result<Option<Caller>, Refusal> {
        let (now, mut from) = (self.floor.clock.now(), self.floor.db.reader());
        let Some(again) = Signin::again(&mut from, caller, now).await? else { return Ok(None) };
        let again = Caller { zone: caller.zone.clone(), ..again };
        Ok(Some(self.stand(&mut from, again, now).await?))
    }

    /// Runs a request to its end, again when it lost a race. The body is read once.
    async fn run(&self, request: Request, next: Next) -> Result<Response, Refusal> {
        // A stream has no body, and is made of the connection itself.
        let streams = request.extensions().get::<MatchedPath>().is_some_and(|it| it.as_str() == stream::PATH);
        if streams && request.headers().contains_key(UPGRADE) {
            return Ok(guarded(request, next).await);
        }
        let (mut parts, body) = request.into_parts();
        let body = read(body).await?;
        self.confirm(&mut parts, &body).await?;
        let guest = parts
            .extensions
            .get::<Visitor>()
            .filter(|it| it.caller.whose == Whose::Guest)
            .map(|it| it.caller.clone());
        let body = match guest {
            Some(caller) => guests::scoped(self, &caller, &mut parts, body).await?,
            None => body,
        };
        let trail = Trail::default();
        let holder = follow(&mut parts, &trail);
        let asked = parts.extensions.get::<Visitor>().filter(|it| it.caller.assurance.alone).cloned();
        let asked = asked.map(|it| (it, parts.method.to_string(), parts.uri.path().to_owned(), body.clone()));
        let response = self.answer((parts, body), next).await;
        let told = response.extensions().get::<Told>().copied();
        if let Some(Told::Alone(act)) = told
            && let Some((Visitor { desk, caller }, method, path, body)) = asked
        {
            let request = (method.as_str(), path.as_str(), &body[..]);
            let lost = |it: &Result<_, Refusal>| it.as_ref().is_err_and(|it| it.told == Told::Raced);
            let put_off = settled(|| charter::put_off(&desk, &caller, act, request), lost).await?;
            return Ok((StatusCode::ACCEPTED, Json(put_off)).into_response());
        }
        self.note_use(holder, &trail, response.status()).await;
        Ok(response)
    }

    /// Writes down what was used of somebody's roles.
    pub(super) async fn note_use(&self, holder: Option<Caller>, trail: &Trail, answered: StatusCode) {
        if let Some(caller) = holder.filter(|_| answered.is_success())
            && let Err(refusal) = self.uses.note(&self.house(), &caller, &trail.acts()).await
        {
            tracing::error!(code = %refusal.code, "what was used of a role is not written down");
        }
    }

    async fn answer(&self, (parts, body): (Parts, Bytes), next: Next) -> Response {
        let again = || Request::from_parts(parts.clone(), Body::from(body.clone()));
        settled(|| guarded(again(), next.clone()), has_raced).await
    }

    /// Where a request says that its owner has approved it: uses the approval up, and lays out the desk of one that is confirmed.
    async fn confirm(&self, parts: &mut Parts, body: &[u8]) -> Result<(), Refusal> {
        let Some(ceremony) = parts.headers.get(APPROVAL) else { return Ok(()) };
        let ceremony = ceremony.to_str().ok().and_then(|ceremony| ceremony.parse().ok());
        let ceremony = ceremony.ok_or(PasskeysError::NotApproved)?;
        let Some(Visitor { desk, caller }) = parts.extensions.get::<Visitor>() else { return Ok(()) };
        let act = Act::new(caller.device, (parts.method.as_str(), parts.uri.path()), body);
        use_up(desk, ceremony, act).await?;
        let assurance = Assurance { confirmed: true, ..caller.assurance };
        let caller = Caller { assurance, ..caller.clone() };
        let desk = Desk::of(Arc::clone(&self.floor), caller.actor());
        parts.extensions.insert(Visitor { desk, caller });
        Ok(())
    }
}

/// Uses up the approval of an act, again where that loses a race.
pub(super) async fn use_up(desk: &Desk, ceremony: CeremonyId, act: Act<'_>) -> Result<(), PasskeysError> {
    let lost = |it: &Result<_, _>| matches!(it, Err(PasskeysError::Store(StoreError::Raced)));
    settled(|| passkeys::use_up(desk, ceremony, act), lost).await
}

/// Who looks after things does so with an account that is in no room with others.
pub(super) async fn only_attends(from: &mut impl Read, caller: &Caller) -> Result<(), Refusal> {
    let devices = accounts::devices_of(from, &caller.handle).await?;
    let devices: Vec<DeviceId> = devices.into_iter().map(|it| it.device).collect();
    let room = rooms::meets_others(from, &devices).await?;
    room.map_or(Ok(()), |room| Err(SigninError::InRooms(room).into()))
}

/// Runs something again for as long as it loses races, and so often at most.
pub(super) async fn settled<T, F: Future<Output = T>>(
    mut run: impl FnMut() -> F,
    lost: impl Fn(&T) -> bool,
) -> T {
    for _ in 1..TRIES {
        let done = run().await;
        if !lost(&done) {
            return done;
        }
    }
    run().await
}

/// Whether a request lost a race.
pub(super) fn has_raced(response: &Response) -> bool {
    response.extensions().get() == Some(&Told::Raced)
}

/// Where somebody asks who holds a role: remembers what is permitted, and answers who it is.
pub(super) fn follow(parts: &mut Parts, trail: &Trail) -> Option<Caller> {
    let visitor = parts.extensions.get_mut::<Visitor>()?;
    if visitor.caller.granted.permissions().is_empty() {
        return None;
    }
    visitor.desk = visitor.desk.with_trail(trail);
    Some(visitor.caller.clone())
}

/// A panic in one request is that request's failure and nobody else's.
async fn guarded(request: Request, next: Next) -> Response {
    let run = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    run.unwrap_or_else(|_| {
        tracing::error!("a request panicked");
        Refusal::new(Code::Failed).into_response()
    })
}

async fn read(body: Body) -> Result<Bytes, Refusal> {
    let read = tokio::time::timeout(PATIENCE, Limited::new(body, BODY_LIMIT).collect()).await;
    let read = read.map_err(|_| Refusal::because(Code::Malformed, &"the body took too long to arrive"))?;
    read.map(http_body_util::Collected::to_bytes).map_err(|error| {
        let large = error.is::<LengthLimitError>();
        Refusal::new(if large { Code::TooLarge } else { Code::Malformed })
    })
}
