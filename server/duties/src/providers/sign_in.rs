//! Signing in at a provider: what it says about somebody who has an account, and until when that is good.
//!
//! No route of its own: it is shown where a session is opened (`POST /v1/sessions`), which is recorded as `signin.opened`.

use chancery_floor::store::{Read, StoreError, Tx};
use chancery_transparency::InvalidToken;
use chancery_wire::time::Instant;

use super::{Providers, error::ProvidersError, list::trusted, store};
use crate::accounts::{self, KnownDevice};

/// How long an hour is, in seconds.
const HOUR: i64 = 3600;

/// Takes in what a provider says about the person at a device; answers which provider it is.
pub(crate) async fn sign_in(
    tx: &mut Tx,
    device: &KnownDevice,
    token: &str,
    now: Instant,
) -> Result<String, ProvidersError> {
    // Of several, the one whose token it is; the reason of the only one, or of the one that came furthest, is the reason.
    let mut refused = None;
    for kept in trusted(tx).await? {
        let claims = match kept.provider.read(token, (device.device, &device.key)) {
            Ok(claims) => claims,
            Err(why @ (InvalidToken::SomebodyElse | InvalidToken::UnknownKey)) => {
                refused.get_or_insert(why);
                continue;
            }
            Err(why) => {
                refused = Some(why);
                continue;
            }
        };
        if !claims.is_current(now) {
            return Err(InvalidToken::Stale.into());
        }
        let signed_in = claims.signed_in.ok_or(InvalidToken::NotNow)?;
        let issuer = kept.provider.issuer;
        // Who somebody is there decides, and the name only the first time: people change theirs.
        let is_theirs = match store::account_of(tx, (&issuer, &claims.subject)).await? {
            Some(account) => account == device.handle,
            None => {
                claims.handle == device.handle
                    && store::bind(tx, (&issuer, &claims.subject), &device.handle).await?
            }
        };
        if !is_theirs {
            return Err(ProvidersError::OtherSubject);
        }
        store::signed_in(tx, device.device, &issuer, signed_in.min(now)).await?;
        return Ok(issuer);
    }
    Err(refused.map_or(ProvidersError::NoProvider, ProvidersError::BadToken))
}

/// Until when a device needs no other sign-in at a provider: for ever where nobody asks for one.
///
/// Officers and programs are not asked: an officer who depended on the provider could not withdraw it.
pub(crate) async fn good_until(
    from: &mut impl Read,
    providers: &Providers,
    device: &KnownDevice,
) -> Result<Option<Instant>, StoreError> {
    let Some(hours) = providers.hours else { return Ok(Some(Instant(i64::MAX))) };
    if device.standing.is_officer() || device.bot {
        return Ok(Some(Instant(i64::MAX)));
    }
    // Also where the officer's device was revoked that had signed for it: that opens no door.
    let there = store::all(from).await?;
    if there.is_empty() {
        return Ok(Some(Instant(i64::MAX)));
    }
    // A device that was linked goes by the sign-in at the one that linked it, until it has its own.
    let (mut last, mut whose) = (None, Some(device.device));
    while let (None, Some(at)) = (&last, whose) {
        last = store::last(from, at).await?;
        whose = accounts::linked_by(from, at).await?;
    }
    let last = last.filter(|(issuer, _)| there.iter().any(|kept| kept.provider.issuer == *issuer));
    Ok(last.map(|(_, at)| at.plus_seconds(i64::from(hours) * HOUR)))
}
