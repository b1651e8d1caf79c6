//! Finish: the authenticator has answered.
//!
//! `POST /v1/ceremonies/finish`, for whoever has the page's secret, permitted by `Passkeys::"finish"`, recorded as `passkeys.added` or
//! `passkeys.approved`. The answer proves itself: it is signed by the passkey, for this challenge and on this origin.

use axum::{Json, extract::State, http::StatusCode};
use chancery_floor::work::{Action, Work};
use chancery_wire::{
    api::{CeremonyState, FinishCeremony, PASSKEYS_LIMIT},
    bytes::Opaque,
    ids::PasskeyId,
    problem::Problem,
};
use serde_json::Value;

use super::{
    Passkeys,
    error::PasskeysError,
    facts::{Added, Approved, CopySuspected},
    look::{is_officer, open},
    model::{Held, Kept, Purpose, State as Standing},
    party::{self, Owner, Party},
    store,
};
use crate::counter::{Anybody, Ask, Organisation, Refusal};

/// The right to finish a ceremony.
#[derive(Debug)]
pub(crate) enum Finish {}

impl Action for Finish {
    type Resource = Organisation;
    const NAME: &'static str = r#"Passkeys::Action::"finish""#;
}

/// Takes what the authenticator answered.
#[utoipa::path(post, path = "/v1/ceremonies/finish", tag = "passkeys", operation_id = "passkeys.finish",
    request_body = FinishCeremony,
    responses((status = 200, description = "Done.", body = CeremonyState),
        (status = "default", description = "Refused.", body = Problem)))]
pub(super) async fn handle(
    Anybody(desk): Anybody,
    State(passkeys): State<Passkeys>,
    Ask(ask): Ask<FinishCeremony>,
) -> Result<(StatusCode, Json<CeremonyState>), Refusal> {
    let party = passkeys.party()?;
    let permit = desk.permit::<Finish>(Organisation)?;
    // Who knows no secret keeps no writer busy.
    open(&mut desk.look(&permit), &ask.secret, desk.now()).await?;
    let mut work = desk.begin(permit).await?;
    let at = work.at();
    let held = open(&mut work.tx, &ask.secret, at).await?;
    let kept = store::of(&mut work.tx, &held.handle).await?;
    let officer = is_officer(&mut work.tx, &held).await?;
    let owner = Owner { handle: &held.handle, officer, kept: &kept };
    if !store::step(&mut work.tx, held.ceremony, (Standing::Open, Standing::Done)).await? {
        return Err(PasskeysError::NoCeremony.into());
    }
    match held.purpose.clone() {
        Purpose::Add { name } => add(work, &party, (&held, name), (owner, &ask.answer)).await?,
        Purpose::Approve { .. } => match party.check(owner, held.challenge(), &ask.answer) {
            Ok(assertion) => approve(work, held, assertion).await?,
            Err(PasskeysError::Copied) => {
                // The ceremony is over with that.
                store::step(&mut work.tx, held.ceremony, (Standing::Done, Standing::Used)).await?;
                work.commit(&CopySuspected { handle: held.handle, ceremony: held.ceremony }).await?;
                return Err(PasskeysError::Copied.into());
            }
            Err(error) => return Err(error.into()),
        },
    }
    Ok((StatusCode::OK, Json(CeremonyState { done: true })))
}

async fn add(
    mut work: Work<Finish>,
    party: &Party,
    (held, name): (&Held, String),
    (owner, answer): (Owner<'_>, &Value),
) -> Result<(), PasskeysError> {
    // It was the first one when it was asked for, and is not any more: nobody has approved a further one.
    if !held.confirmed && !owner.kept.is_empty() {
        return Err(PasskeysError::NoCeremony);
    }
    if owner.kept.len() >= PASSKEYS_LIMIT {
        return Err(PasskeysError::TooMany);
    }
    let credential = party.check_new(owner, held.challenge(), answer)?;
    let (passkey, handle, added) = (PasskeyId(work.fresh()), held.handle.clone(), work.at());
    let kept = Kept { passkey, handle, name, credential, added, used: None };
    if !store::keep(&mut work.tx, &kept).await? {
        return Err(PasskeysError::Wrong("this passkey belongs to an account already"));
    }
    let (ceremony, handle, model) = (held.ceremony, held.handle.clone(), party::model(&kept.credential));
    let (attestation, synced) = (party::attestation(&kept.credential), kept.credential.backup_eligible);
    let key = party::key(&kept.credential)?;
    work.commit(&Added { handle, passkey, ceremony, key, model, attestation, synced }).await?;
    Ok(())
}

async fn approve(mut work: Work<Finish>, held: Held, it: party::Assertion) -> Result<(), PasskeysError> {
    let at = work.at();
    store::used(&mut work.tx, &it.by, at).await?;
    let Purpose::Approve { method, path, body } = held.purpose else { return Err(PasskeysError::NoCeremony) };
    let key = party::key(&it.by.credential)?;
    let approved = Approved {
        handle: held.handle,
        passkey: it.by.passkey,
        ceremony: held.ceremony,
        device: held.device,
        method,
        path,
        body,
        nonce: Opaque(held.nonce.to_vec()),
        key,
        authenticator_data: Opaque(it.authenticator_data),
        client_data: Opaque(it.client_data),
        signature: Opaque(it.signature),
    };
    work.commit(&approved).await?;
    Ok(())
}
