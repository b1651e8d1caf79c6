//! Link a device: into the chain of its account. Where the account comes back by it, the sessions of the lost devices end at once.
//!
//! `POST /v1/devices`, permitted by `Accounts::"link"`. Here because it touches several duties.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use chancery_floor::{store::Tx, work::Desk};
use chancery_transparency::{Device, Enrol, Recovered};
use chancery_wire::{
    api::{self, APPROVAL},
    names::Handle,
    problem::Problem,
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    come_back::act,
    receive::{Gate, use_up},
};
use crate::{
    accounts::{self, Back, Came, Lost},
    counter::{Anybody, Ask, Refusal},
    devices,
    passkeys::{self, PasskeysError},
    rooms, signin,
};

/// Why a device is not linked.
const NOT_LINKED: &str =
    "the device that links this one has no linking open that its owner approved: begin again there";
/// Why an account does not come back.
const NOT_APPROVED: &str = "the account has a passkey, which approves that it comes back by the recovery link; whoever has lost that as well asks \
    two officers to vouch (`chancery vouch`)";

/// The route.
pub(super) fn routes() -> OpenApiRouter<Gate> {
    OpenApiRouter::new().routes(routes!(handle))
}

/// Takes a device into the chain of the account that it was vouched for.
#[utoipa::path(post, path = "/v1/devices", tag = "accounts", operation_id = "accounts.link", request_body = api::Link,
    responses((status = 201, description = "Linked.", body = api::Account),
        (status = "default", description = "Refused.", body = Problem)))]
async fn handle(
    Anybody(desk): Anybody,
    State(gate): State<Gate>,
    headers: HeaderMap,
    Ask(ask): Ask<api::Link>,
) -> Result<(StatusCode, Json<api::Account>), Refusal> {
    let (domain, now) = (gate.settings.domain.clone(), desk.now());
    // Whose account has a passkey has approved a meeting, which lets one device in: the key of an earlier device alone links none.
    // And the recovery key alone brings back nobody who could have lost it with a bag.
    let approved = is_approved(&desk, &headers, &ask).await?;
    let may_come = async |tx: &mut Tx, handle: &Handle, came: &Device| {
        let has_any = passkeys::has_any(tx, handle).await?;
        Ok(match (came.linked_by, &came.recovered) {
            (Some(by), _) => {
                let guarded = gate.settings.passkeys.required || has_any;
                (guarded && !devices::links(tx, by, now).await?).then_some(NOT_LINKED)
            }
            (_, Some(Recovered::Key)) => (has_any && !approved).then_some(NOT_APPROVED),
            _ => None,
        })
    };
    // All of it, or none: what the account has lost is lost to whoever has found it, whatever ends this process.
    let follow = async |tx: &mut Tx, back: &Back, at| {
        for device in &back.went {
            signin::end_with(tx, *device).await?;
        }
        // Whoever has lost all devices, and comes back without a passkey, may have lost what they had beside them, and begins anew.
        let passkeys = if back.by_officers { passkeys::forget(tx, &back.handle).await? } else { 0 };
        let pending = rooms::mark(tx, &back.handle, &back.devices, at).await?;
        Ok(Lost { passkeys, pending })
    };
    let came = accounts::link(&desk, (&domain, &ask.entry.0), may_come, follow).await?;
    let Came { account, went, pending } = came;
    for device in went {
        gate.delivery.close(device);
    }
    gate.delivery.look(&pending);
    Ok((StatusCode::CREATED, Json(account)))
}

/// Whether the owner has approved with a passkey that this device brings this entry; uses that up. An approval that counts for nothing is
/// none: the entry may be there already.
async fn is_approved(desk: &Desk, headers: &HeaderMap, link: &api::Link) -> Result<bool, Refusal> {
    let ceremony = headers.get(APPROVAL).and_then(|ceremony| ceremony.to_str().ok()?.parse().ok());
    let (Some(ceremony), Ok((enrol, _))) = (ceremony, Enrol::peek(&link.entry.0)) else { return Ok(false) };
    let act = act(enrol.device, link)?;
    match use_up(desk, ceremony, act).await {
        Err(PasskeysError::NotApproved) => Ok(false),
        used => Ok(used.map(|()| true)?),
    }
}
