//! Guests: who takes part from outside, who answers for them, where, and until when.
//!
//! `GET /v1/guests`, permitted by `Accounts::"see-guests"`.

use axum::Json;
use chancery_floor::work::Action;
use chancery_wire::{api, names::Handle, problem::Problem};

use super::{attended_store, store};
use crate::counter::{Organisation, Refusal, Visitor};

/// The right to see who is a guest.
#[derive(Debug)]
pub(crate) enum SeeGuests {}

impl Action for SeeGuests {
    type Resource = Organisation;
    const NAME: &'static str = r#"Accounts::Action::"see-guests""#;
}

/// The guests of the organisation.
#[utoipa::path(get, path = "/v1/guests", tag = "accounts", operation_id = "accounts.see-guests",
    responses((status = 200, description = "The guests.", body = api::Guests),
        (status = "default", description = "Refused.", body = Problem)))]
pub(super) async fn handle(Visitor { desk, .. }: Visitor) -> Result<Json<api::Guests>, Refusal> {
    let permit = desk.permit::<SeeGuests>(Organisation)?;
    let mut from = desk.look(&permit);
    let (attended, standings) =
        (attended_store::attended(&mut from).await?, store::standings(&mut from).await?);
    let is_out = |who: &Handle| standings.get(who).is_none_or(|it| it.suspended.is_some());
    let mut guests: Vec<api::Guest> = attended
        .into_iter()
        .filter_map(|(account, it)| {
            let terms = it.guest?;
            let (over, suspended, orphaned) =
                (terms.until <= desk.now(), is_out(&account), is_out(&terms.sponsor));
            let (sponsor, rooms, until) = (terms.sponsor, terms.rooms, terms.until);
            Some(api::Guest { account, sponsor, rooms, until, over, suspended, orphaned })
        })
        .collect();
    guests.sort_by(|one, next| one.account.cmp(&next.account));
    Ok(Json(api::Guests { guests }))
}
