//! List the providers that the organisation trusts.
//!
//! `GET /v1/providers/{root}`, without a session, permitted by `Providers::"list"`: whoever joins by one has no account yet. They know
//! the root, from the link that the organisation hands out; nobody else learns who its officers are. Changes nothing.

use axum::Json;
use chancery_floor::{
    store::{Read, StoreError},
    work::Action,
};
use chancery_wire::{api, bytes::Opaque, ids::Digest, problem::Problem};

use super::{error::ProvidersError, model::Kept, store};
use crate::{
    accounts,
    counter::{Anybody, At, Organisation, Refusal},
};

/// The right to see which providers count.
#[derive(Debug)]
pub(crate) enum List {}

impl Action for List {
    type Resource = Organisation;
    const NAME: &'static str = r#"Providers::Action::"list""#;
}

/// The identity providers of the organisation with this root, and the device chains of the officers who have signed that.
#[utoipa::path(get, path = "/v1/providers/{root}", tag = "providers", operation_id = "providers.list",
    params(("root" = Digest, Path, description = "The organisation's root.")),
    responses((status = 200, description = "The providers.", body = api::Providers),
        (status = "default", description = "Refused.", body = Problem)))]
pub(super) async fn handle(
    Anybody(desk): Anybody,
    At(root): At<Digest>,
) -> Result<Json<api::Providers>, Refusal> {
    let permit = desk.permit::<List>(Organisation)?;
    let mut from = desk.look(&permit);
    if accounts::root(&mut from).await?.is_none_or(|ours| ours.0 != root) {
        return Err(ProvidersError::NoProvider.into());
    }
    Ok(Json(listed(&mut from).await?))
}

/// What is there, for whoever may see it.
pub(super) async fn listed(from: &mut impl Read) -> Result<api::Providers, StoreError> {
    let kept = trusted(from).await?;
    let officers: Vec<_> = kept.iter().map(|kept| kept.provider.by.clone()).collect();
    let chains = accounts::chains(from, &officers).await?;
    let providers = kept.into_iter().map(|kept| api::Provider { statement: Opaque(kept.signed) }).collect();
    Ok(api::Providers { providers, chains })
}

/// The providers that count. A client cannot know that an officer's device was revoked before it signed; here it is known, and what it
/// has signed counts no more until another officer signs it.
pub(super) async fn trusted(from: &mut impl Read) -> Result<Vec<Kept>, StoreError> {
    let mut there = Vec::new();
    for kept in store::all(from).await? {
        if accounts::find_device(from, kept.provider.device).await?.is_some() {
            there.push(kept);
        }
    }
    Ok(there)
}
