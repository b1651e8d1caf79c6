//! Deposit key packages for others to add this device with.
//!
//! `POST /v1/devices/self/key-packages`, permitted by `Devices::"deposit"`, recorded as `devices.deposited`. What is
//! deposited twice is kept once.

use axum::{Json, extract::State};
use chancery_floor::work::{Action, Work};
use chancery_groups::check_key_package;
use chancery_wire::{
    api::{self, PACKAGES_LIMIT},
    bytes::Opaque,
    names::LeafName,
    problem::Problem,
    time::Instant,
};

use super::{
    Devices,
    error::DevicesError,
    facts::Deposited,
    store::{self, Kept},
};
use crate::counter::{Ask, Caller, Organisation, Refusal, Visitor};

/// The right to deposit key packages.
#[derive(Debug)]
pub(crate) enum Deposit {}

impl Action for Deposit {
    type Resource = Organisation;
    const NAME: &'static str = r#"Devices::Action::"deposit""#;
}

/// Keeps key packages of the calling device.
#[utoipa::path(post, path = "/v1/devices/self/key-packages", tag = "devices", operation_id = "devices.deposit",
    request_body = api::Deposit,
    responses((status = 200, description = "What is in stock now.", body = api::Stock),
        (status = "default", description = "Refused.", body = Problem)))]
pub(super) async fn handle(
    Visitor { desk, caller }: Visitor,
    State(devices): State<Devices>,
    Ask(ask): Ask<api::Deposit>,
) -> Result<Json<api::Stock>, Refusal> {
    let permit = desk.permit::<Deposit>(Organisation)?;
    if ask.packages.len() > PACKAGES_LIMIT {
        return Err(DevicesError::Full.into());
    }
    let (now, device) = (desk.now(), caller.device);
    // Two signatures a package, up to 200 of them: too long for a thread that serves others.
    let checked = tokio::task::spawn_blocking(move || check(&devices, &caller, ask, now)).await;
    let packages = checked.map_err(|_| DevicesError::Unchecked)??;
    let work = desk.begin(permit).await?;
    Ok(Json(deposit(work, device, packages).await?))
}

/// Checks what is deposited: every package holds, is of this device, and is for the use it is deposited for.
fn check(
    devices: &Devices,
    caller: &Caller,
    ask: api::Deposit,
    now: Instant,
) -> Result<Vec<Kept>, DevicesError> {
    let (domain, account, device) = (devices.domain.clone(), caller.handle.clone(), caller.device);
    let own = LeafName { domain, account, device };
    let one = |(Opaque(package), last_resort): (Opaque, bool)| {
        let offer = check_key_package(&package, now)?;
        if offer.leaf.name != own || offer.leaf.key != caller.key.0 {
            return Err(DevicesError::Foreign);
        }
        if offer.last_resort != last_resort {
            return Err(DevicesError::OtherUse);
        }
        Ok(Kept { reference: offer.reference, last_resort, until: offer.until, package })
    };
    let packages = ask.packages.into_iter().map(|package| (package, false));
    packages.chain(ask.last_resort.map(|package| (package, true))).map(one).collect()
}

async fn deposit(
    mut work: Work<Deposit>,
    device: chancery_wire::ids::DeviceId,
    packages: Vec<Kept>,
) -> Result<api::Stock, DevicesError> {
    let at = work.at();
    let last_resort = packages.iter().find(|it| it.last_resort).map(|it| it.reference);
    if last_resort.is_some() {
        store::drop_last_resort(&mut work.tx, device).await?;
    }
    store::keep(&mut work.tx, device, &packages).await?;
    let left = store::stock(&mut work.tx, device, at).await?;
    if usize::try_from(left).is_ok_and(|left| left > PACKAGES_LIMIT) {
        return Err(DevicesError::Full);
    }
    let one_use = packages.iter().filter(|it| !it.last_resort).map(|it| it.reference).collect();
    work.commit(&Deposited { device, packages: one_use, last_resort }).await?;
    Ok(api::Stock { left })
}
