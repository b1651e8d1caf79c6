//! Agree: a request that takes two people is carried out, as it was made, once another person has agreed to it.
//!
//! `GET /v1/charter/requests` and `POST /v1/charter/requests/{id}/agreements`; who may is said in `charter::requests` and `charter::agree`.
//! Here because these requests are of several duties.

use std::sync::Arc;

use axum::{
    Json,
    body::Body,
    extract::{Request, State},
    http::header::CONTENT_TYPE,
    response::Response,
};
use chancery_floor::work::{Desk, Trail};
use chancery_wire::{api, bytes::Opaque, ids::RequestId, problem::Problem, time::Instant};
use futures_util::future::BoxFuture;
use tower::ServiceExt as _;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    approve,
    receive::{Gate, follow, has_raced, only_attends, settled},
    routes::inside,
};
use crate::{
    accounts, charter,
    charter::{CharterError, Waiting},
    counter::{Ask, Assurance, At, Caller, Granted, Refusal, Told, Visitor},
    provisioning,
};

/// The routes.
pub(super) fn routes() -> OpenApiRouter<Gate> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(handle))
}

/// The requests that wait for another person, the oldest first.
#[utoipa::path(get, path = "/v1/charter/requests", tag = "charter", operation_id = "charter.list-requests",
    responses((status = 200, description = "The requests.", body = api::WaitingRequests),
        (status = "default", description = "Refused.", body = Problem)))]
async fn list(
    Visitor { desk, .. }: Visitor,
    State(gate): State<Gate>,
) -> Result<Json<api::WaitingRequests>, Refusal> {
    let (mut from, mut requests) = (gate.floor.db.reader(), Vec::new());
    for it in charter::requests(&desk).await? {
        let request = (it.method.as_str(), it.path.as_str(), it.body.as_slice());
        let words = approve::words(&mut from, &it.handle, request).await?.unwrap_or_default();
        let Waiting { id, handle: by, device, asked, method, path, body, .. } = it;
        requests.push(api::WaitingRequest { id, by, device, asked, method, path, body: Opaque(body), words });
    }
    Ok(Json(api::WaitingRequests { requests }))
}

/// Agrees to a request of somebody else's, which is carried out then. What it is answered with is the answer.
#[utoipa::path(post, path = "/v1/charter/requests/{id}/agreements", tag = "charter", operation_id = "charter.agree", request_body = api::Agree,
    params(("id" = RequestId, Path, description = "The request.")),
    responses((status = 200, description = "It is carried out."), (status = 201, description = "It is carried out."),
        (status = 204, description = "It is carried out."), (status = "default", description = "Refused.", body = Problem)))]
async fn handle(
    Visitor { desk, caller }: Visitor,
    State(gate): State<Gate>,
    At(id): At<RequestId>,
    Ask(ask): Ask<api::Agree>,
) -> Result<Response, Refusal> {
    let request = charter::agree(&desk, &gate.charters(), &caller, (id, ask.digest)).await?;
    let lost = |it: &Result<_, _>| it.as_ref().is_ok_and(has_raced);
    let mut response = settled(|| carry_out(gate.clone(), request.clone()), lost).await?;
    // Whoever agreed does not do that again for a race that it lost: it is used up.
    if has_raced(&response) {
        response.extensions_mut().remove::<Told>();
    }
    Ok(response)
}

/// Makes a request again as whoever made it, to which another person has agreed. Boxed, because the routes lead here again.
fn carry_out(gate: Gate, it: Waiting) -> BoxFuture<'static, Result<Response, Refusal>> {
    Box::pin(async move {
        let caller = asker(&gate, &it).await?;
        if !caller.plane.talks() && gate.settings.own_accounts() {
            only_attends(&mut gate.floor.db.reader(), &caller).await?;
        }
        let desk = Desk::of(Arc::clone(&gate.floor), caller.actor());
        let mut request = Request::builder().method(it.method.as_str()).uri(it.path.as_str());
        if !it.body.is_empty() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let request = request.body(Body::from(it.body)).map_err(|_| CharterError::NoRequest)?;
        let (mut parts, body) = request.into_parts();
        parts.extensions.insert(Visitor { desk, caller });
        let trail = Trail::default();
        let holder = follow(&mut parts, &trail);
        let Ok(response) = inside(&gate).oneshot(Request::from_parts(parts, body)).await;
        gate.note_use(holder, &trail, response.status()).await;
        Ok(response)
    })
}

/// Whoever has made a request, as they are now: no other device's, and with the roles that they still hold.
async fn asker(gate: &Gate, it: &Waiting) -> Result<Caller, Refusal> {
    let (now, mut from) = (gate.floor.clock.now(), gate.floor.db.reader());
    let device = accounts::find_device(&mut from, it.device).await?;
    let device =
        device.filter(|device| device.handle == it.handle && device.until.is_none_or(|until| now < until));
    let device = device.ok_or(CharterError::Unheard)?;
    let charter =
        gate.rights.charter(&mut from, &gate.settings.domain).await?.ok_or(CharterError::NoRequest)?;
    let roles = provisioning::roles_of(&mut from, &charter, (&it.handle, device.standing), now).await?;
    let caller = device.asks((it.session, Instant(i64::MAX)), gate.plane, now);
    let segments = charter::segments_of(&mut from, &charter, &caller).await?;
    Ok(Caller {
        // It was confirmed when it was made.
        elevated: true,
        assurance: Assurance { passkey: true, confirmed: true, alone: false },
        granted: Granted::by(&charter, roles),
        zone: Some(it.zone.as_str()).filter(|zone| !zone.is_empty()).map(Into::into),
        segments,
        ..caller
    })
}
