//! Join by invitation: an account is opened by the device that proves the secret of its link.
//!
//! `POST /v1/accounts`, without a session, permitted by `Accounts::"join"`; the invitation decides. Recorded as
//! `accounts.joined`. The same entry again is answered the same, for whoever lost the first answer.

use axum::{Json, extract::State, http::StatusCode};
use chancery_floor::work::{Action, Work};
use chancery_transparency::{Enrol, InvalidChain, Invitation, Vouch, verify};
use chancery_wire::{api, problem::Problem};

use super::{Accounts, error::AccountsError, facts::Joined, store};
use crate::counter::{Anybody, Ask, Organisation, Refusal};

/// The right to join.
#[derive(Debug)]
pub(crate) enum Join {}

impl Action for Join {
    type Resource = Organisation;
    const NAME: &'static str = r#"Accounts::Action::"join""#;
}

/// Opens the account that an invitation is for.
#[utoipa::path(post, path = "/v1/accounts", tag = "accounts", operation_id = "accounts.join", request_body = api::Join,
    responses((status = 201, description = "Joined.", body = api::Account),
        (status = "default", description = "Refused.", body = Problem)))]
pub(super) async fn handle(
    Anybody(desk): Anybody,
    State(accounts): State<Accounts>,
    Ask(ask): Ask<api::Join>,
) -> Result<(StatusCode, Json<api::Account>), Refusal> {
    let permit = desk.permit::<Join>(Organisation)?;
    let work = desk.begin(permit).await?;
    Ok((StatusCode::CREATED, Json(join(work, &accounts, &ask).await?)))
}

async fn join(
    mut work: Work<Join>,
    accounts: &Accounts,
    ask: &api::Join,
) -> Result<api::Account, AccountsError> {
    let (entry, at) = (&ask.entry.0, work.at());
    let (enrol, _) = Enrol::peek(entry)?;
    let account = api::Account { handle: enrol.handle.clone(), device: enrol.device };
    if store::is_kept(&mut work.tx, &enrol, entry).await? {
        return Ok(account);
    }
    let root = store::root(&mut work.tx).await?.ok_or(AccountsError::NotFounded)?;
    let kept = store::invitation(&mut work.tx, ask.invitation).await?;
    let kept = kept.filter(|invitation| invitation.is_open(at)).ok_or(AccountsError::NoInvitation)?;
    if !matches!(&enrol.vouch, Vouch::Invitation(signed) if *signed == kept.signed) {
        return Err(InvalidChain::SomebodyElse.into());
    }
    if store::first_entry(&mut work.tx, &enrol.handle).await?.is_some() {
        return Err(AccountsError::HandleTaken);
    }
    // A client cannot know that the inviter's device was revoked, or its account suspended, before the invitation is used; here it is known.
    let signed = Invitation::peek(&kept.signed).ok_or(AccountsError::NoInvitation)?;
    store::find_device(&mut work.tx, signed.device).await?.ok_or(AccountsError::NoInvitation)?;
    let inviter = store::trusted(&mut work.tx, &accounts.domain, &kept.invited_by).await?;
    let trusted =
        verify(std::slice::from_ref(entry), &kept.handle, &accounts.domain, root, |_| inviter.clone())?;
    let device = trusted.devices.first().ok_or(InvalidChain::Length)?;
    if !store::use_invitation(&mut work.tx, kept.id, at).await? {
        return Err(AccountsError::NoInvitation);
    }
    if !store::open(&mut work.tx, device, entry, at).await? {
        return Err(AccountsError::KnownDevice);
    }
    let (handle, device) = (enrol.handle, enrol.device);
    work.commit(&Joined { handle, device, invitation: kept.id, chain: trusted.head }).await?;
    Ok(account)
}
