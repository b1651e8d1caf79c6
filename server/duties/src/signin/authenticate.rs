//! Authenticate: who makes this request? The session of its token, and the proof that the device's key is there.

use std::sync::PoisonError;

use axum::http::{HeaderMap, header::AUTHORIZATION};
use chancery_floor::store::{Db, Read};
use chancery_trail::digest;
use chancery_transparency::{Possession, Request};
use chancery_wire::{
    ids::{DeviceId, SessionId},
    time::Instant,
};
use data_encoding::BASE64URL_NOPAD;

use super::{
    Signin,
    error::SigninError,
    store::{self, Kept},
};
use crate::{
    accounts::{self, KnownDevice},
    counter::{Caller, Plane},
};

/// The header of a proof.
pub(crate) const PROOF: &str = "dpop";
/// The scheme of a token that is bound to a key.
pub(crate) const SCHEME: &str = "DPoP ";

/// A device that has just proved its key, and asks for a session.
#[derive(Clone, Debug)]
pub(crate) struct Proven(pub KnownDevice);

/// A proof that holds and was not looked for among the used ones yet: [`Signin::use_up`].
#[derive(Clone, Debug)]
#[must_use]
pub(crate) struct Fresh {
    device: DeviceId,
    id: String,
}

/// A session in use of which that is to be written down: [`super::go_on`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct InUse {
    pub(super) device: DeviceId,
    pub(super) session: SessionId,
}

/// Who makes a request, if the proof was not used before.
#[derive(Clone, Debug)]
pub(crate) enum Identity {
    /// A device with a session.
    Caller(Caller, Fresh, Option<InUse>),
    /// A device that has proved its key and has no session.
    Proven(Proven, Fresh),
    /// Nobody in particular.
    Nobody,
}

impl Signin {
    /// Says who makes the request with these headers.
    pub(crate) async fn authenticate(
        &self,
        from: &mut impl Read,
        headers: &HeaderMap,
        (method, path): (&str, &str),
        now: Instant,
    ) -> Result<Identity, SigninError> {
        let proof = headers.get(PROOF).map(|proof| proof.to_str().unwrap_or_default());
        let Some(authorization) = headers.get(AUTHORIZATION) else {
            let Some(proof) = proof else { return Ok(Identity::Nobody) };
            let (device, fresh) = self.prove(from, proof, Request { method, path, token: None }, now).await?;
            return Ok(Identity::Proven(Proven(device), fresh));
        };
        let token = authorization.to_str().ok().and_then(|value| value.strip_prefix(SCHEME));
        let token = token.and_then(|token| BASE64URL_NOPAD.decode(token.as_bytes()).ok());
        let token = token.ok_or(SigninError::NoSession)?;
        let session = store::find(from, digest(&token)).await?;
        let here = |it: &Kept| it.administration == (self.plane == Plane::Administration);
        let session = session.filter(|it| now < it.until && here(it)).ok_or(SigninError::NoSession)?;
        let request = Request { method, path, token: Some(&token) };
        let proved = match proof {
            Some(proof) => self.prove(from, proof, request, now).await,
            None => Err(SigninError::BadProof),
        };
        let (device, fresh) = match proved {
            Ok((device, fresh)) if device.device == session.device => (device, fresh),
            Ok(_) | Err(SigninError::BadProof) => return Err(SigninError::Exposed(session.session)),
            Err(error) => return Err(error),
        };
        let in_use = session.is_to_be_used(now);
        let in_use = in_use.then_some(InUse { device: session.device, session: session.session });
        let caller = device.asks((session.session, session.until), self.plane, now);
        Ok(Identity::Caller(Caller { elevated: session.is_up(now), ..caller }, fresh, in_use))
    }

    /// A caller as it is now, if it is heard still: the session was not ended meanwhile, nor the device.
    pub(crate) async fn again(
        from: &mut impl Read,
        caller: &Caller,
        now: Instant,
    ) -> Result<Option<Caller>, SigninError> {
        let open = store::of(from, caller.device, now).await?;
        let Some(session) = open.into_iter().find(|it| it.session == caller.session) else { return Ok(None) };
        let device = accounts::find_device(from, caller.device).await?;
        let device = device.filter(|device| device.until.is_none_or(|until| now < until));
        let asks = |device: KnownDevice| device.asks((session.session, session.until), caller.plane, now);
        Ok(device.map(asks).map(|it| Caller { elevated: session.is_up(now), ..it }))
    }

    /// Uses a proof up; refuses one that was, at this node or another. What is refused for another reason takes no place among the used
    /// ones.
    pub(crate) async fn use_up(&self, db: &Db, fresh: Fresh, now: Instant) -> Result<(), SigninError> {
        let mark = digest(&[fresh.device.as_bytes(), fresh.id.as_bytes()].concat());
        self.replays.lock().unwrap_or_else(PoisonError::into_inner).accept(fresh.device, fresh.id, now)?;
        if db.mark(mark.0, now).await? { Ok(()) } else { Err(SigninError::Replayed) }
    }

    /// Checks a proof: it holds, is by a known device with its own key, and is fresh.
    async fn prove(
        &self,
        from: &mut impl Read,
        proof: &str,
        request: Request<'_>,
        now: Instant,
    ) -> Result<(KnownDevice, Fresh), SigninError> {
        let possession = Possession::check(proof, request, now)?;
        let device = accounts::find_device(from, possession.device).await?;
        // Who has the key of a device that is not heard may know why; nobody else learns anything.
        if device.is_none() {
            return Err(match accounts::was_revoked(from, possession.device, &possession.key).await? {
                Some(true) => SigninError::Revoked,
                Some(false) => SigninError::Suspended,
                None => SigninError::BadProof,
            });
        }
        let device = device.filter(|device| device.key == possession.key).ok_or(SigninError::BadProof)?;
        if device.until.is_some_and(|until| until <= now) {
            return Err(SigninError::RunOut);
        }
        // Proofs accepted before the process started are not remembered. A proof's time has whole seconds.
        if possession.at.0.div_euclid(1000) < self.started.0.div_euclid(1000) {
            return Err(SigninError::Stale);
        }
        let fresh = Fresh { device: device.device, id: possession.id };
        Ok((device, fresh))
    }
}
