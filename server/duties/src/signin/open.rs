//! Open a session: a device proves its key and gets a token bound to it.
//!
//! `POST /v1/sessions` with a proof and no token, permitted by `Signin::"open"`, recorded as `signin.opened`. An unknown
//! device and a wrong key get the same answer. Where the organisation asks for it, the device shows what an identity provider says of its
//! person, and the session ends when that is good no more.

use axum::{Extension, Json, extract::State, http::StatusCode};
use chancery_floor::work::{Action, Work};
use chancery_trail::digest;
use chancery_wire::{api, bytes::Opaque, ids::SessionId, problem::Problem};

use super::{
    Signin,
    authenticate::Proven,
    error::SigninError,
    facts::Opened,
    store::{self, Kept},
};
use crate::{
    accounts::KnownDevice,
    counter::{Anybody, Ask, Organisation, Plane, Refusal},
    providers::{self, ProvidersError},
    provisioning,
};

/// The right to open a session.
#[derive(Debug)]
pub(crate) enum OpenSession {}

impl Action for OpenSession {
    type Resource = Organisation;
    const NAME: &'static str = r#"Signin::Action::"open""#;
}

/// Opens a session for the device that proves its key.
#[utoipa::path(post, path = "/v1/sessions", tag = "signin", operation_id = "signin.open",
    request_body(content = Option<api::SignIn>, description = "What an identity provider says of the person, where it is shown."),
    responses((status = 201, description = "The session.", body = api::Session),
        (status = "default", description = "Refused.", body = Problem)))]
pub(super) async fn handle(
    Anybody(desk): Anybody,
    State(signin): State<Signin>,
    proven: Option<Extension<Proven>>,
    shown: Option<Ask<api::SignIn>>,
) -> Result<(StatusCode, Json<api::Session>), Refusal> {
    let Some(Extension(Proven(device))) = proven else { return Err(SigninError::BadProof.into()) };
    let permit = desk.permit::<OpenSession>(Organisation)?;
    let work = desk.begin(permit).await?;
    Ok((StatusCode::CREATED, Json(open(work, &signin, &device, shown.map(|Ask(it)| it.token)).await?)))
}

async fn open(
    mut work: Work<OpenSession>,
    signin: &Signin,
    known: &KnownDevice,
    shown: Option<String>,
) -> Result<api::Session, SigninError> {
    let (opened, device) = (work.at(), known.device);
    // Its program may not have signed that yet.
    if !known.standing.is_officer()
        && !known.bot
        && provisioning::keeps_out(&mut work.tx, &known.handle).await?
    {
        return Err(SigninError::Suspended);
    }
    let provider = match shown {
        Some(token) => Some(providers::sign_in(&mut work.tx, known, &token, opened).await?),
        None => None,
    };
    let good = providers::good_until(&mut work.tx, &signin.providers, known).await?;
    let good = good.filter(|until| opened < *until).ok_or(ProvidersError::Needed)?;
    let token = work.fresh::<32>();
    let session = SessionId(work.fresh());
    let until = opened.plus_seconds(signin.seconds).min(good).min(known.until.unwrap_or(good));
    let administration = signin.plane == Plane::Administration;
    let kept = Kept { session, device, opened, until, elevated: None, used: None, administration };
    store::open(&mut work.tx, digest(&token), kept).await?;
    work.commit(&Opened { device, session, until, provider, administration }).await?;
    Ok(api::Session { token: Opaque(token.to_vec()), seconds: (until.0 - opened.0) / 1000 })
}
