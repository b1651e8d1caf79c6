//! Ask for an account's chain, to come back by its recovery key.
//!
//! `POST /v1/recoveries`, without a session, permitted by `Accounts::"ask-recovery"`; the proof of the key decides. Changes nothing. No
//! such account, no key and another key get the same answer.

use axum::{Json, extract::State};
use chancery_floor::work::Action;
use chancery_transparency::{PublicKey, is_asked};
use chancery_wire::{
    api,
    problem::{Code, Problem},
};

use super::{Accounts, chains::chains, store};
use crate::counter::{Anybody, Ask, Organisation, Refusal};

/// A key of which everybody has the private half, and which brings nobody back: the base point of Ed25519.
const NOBODYS: [u8; 32] = {
    let mut key = [0x66; 32];
    key[0] = 0x58;
    key
};

/// The right to ask.
#[derive(Debug)]
pub(crate) enum AskRecovery {}

impl Action for AskRecovery {
    type Resource = Organisation;
    const NAME: &'static str = r#"Accounts::Action::"ask-recovery""#;
}

/// The chain of an account, for whoever has its recovery key.
#[utoipa::path(post, path = "/v1/recoveries", tag = "accounts", operation_id = "accounts.ask-recovery",
    request_body = api::AskRecovery,
    responses((status = 200, description = "The chain, and those it rests on.", body = api::Chains),
        (status = "default", description = "Refused.", body = Problem)))]
pub(super) async fn handle(
    Anybody(desk): Anybody,
    State(accounts): State<Accounts>,
    Ask(ask): Ask<api::AskRecovery>,
) -> Result<Json<api::Chains>, Refusal> {
    let permit = desk.permit::<AskRecovery>(Organisation)?;
    let mut from = desk.look(&permit);
    let key = store::recovery_key(&mut from, &ask.handle).await?;
    let proof: Option<[u8; 64]> = ask.proof.0.as_slice().try_into().ok();
    // As much is done where there is nothing to find, so that the time says nothing either.
    let (there, key) = (key.is_some(), PublicKey(key.unwrap_or(NOBODYS)));
    let proved = proof.is_some_and(|proof| {
        is_asked(&accounts.domain, &ask.handle, (ask.at, desk.now()), (key, proof)) && there
    });
    if !proved {
        return Err(Refusal::new(Code::NoRecovery));
    }
    Ok(Json(api::Chains { chains: chains(&mut from, &[ask.handle]).await? }))
}
