//! Withdraw a provider: what it says counts no more.
//!
//! `POST /v1/providers/withdrawals`, permitted by `Providers::"withdraw"` to who holds a role for it, recorded as `providers.withdrawn`. Accounts it
//! has vouched for stay, and show that it did.

use axum::Json;
use chancery_floor::work::Action;
use chancery_wire::{api, problem::Problem};

use super::{error::ProvidersError, facts::Withdrawn, list::listed, store};
use crate::counter::{Ask, Organisation, Refusal, Visitor};

/// The right to say which providers count no more.
#[derive(Debug)]
pub(crate) enum Withdraw {}

impl Action for Withdraw {
    type Resource = Organisation;
    const NAME: &'static str = r#"Providers::Action::"withdraw""#;
}

/// Has what an identity provider says count no more; answers those that are left.
#[utoipa::path(post, path = "/v1/providers/withdrawals", tag = "providers", operation_id = "providers.withdraw",
    request_body = api::WithdrawProvider,
    responses((status = 200, description = "The providers that are left.", body = api::Providers),
        (status = "default", description = "Refused.", body = Problem)))]
pub(super) async fn handle(
    Visitor { desk, caller }: Visitor,
    Ask(api::WithdrawProvider { issuer }): Ask<api::WithdrawProvider>,
) -> Result<Json<api::Providers>, Refusal> {
    let permit = desk.permit::<Withdraw>(Organisation)?;
    let mut work = desk.begin(permit).await?;
    let kept = store::all(&mut work.tx).await?;
    if !kept.iter().any(|kept| kept.provider.issuer == issuer) {
        return Err(ProvidersError::NoProvider.into());
    }
    let said = store::said(&mut work.tx, &issuer).await?.unwrap_or_else(|| work.at());
    let at = said.max(work.at());
    store::keep(&mut work.tx, &issuer, at, None).await?;
    store::forget(&mut work.tx, &issuer).await?;
    let left = listed(&mut work.tx).await?;
    work.commit(&Withdrawn { issuer, by: caller.handle }).await?;
    Ok(Json(left))
}
