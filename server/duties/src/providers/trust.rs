//! Trust a provider: an officer's device deposits what it has signed about one.
//!
//! `PUT /v1/providers`, permitted by `Providers::"trust"` to officers who hold a role for it, recorded as `providers.trusted`. A later statement takes the
//! place of an earlier one: so an officer takes in the keys that a provider has changed to.

use axum::{Json, extract::State};
use chancery_floor::work::{Action, Work};
use chancery_trail::digest;
use chancery_transparency::Provider;
use chancery_wire::{api, bytes::Opaque, problem::Problem};

use super::{Providers, error::ProvidersError, facts::TrustedProvider, store};
use crate::counter::{Ask, Caller, Organisation, Refusal, Visitor};

/// How far an officer's clock may be ahead, in seconds.
const SKEW: i64 = 60;

/// The right to say which providers count: `policies/providers.cedar` grants it to officers.
#[derive(Debug)]
pub(crate) enum Trust {}

impl Action for Trust {
    type Resource = Organisation;
    const NAME: &'static str = r#"Providers::Action::"trust""#;
}

/// Deposits a statement about an identity provider that the calling device has signed.
#[utoipa::path(put, path = "/v1/providers", tag = "providers", operation_id = "providers.trust", request_body = api::TrustProvider,
    responses((status = 200, description = "The provider.", body = api::Provider),
        (status = 202, description = "It waits for another person.", body = api::PutOff),
        (status = "default", description = "Refused.", body = Problem)))]
pub(super) async fn handle(
    Visitor { desk, caller }: Visitor,
    State(providers): State<Providers>,
    Ask(ask): Ask<api::TrustProvider>,
) -> Result<Json<api::Provider>, Refusal> {
    let permit = desk.permit::<Trust>(Organisation)?;
    let work = desk.begin(permit).await?;
    let signed = ask.statement.0;
    trust(work, &providers, &caller, &signed).await?;
    Ok(Json(api::Provider { statement: Opaque(signed) }))
}

async fn trust(
    mut work: Work<Trust>,
    providers: &Providers,
    caller: &Caller,
    signed: &[u8],
) -> Result<(), ProvidersError> {
    let wrong = ProvidersError::BadStatement;
    let it = Provider::checked(signed, &caller.key);
    let it =
        it.ok_or(wrong("this device did not sign the statement, or nothing could be checked with it"))?;
    if it.domain != providers.domain {
        return Err(wrong("the statement is for another organisation"));
    }
    if it.by != caller.handle || it.device != caller.device {
        return Err(wrong("the statement is signed in another device's name"));
    }
    let kept = store::all(&mut work.tx).await?;
    if kept.iter().any(|kept| kept.signed == signed) {
        return Ok(());
    }
    // An earlier one must not come back: it may have been withdrawn. One from the future could not be replaced.
    let said = store::said(&mut work.tx, &it.issuer).await?;
    if said.is_some_and(|said| it.at <= said) || it.at > work.at().plus_seconds(SKEW) {
        return Err(wrong(
            "the statement is older than what was last said about this provider, or from the future: check this device's clock",
        ));
    }
    // What was said under other terms does not count under these. Keys change all the time; the terms do not.
    let before = kept.iter().find(|kept| kept.provider.issuer == it.issuer).map(|kept| &kept.provider);
    if before.is_none_or(|before| before.client != it.client || before.acr != it.acr) {
        store::forget(&mut work.tx, &it.issuer).await?;
    }
    store::keep(&mut work.tx, &it.issuer, it.at, Some(signed)).await?;
    let keys = u64::try_from(it.keys.len()).unwrap_or(u64::MAX);
    let (issuer, client, by) = (it.issuer, it.client, it.by);
    let (vouches, statement) = (it.vouches, digest(signed));
    work.commit(&TrustedProvider { issuer, client, vouches, keys, statement, by }).await?;
    Ok(())
}
