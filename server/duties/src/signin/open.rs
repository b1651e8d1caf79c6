//! Open a session: a device proves its key and gets a token bound to it.
//!
//! `POST /v1/sessions` with a proof and no token, permitted by `Signin::"open"`, recorded as `signin.opened`. An unknown
//! device and a wrong key get the same answer.

use axum::{Extension, Json, extract::State, http::StatusCode};
use chancery_floor::work::{Action, Work};
use chancery_trail::digest;
use chancery_wire::{
    api,
    bytes::Opaque,
    ids::{DeviceId, SessionId},
    problem::Problem,
};

use super::{
    Signin,
    authenticate::Proven,
    error::SigninError,
    facts::Opened,
    store::{self, Kept},
};
use crate::counter::{Anybody, Organisation, Refusal};

/// The right to open a session.
#[derive(Debug)]
pub(crate) enum OpenSession {}

impl Action for OpenSession {
    type Resource = Organisation;
    const NAME: &'static str = r#"Signin::Action::"open""#;
}

/// Opens a session for the device that proves its key.
#[utoipa::path(post, path = "/v1/sessions", tag = "signin", operation_id = "signin.open",
    responses((status = 201, description = "The session.", body = api::Session),
        (status = "default", description = "Refused.", body = Problem)))]
pub(super) async fn handle(
    Anybody(desk): Anybody,
    State(signin): State<Signin>,
    proven: Option<Extension<Proven>>,
) -> Result<(StatusCode, Json<api::Session>), Refusal> {
    let Some(Extension(Proven(device))) = proven else { return Err(SigninError::BadProof.into()) };
    let permit = desk.permit::<OpenSession>(Organisation)?;
    let work = desk.begin(permit).await?;
    Ok((StatusCode::CREATED, Json(open(work, &signin, device.device).await?)))
}

async fn open(
    mut work: Work<OpenSession>,
    signin: &Signin,
    device: DeviceId,
) -> Result<api::Session, SigninError> {
    let token = work.fresh::<32>();
    let session = SessionId(work.fresh());
    let (opened, until) = (work.at(), work.at().plus_seconds(signin.seconds));
    store::open(&mut work.tx, digest(&token), Kept { session, device, opened, until }).await?;
    work.commit(&Opened { device, session, until }).await?;
    Ok(api::Session { token: Opaque(token.to_vec()), seconds: signin.seconds })
}
