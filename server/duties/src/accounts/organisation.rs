//! Look at the organisation: what anybody may know about a server.
//!
//! `GET /v1/organisation`, without a session, permitted by `Accounts::"look"`.

use axum::{Json, extract::State};
use chancery_floor::work::Action;
use chancery_wire::{api, problem::Problem};

use super::{Accounts, error::AccountsError, store};
use crate::counter::{Anybody, Organisation, Refusal};

/// The right to look at the organisation.
#[derive(Debug)]
pub(crate) enum Look {}

impl Action for Look {
    type Resource = Organisation;
    const NAME: &'static str = r#"Accounts::Action::"look""#;
}

/// What anybody may know about this server.
#[utoipa::path(get, path = "/v1/organisation", tag = "accounts", operation_id = "accounts.look",
    responses((status = 200, description = "The organisation.", body = api::Organisation),
        (status = "default", description = "Refused.", body = Problem)))]
pub(super) async fn handle(
    Anybody(desk): Anybody,
    State(accounts): State<Accounts>,
) -> Result<Json<api::Organisation>, Refusal> {
    let permit = desk.permit::<Look>(Organisation)?;
    let root = store::root(&mut desk.look(&permit)).await.map_err(AccountsError::from)?;
    Ok(Json(api::Organisation { domain: accounts.domain, founded: root.is_some() }))
}
