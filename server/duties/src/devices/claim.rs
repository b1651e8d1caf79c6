//! Claim a key package of each device of an account, to add it to a room.
//!
//! `POST /v1/accounts/{handle}/key-packages/claim`, permitted by `Devices::"claim"`, recorded as `devices.claimed`. One for
//! one use is gone when it is handed out, whether or not it is used. Who takes many of one account gets its last resort.

use axum::{Json, extract::State};
use chancery_floor::work::{Action, Work};
use chancery_wire::{api, bytes::Opaque, ids::DeviceId, names::Handle, problem::Problem};

use super::{Devices, error::DevicesError, facts::Claimed, store};
use crate::{
    accounts,
    counter::{Ask, At, Organisation, Refusal, Visitor},
};

/// The right to claim key packages.
#[derive(Debug)]
pub(crate) enum Claim {}

impl Action for Claim {
    type Resource = Organisation;
    const NAME: &'static str = r#"Devices::Action::"claim""#;
}

/// Takes a key package of each device of the account.
#[utoipa::path(post, path = "/v1/accounts/{handle}/key-packages/claim", tag = "devices", operation_id = "devices.claim",
    params(("handle" = Handle, Path, description = "The account.")), request_body = api::Claim,
    responses((status = 200, description = "One key package a device.", body = api::Claimed),
        (status = "default", description = "Refused.", body = Problem)))]
pub(super) async fn handle(
    Visitor { desk, caller }: Visitor,
    State(it): State<Devices>,
    At(handle): At<Handle>,
    Ask(ask): Ask<api::Claim>,
) -> Result<Json<api::Claimed>, Refusal> {
    let permit = desk.permit::<Claim>(Organisation)?;
    let fresh = caller.handle == handle || it.claims.take(&(caller.handle, handle.clone())).is_ok();
    let work = desk.begin(permit).await?;
    Ok(Json(claim(work, handle, (&ask, fresh)).await?))
}

async fn claim(
    mut work: Work<Claim>,
    handle: Handle,
    (ask, fresh): (&api::Claim, bool),
) -> Result<api::Claimed, DevicesError> {
    let at = work.at();
    let devices = accounts::devices_of(&mut work.tx, &handle).await?;
    if devices.is_empty() {
        return Err(DevicesError::NoAccount);
    }
    let (mut packages, mut told) = (Vec::new(), Vec::new());
    let wanted = |device: &DeviceId| ask.devices.as_ref().is_none_or(|devices| devices.contains(device));
    for device in devices.into_iter().map(|it| it.device).filter(wanted) {
        if let Some(taken) = store::take(&mut work.tx, device, fresh, at).await? {
            told.push((device, taken.reference, taken.last_resort));
            packages.push(Opaque(taken.package));
        }
    }
    if packages.is_empty() {
        return Err(DevicesError::NoPackage);
    }
    work.commit(&Claimed { handle, packages: told }).await?;
    Ok(api::Claimed { packages })
}
