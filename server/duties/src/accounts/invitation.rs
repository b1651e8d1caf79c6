//! See an invitation: what the holder of a link needs before joining.
//!
//! `GET /v1/invitations/{id}`, without a session, permitted by `Accounts::"see-invitation"`; the id is 128 random bits.
//! Unknown, used and run out are one answer.

use axum::Json;
use chancery_floor::work::Action;
use chancery_wire::{api, ids::InvitationId, problem::Problem};

use super::{chains, error::AccountsError, invite::view, store};
use crate::counter::{Anybody, At, Organisation, Refusal};

/// The right to see an invitation.
#[derive(Debug)]
pub(crate) enum SeeInvitation {}

impl Action for SeeInvitation {
    type Resource = Organisation;
    const NAME: &'static str = r#"Accounts::Action::"see-invitation""#;
}

/// The invitation with the chains it rests on, the founding first.
#[utoipa::path(get, path = "/v1/invitations/{id}", tag = "accounts", operation_id = "accounts.see-invitation",
    params(("id" = InvitationId, Path, description = "The invitation.")),
    responses((status = 200, description = "It can be used.", body = api::Invitation),
        (status = "default", description = "Refused.", body = Problem)))]
pub(super) async fn handle(
    Anybody(desk): Anybody,
    At(id): At<InvitationId>,
) -> Result<Json<api::Invitation>, Refusal> {
    let permit = desk.permit::<SeeInvitation>(Organisation)?;
    let mut from = desk.look(&permit);
    let kept = store::invitation(&mut from, id).await?;
    let kept = kept.filter(|kept| kept.is_open(desk.now())).ok_or(AccountsError::NoInvitation)?;
    let chains = chains(&mut from, std::slice::from_ref(&kept.invited_by)).await?;
    Ok(Json(view(kept, chains)))
}
