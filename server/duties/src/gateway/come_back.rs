//! Come back by a recovery key, with a passkey besides: the link alone brings nobody back whose account has one.
//!
//! `POST /v1/recoveries/approvals`, without a session, permitted by `Passkeys::"approve-recovery"`; the recovery key's signature in the entry
//! decides. The device brings the entry afterwards (`gateway/link.rs`), with the header `Chancery-Approval`. Here because it touches several
//! duties.

use axum::{Json, extract::State, http::StatusCode};
use chancery_floor::work::Action;
use chancery_transparency::{Act, Recovered};
use chancery_wire::{
    api::{self, Ceremony},
    ids::DeviceId,
    problem::{Code, Problem},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::receive::Gate;
use crate::{
    accounts,
    counter::{Anybody, Ask, Organisation, Refusal},
    passkeys::{self, Purpose, Whose},
};

/// The right to have it approved that one comes back.
#[derive(Debug)]
pub(crate) enum ApproveRecovery {}

impl Action for ApproveRecovery {
    type Resource = Organisation;
    const NAME: &'static str = r#"Passkeys::Action::"approve-recovery""#;
}

/// The route.
pub(super) fn routes() -> OpenApiRouter<Gate> {
    OpenApiRouter::new().routes(routes!(handle))
}

/// What is approved: that this device brings this entry. Its body is written here as everybody writes it, so that blanks change nothing.
pub(super) fn act(device: DeviceId, link: &api::Link) -> Result<Act<'static>, Refusal> {
    let body = serde_json::to_vec(link).map_err(|why| Refusal::because(Code::Malformed, &why.to_string()))?;
    Ok(Act::new(device, ("POST", "/v1/devices"), &body))
}

/// Opens a ceremony in which the owner of an account approves with a passkey that it comes back by its recovery key.
#[utoipa::path(post, path = "/v1/recoveries/approvals", tag = "passkeys", operation_id = "passkeys.approve-recovery", request_body = api::Link,
    responses((status = 201, description = "The ceremony.", body = Ceremony),
        (status = "default", description = "Refused.", body = Problem)))]
async fn handle(
    Anybody(desk): Anybody,
    State(gate): State<Gate>,
    Ask(ask): Ask<api::Link>,
) -> Result<(StatusCode, Json<Ceremony>), Refusal> {
    let mut trial = desk.begin(desk.permit::<ApproveRecovery>(Organisation)?).await?;
    let at = trial.at();
    // The entry is tried, and nothing is kept of it: whoever asks here has the recovery key.
    let (handle, came) = accounts::comes(&mut trial.tx, &gate.settings.domain, (&ask.entry.0, at)).await?;
    drop(trial);
    if came.recovered != Some(Recovered::Key) {
        return Err(Refusal::new(Code::NoRecovery));
    }
    let mut work = desk.begin(desk.permit::<ApproveRecovery>(Organisation)?).await?;
    if !passkeys::has_any(&mut work.tx, &handle).await? {
        return Err(Refusal::new(Code::NoPasskeyYet));
    }
    let Act { device, method, path, body } = act(came.id, &ask)?;
    let named: String = device.to_string().chars().take(8).collect();
    let words = format!("bring {handle} back on a new device, {named}, and revoke all others");
    let purpose = Purpose::Approve { method: method.to_owned(), path: path.to_owned(), body };
    let whose = Whose { handle, device, confirmed: false };
    let ceremony = passkeys::begin(work, &gate.passkeys, whose, (words, purpose)).await?;
    Ok((StatusCode::CREATED, Json(ceremony)))
}
