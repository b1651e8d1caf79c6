//! Found the organisation: the first device of the first account, which vouches for itself.
//!
//! `POST /v1/organisation`, without a session, permitted by `Accounts::"found"`; the one-time code decides. Recorded as
//! `accounts.founded`. The same entry again is answered the same, for whoever lost the first answer.

use axum::{Json, extract::State, http::StatusCode};
use chancery_floor::work::{Action, Work};
use chancery_trail::digest;
use chancery_transparency::{Enrol, InvalidChain, Root, verify};
use chancery_wire::{api, problem::Problem};

use super::{Accounts, error::AccountsError, facts::Founded, store};
use crate::counter::{Anybody, Ask, Organisation, Refusal};

/// The right to found the organisation.
#[derive(Debug)]
pub(crate) enum Found {}

impl Action for Found {
    type Resource = Organisation;
    const NAME: &'static str = r#"Accounts::Action::"found""#;
}

/// Founds the organisation with the one-time code that the server printed.
#[utoipa::path(post, path = "/v1/organisation", tag = "accounts", operation_id = "accounts.found", request_body = api::Found,
    responses((status = 201, description = "Founded.", body = api::Account),
        (status = "default", description = "Refused.", body = Problem)))]
pub(super) async fn handle(
    Anybody(desk): Anybody,
    State(accounts): State<Accounts>,
    Ask(ask): Ask<api::Found>,
) -> Result<(StatusCode, Json<api::Account>), Refusal> {
    let permit = desk.permit::<Found>(Organisation)?;
    let work = desk.begin(permit).await?;
    Ok((StatusCode::CREATED, Json(found(work, &accounts, &ask).await?)))
}

async fn found(
    mut work: Work<Found>,
    accounts: &Accounts,
    ask: &api::Found,
) -> Result<api::Account, AccountsError> {
    let entry = &ask.entry.0;
    let (enrol, _) = Enrol::peek(entry)?;
    let account = api::Account { handle: enrol.handle.clone(), device: enrol.device };
    if store::is_kept(&mut work.tx, &enrol, entry).await? {
        return Ok(account);
    }
    if store::root(&mut work.tx).await?.is_some() {
        return Err(AccountsError::Founded);
    }
    if !store::use_code(&mut work.tx, digest(&ask.code.0)).await? {
        return Err(AccountsError::WrongCode);
    }
    let root = Root(digest(entry));
    let trusted = verify(std::slice::from_ref(entry), &enrol.handle, &accounts.domain, root, |_| None)?;
    let device = trusted.devices.first().ok_or(InvalidChain::Length)?;
    let at = work.at();
    let first = store::found(&mut work.tx, device, root, at).await?;
    if !first || !store::open(&mut work.tx, device, entry, at).await? {
        return Err(AccountsError::Founded);
    }
    work.commit(&Founded { handle: enrol.handle, device: enrol.device, root: root.0 }).await?;
    Ok(account)
}
