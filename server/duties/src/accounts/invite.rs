//! Invite: an officer's device deposits a signed invitation for one account.
//!
//! `POST /v1/invitations`, permitted by `Accounts::"invite"` or `"invite-officer"` to officers who hold a role for it, recorded as `accounts.invited`. The secret that
//! uses it travels in a link's fragment and never comes here.

use axum::{Json, extract::State, http::StatusCode};
use chancery_floor::work::{Action, Work};
use chancery_transparency::{Invitation, Scope};
use chancery_wire::{api, bytes::Opaque, problem::Problem, time::DAY};

use super::{
    Accounts, chains,
    error::AccountsError,
    facts::Invited,
    model::{INVITATION_DAYS, Pending},
    store,
};
use crate::counter::{Ask, Caller, Organisation, Refusal, Visitor};

/// The right to invite: `policies/accounts.cedar` grants it to officers.
#[derive(Debug)]
pub(crate) enum Invite {}

impl Action for Invite {
    type Resource = Organisation;
    const NAME: &'static str = r#"Accounts::Action::"invite""#;
}

/// The right to invite an officer or the directory's program, whom everybody's client believes in turn.
#[derive(Debug)]
pub(crate) enum InviteOfficer {}

impl Action for InviteOfficer {
    type Resource = Organisation;
    const NAME: &'static str = r#"Accounts::Action::"invite-officer""#;
}

/// Deposits an invitation that the calling device signed.
#[utoipa::path(post, path = "/v1/invitations", tag = "accounts", operation_id = "accounts.invite", request_body = api::Invite,
    responses((status = 201, description = "Deposited.", body = api::Invitation),
        (status = 202, description = "An officer, or the directory's program: it waits for another person.", body = api::PutOff),
        (status = "default", description = "Refused.", body = Problem)))]
pub(super) async fn handle(
    Visitor { desk, caller }: Visitor,
    State(accounts): State<Accounts>,
    Ask(ask): Ask<api::Invite>,
) -> Result<(StatusCode, Json<api::Invitation>), Refusal> {
    let signed = ask.invitation.0;
    // Whom everybody's client believes when it says who belongs to the organisation: an officer, and the directory's program.
    let believed =
        |it: Invitation| it.officer || it.bot.is_some_and(|bot| bot.scope == Some(Scope::Directory));
    let invited = if Invitation::peek(&signed).is_some_and(believed) {
        let work = desk.begin(desk.permit::<InviteOfficer>(Organisation)?).await?;
        invite(work, &accounts, &caller, signed).await?
    } else {
        let work = desk.begin(desk.permit::<Invite>(Organisation)?).await?;
        invite(work, &accounts, &caller, signed).await?
    };
    Ok((StatusCode::CREATED, Json(invited)))
}

async fn invite<A: Action>(
    mut work: Work<A>,
    accounts: &Accounts,
    caller: &Caller,
    signed: Vec<u8>,
) -> Result<api::Invitation, AccountsError> {
    let wrong = AccountsError::BadInvitation;
    let it =
        Invitation::checked(&signed, &caller.key).ok_or(wrong("this device did not sign the invitation"))?;
    if it.domain != accounts.domain {
        return Err(wrong("the invitation is for another organisation"));
    }
    if it.by != caller.handle || it.device != caller.device {
        return Err(wrong("the invitation is signed in another device's name"));
    }
    if it.until <= work.at() || it.until > work.at().plus_seconds(INVITATION_DAYS * DAY) {
        return Err(wrong("the invitation has run out or would wait longer than 30 days"));
    }
    let own = store::trusted(&mut work.tx, &accounts.domain, &caller.handle).await?;
    if own.is_none_or(|own| own.head != it.chain) {
        return Err(wrong("the invitation names another state of the inviter's device chain"));
    }
    if store::first_entry(&mut work.tx, &it.handle).await?.is_some() {
        return Err(AccountsError::HandleTaken);
    }
    if !it.is_sound() {
        return Err(wrong(
            "neither a bot nor a guest is an officer; a bot says in one line what it is for, and a guest comes into at least one room",
        ));
    }
    if let Some(bot) = &it.bot {
        let owner = store::devices_of(&mut work.tx, &bot.owner).await?;
        if owner.first().is_none_or(|it| it.bot || it.guest) {
            return Err(wrong("only somebody of the organisation, who is not suspended, answers for a bot"));
        }
    }
    if let Some(guest) = &it.guest {
        let sponsor = store::devices_of(&mut work.tx, &guest.sponsor).await?;
        if sponsor.first().is_none_or(|it| it.bot || it.guest) {
            return Err(wrong(
                "only somebody of the organisation, who is not suspended, answers for a guest",
            ));
        }
        if guest.until <= work.at() {
            return Err(wrong("the guest's time is over already"));
        }
    }
    let (handle, invited_by) = (it.handle.clone(), it.by.clone());
    let pending = Pending { id: it.id, handle, until: it.until, invited_by, signed, used: false };
    let chains = chains(&mut work.tx, std::slice::from_ref(&pending.invited_by)).await?;
    if store::deposit(&mut work.tx, &pending).await? {
        let (officer, until) = (it.officer, it.until);
        work.commit(&Invited { invitation: it.id, handle: it.handle, officer, until }).await?;
    } else {
        let kept = store::invitation(&mut work.tx, it.id).await?;
        if kept.is_none_or(|kept| kept.signed != pending.signed) {
            return Err(wrong("the invitation's id is taken"));
        }
    }
    Ok(view(pending, chains))
}

/// An invitation as the one who holds its link sees it.
pub(super) fn view(it: Pending, chains: Vec<api::Chain>) -> api::Invitation {
    let invitation = Opaque(it.signed);
    api::Invitation { id: it.id, handle: it.handle, until: it.until, invitation, chains }
}
