//! Take up the roles of the account in the calling session, for a while: until then a session gives nothing of a role to who has stolen it.
//!
//! `POST /v1/elevations`, permitted by `Signin::"elevate"`, approved with a passkey, recorded as `signin.elevated`. Who has no passkey
//! has the roles always up.

use axum::Json;
use chancery_floor::work::Action;
use chancery_wire::{api, problem::Problem};

use super::{error::SigninError, facts::Elevated, store};
use crate::counter::{Ask, Organisation, Refusal, Visitor};

/// The longest that roles are taken up, in minutes.
const MINUTES: u32 = 480;

/// The right to take up the roles that one holds.
#[derive(Debug)]
pub(crate) enum Elevate {}

impl Action for Elevate {
    type Resource = Organisation;
    const NAME: &'static str = r#"Signin::Action::"elevate""#;
}

/// Takes up the roles of the account in the calling session.
#[utoipa::path(post, path = "/v1/elevations", tag = "signin", operation_id = "signin.elevate", request_body = api::Elevate,
    responses((status = 200, description = "Until when.", body = api::Elevation),
        (status = "default", description = "Refused.", body = Problem)))]
pub(super) async fn handle(
    Visitor { desk, caller }: Visitor,
    Ask(ask): Ask<api::Elevate>,
) -> Result<Json<api::Elevation>, Refusal> {
    // Where they do not count they are not taken up either, and nobody is asked to approve it.
    if !caller.plane.counts_roles() && !caller.granted.permissions().is_empty() {
        return Err(SigninError::Elsewhere.into());
    }
    let permit = desk.permit::<Elevate>(Organisation)?;
    if !(1..=MINUTES).contains(&ask.minutes) {
        return Err(SigninError::TooLong.into());
    }
    // Without a passkey roles are always up, and without a role there is nothing to take up. Nothing is kept then, so that a passkey that
    // is added later finds no session in which they are up.
    if !caller.assurance.passkey || caller.granted.permissions().is_empty() {
        return Ok(Json(api::Elevation { until: caller.until }));
    }
    let mut work = desk.begin(permit).await?;
    let (device, session) = (caller.device, caller.session);
    let at = work.at();
    let until = at.plus_seconds(60 * i64::from(ask.minutes)).min(caller.until);
    if !store::elevate(&mut work.tx, session, (at, until)).await? {
        return Err(SigninError::NoSession.into());
    }
    work.commit(&Elevated { device, session, until }).await?;
    Ok(Json(api::Elevation { until }))
}
