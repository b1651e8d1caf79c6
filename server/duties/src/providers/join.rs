//! Join by a provider: it vouches for the first device of an account that there is not yet.
//!
//! `POST /v1/providers/accounts`, without a session, permitted by `Providers::"join"`; the provider's token in the entry decides.
//! Recorded as `providers.joined`. The same entry again is answered the same, for whoever lost the first answer.

use axum::{Json, extract::State, http::StatusCode};
use chancery_floor::work::{Action, Work};
use chancery_transparency::{Enrol, InvalidChain, InvalidToken, Vouch};
use chancery_wire::{api, problem::Problem};

use super::{Providers, error::ProvidersError, facts::Joined, list::trusted, store};
use crate::{
    accounts::{self, AccountsError},
    counter::{Anybody, Ask, Organisation, Refusal},
};

/// How long ago a person may have signed in at the provider who joins by it, in seconds: what clients ask for, and a minute.
const JUST_NOW: i64 = 360;

/// The right to join.
#[derive(Debug)]
pub(crate) enum Join {}

impl Action for Join {
    type Resource = Organisation;
    const NAME: &'static str = r#"Providers::Action::"join""#;
}

/// Opens the account that an identity provider vouches for.
#[utoipa::path(post, path = "/v1/providers/accounts", tag = "providers", operation_id = "providers.join",
    request_body = api::JoinByProvider,
    responses((status = 201, description = "Joined.", body = api::Account),
        (status = "default", description = "Refused.", body = Problem)))]
pub(super) async fn handle(
    Anybody(desk): Anybody,
    State(providers): State<Providers>,
    Ask(ask): Ask<api::JoinByProvider>,
) -> Result<(StatusCode, Json<api::Account>), Refusal> {
    let permit = desk.permit::<Join>(Organisation)?;
    let work = desk.begin(permit).await?;
    Ok((StatusCode::CREATED, Json(join(work, &providers, &ask.entry.0).await?)))
}

async fn join(
    mut work: Work<Join>,
    providers: &Providers,
    entry: &[u8],
) -> Result<api::Account, ProvidersError> {
    let (enrol, _) = Enrol::peek(entry).map_err(AccountsError::from)?;
    let account = api::Account { handle: enrol.handle.clone(), device: enrol.device };
    if accounts::is_kept(&mut work.tx, &enrol, entry).await? {
        return Ok(account);
    }
    let Vouch::Provider { statement, token } = &enrol.vouch else {
        return Err(AccountsError::from(InvalidChain::NoRightToVouch).into());
    };
    let kept = trusted(&mut work.tx).await?;
    let kept = kept.iter().find(|kept| kept.signed == *statement).ok_or(ProvidersError::NoProvider)?;
    let claims = kept.provider.read(token, (enrol.device, &enrol.key))?;
    let at = work.at();
    if !claims.is_current(at) {
        return Err(InvalidToken::Stale.into());
    }
    // Somebody who is signed in there all day would not notice that the answer is somebody else's device.
    let signed_in = claims.signed_in.filter(|then| at < then.plus_seconds(JUST_NOW));
    let signed_in = signed_in.ok_or(InvalidToken::NotNow)?;
    let by = &kept.provider.by;
    let opened = accounts::open_provided(&mut work.tx, &providers.domain, (&enrol.handle, by), entry, at);
    let (chain, issuer) = (opened.await?, kept.provider.issuer.clone());
    if !store::bind(&mut work.tx, (&issuer, &claims.subject), &enrol.handle).await? {
        return Err(ProvidersError::OtherSubject);
    }
    store::signed_in(&mut work.tx, enrol.device, &issuer, signed_in.min(at)).await?;
    let (handle, device) = (enrol.handle, enrol.device);
    let (subject, acr) = (claims.subject, claims.acr);
    work.commit(&Joined { handle, device, issuer, subject, acr, chain }).await?;
    Ok(account)
}
