//! Ask for an account's chain, to come back by its recovery key.
//!
//! `POST /v1/recoveries`, without a session, permitted by `Accounts::"ask-recovery"`; the proof of the key decides. Changes nothing. No
//! such account, no key and another key get the same answer.

use axum::{Json, extract::State};
use chancery_floor::work::Action;
use chancery_transparency::is_asked;
use chancery_wire::{
    api,
    problem::{Code, Problem},
};

use super::{Accounts, chains::chains, store};
use crate::counter::{Anybody, Ask, Organisation, Refusal};

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
    let chain = store::trusted(&mut from, &accounts.domain, &ask.handle).await?;
    let key = chain.and_then(|chain| chain.recovery);
    let proof: Option<[u8; 64]> = ask.proof.0.as_slice().try_into().ok();
    let proved = key
        .zip(proof)
        .is_some_and(|proved| is_asked(&accounts.domain, &ask.handle, (ask.at, desk.now()), proved));
    if !proved {
        return Err(Refusal::new(Code::NoRecovery));
    }
    Ok(Json(api::Chains { chains: chains(&mut from, &[ask.handle]).await? }))
}
