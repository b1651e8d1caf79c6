//! Look: the page asks what a ceremony is about, and what the browser is to be asked for.
//!
//! `POST /v1/ceremonies/look`, for whoever has the page's secret, permitted by `Passkeys::"look"`. Changes nothing.

use axum::{Json, extract::State};
use chancery_floor::{store::Read, work::Action};
use chancery_trail::digest;
use chancery_wire::{
    api::{CeremonyView, LookAtCeremony},
    bytes::Opaque,
    problem::Problem,
    time::Instant,
};

use super::{
    Passkeys,
    error::PasskeysError,
    model::{Held, Purpose, State as Standing},
    party::Owner,
    store,
};
use crate::{
    accounts,
    counter::{Anybody, Ask, Organisation, Refusal},
};

/// The right to look at a ceremony.
#[derive(Debug)]
pub(crate) enum Look {}

impl Action for Look {
    type Resource = Organisation;
    const NAME: &'static str = r#"Passkeys::Action::"look""#;
}

/// What a ceremony is about.
#[utoipa::path(post, path = "/v1/ceremonies/look", tag = "passkeys", operation_id = "passkeys.look",
    request_body = LookAtCeremony,
    responses((status = 200, description = "What it is about.", body = CeremonyView),
        (status = "default", description = "Refused.", body = Problem)))]
pub(super) async fn handle(
    Anybody(desk): Anybody,
    State(passkeys): State<Passkeys>,
    Ask(ask): Ask<LookAtCeremony>,
) -> Result<Json<CeremonyView>, Refusal> {
    let permit = desk.permit::<Look>(Organisation)?;
    let (mut reader, party) = (desk.look(&permit), passkeys.party()?);
    let held = open(&mut reader, &ask.secret, desk.now()).await?;
    let kept = store::of(&mut reader, &held.handle).await?;
    let officer = is_officer(&mut reader, &held).await?;
    let owner = Owner { handle: &held.handle, officer, kept: &kept };
    let makes = matches!(held.purpose, Purpose::Add { .. });
    let options = if makes {
        party.ask_for_new(owner, held.challenge())?
    } else {
        party.ask_for(owner, held.challenge())?
    };
    Ok(Json(CeremonyView { handle: held.handle, words: held.words, device: held.device, makes, options }))
}

/// Whether a ceremony is an officer's. Who was revoked meanwhile asks for nothing any more; as a device that there is not yet, an account
/// comes back.
pub(super) async fn is_officer(from: &mut impl Read, held: &Held) -> Result<bool, PasskeysError> {
    if let Some(device) = accounts::find_device(from, held.device).await? {
        return Ok(device.standing.is_officer());
    }
    if accounts::all_devices_of(from, &held.handle).await?.contains(&held.device) {
        return Err(PasskeysError::NoCeremony);
    }
    let standing = accounts::standing_of(from, &held.handle).await?;
    Ok(standing.ok_or(PasskeysError::NoCeremony)?.is_officer())
}

/// The ceremony with this secret, if it still waits for the person.
pub(super) async fn open(from: &mut impl Read, secret: &Opaque, now: Instant) -> Result<Held, PasskeysError> {
    let held = store::by_secret(from, digest(&secret.0), now).await?;
    held.filter(|held| held.state == Standing::Open).ok_or(PasskeysError::NoCeremony)
}
