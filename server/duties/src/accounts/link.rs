//! Link: a device that an earlier one of the same account vouched for comes into the account's chain.
//!
//! `POST /v1/devices`, without a session, permitted by `Accounts::"link"`; the earlier device's signature decides. Recorded as
//! `accounts.device-linked`. The same entry again is answered the same, for whoever lost the first answer.

use axum::{Json, extract::State, http::StatusCode};
use chancery_floor::work::{Action, Work};
use chancery_transparency::{Enrol, InvalidChain};
use chancery_wire::{api, problem::Problem};

use super::{Accounts, error::AccountsError, facts::Linked, store};
use crate::counter::{Anybody, Ask, Organisation, Refusal};

/// The right to be linked.
#[derive(Debug)]
pub(crate) enum Link {}

impl Action for Link {
    type Resource = Organisation;
    const NAME: &'static str = r#"Accounts::Action::"link""#;
}

/// Takes a device into the chain of the account that an earlier device vouches for.
#[utoipa::path(post, path = "/v1/devices", tag = "accounts", operation_id = "accounts.link", request_body = api::Link,
    responses((status = 201, description = "Linked.", body = api::Account),
        (status = "default", description = "Refused.", body = Problem)))]
pub(super) async fn handle(
    Anybody(desk): Anybody,
    State(accounts): State<Accounts>,
    Ask(ask): Ask<api::Link>,
) -> Result<(StatusCode, Json<api::Account>), Refusal> {
    let permit = desk.permit::<Link>(Organisation)?;
    let work = desk.begin(permit).await?;
    Ok((StatusCode::CREATED, Json(link(work, &accounts, &ask).await?)))
}

async fn link(
    mut work: Work<Link>,
    accounts: &Accounts,
    ask: &api::Link,
) -> Result<api::Account, AccountsError> {
    let entry = &ask.entry.0;
    let (enrol, _) = Enrol::peek(entry)?;
    let account = api::Account { handle: enrol.handle.clone(), device: enrol.device };
    if store::is_kept(&mut work.tx, &enrol, entry).await? {
        return Ok(account);
    }
    let chain = store::trusted(&mut work.tx, &accounts.domain, &enrol.handle).await?;
    // That there is no such account is not said to whoever cannot sign for it.
    let mut chain = chain.ok_or(InvalidChain::NoRightToVouch)?;
    chain.extend(entry)?;
    if !store::link(&mut work.tx, &chain, entry).await? {
        return Err(AccountsError::KnownDevice);
    }
    let by = chain.devices.last().and_then(|device| device.linked_by);
    work.commit(&Linked { handle: enrol.handle, device: enrol.device, by, chain: chain.head }).await?;
    Ok(account)
}
