//! Begin: a device asks its owner for a passkey, in a browser.
//!
//! `POST /v1/passkeys` to add one, permitted by `Passkeys::"add"`: the first by the session alone, each further one approved by one
//! that is there. `POST /v1/approvals` (`gateway/approve.rs`) to have a request approved, permitted by `Passkeys::"approve"`. Recorded
//! as `passkeys.begun`. The secret of the page is in its address, behind the `#`, which browsers send to nobody.

use axum::{Json, extract::State, http::StatusCode};
use chancery_floor::work::{Action, Work};
use chancery_trail::digest;
use chancery_wire::{
    api::{AddPasskey, CEREMONY_SECONDS, Ceremony, PASSKEYS_LIMIT},
    ids::{CeremonyId, DeviceId},
    names::Handle,
    problem::Problem,
};

use super::{
    Passkeys,
    error::PasskeysError,
    facts::Begun,
    model::{Held, Purpose, State as Standing},
    store,
};
use crate::counter::{Ask, Assurance, Caller, Organisation, Refusal, Visitor};

/// Whose ceremony it is, and which device has asked for it.
#[derive(Clone, Debug)]
pub(crate) struct Whose {
    /// The account.
    pub handle: Handle,
    /// The device.
    pub device: DeviceId,
    /// Whether an earlier passkey of the account has approved that it is asked for.
    pub confirmed: bool,
}

impl From<&Caller> for Whose {
    fn from(caller: &Caller) -> Self {
        let Assurance { passkey, confirmed, .. } = caller.assurance;
        Self { handle: caller.handle.clone(), device: caller.device, confirmed: passkey && confirmed }
    }
}

/// How many ceremonies of a device may be open or used at once.
const CEREMONIES: u64 = 32;

/// The right to add a passkey to one's own account.
#[derive(Debug)]
pub(crate) enum Add {}

impl Action for Add {
    type Resource = Organisation;
    const NAME: &'static str = r#"Passkeys::Action::"add""#;
}

/// The right to have a request of one's own approved.
#[derive(Debug)]
pub(crate) enum Approve {}

impl Action for Approve {
    type Resource = Organisation;
    const NAME: &'static str = r#"Passkeys::Action::"approve""#;
}

/// Opens a ceremony in which a passkey is added to the calling account.
#[utoipa::path(post, path = "/v1/passkeys", tag = "passkeys", operation_id = "passkeys.add", request_body = AddPasskey,
    responses((status = 201, description = "The ceremony.", body = Ceremony),
        (status = "default", description = "Refused.", body = Problem)))]
pub(super) async fn handle(
    Visitor { desk, caller }: Visitor,
    State(passkeys): State<Passkeys>,
    Ask(ask): Ask<AddPasskey>,
) -> Result<(StatusCode, Json<Ceremony>), Refusal> {
    let permit = desk.permit::<Add>(Organisation)?;
    let mut work = desk.begin(permit).await?;
    let name = ask.name.trim();
    if name.is_empty() || name.chars().count() > 64 || name.chars().any(char::is_control) {
        return Err(PasskeysError::BadName.into());
    }
    if store::of(&mut work.tx, &caller.handle).await?.len() >= PASSKEYS_LIMIT {
        return Err(PasskeysError::TooMany.into());
    }
    let words = format!("add this passkey, called {name}, to the account");
    let purpose = Purpose::Add { name: name.to_owned() };
    Ok((StatusCode::CREATED, Json(begin(work, &passkeys, (&caller).into(), (words, purpose)).await?)))
}

/// Opens a ceremony for a purpose, which the page says in `words`.
pub(crate) async fn begin<A: Action<Resource = Organisation>>(
    mut work: Work<A>,
    passkeys: &Passkeys,
    Whose { handle, device, confirmed }: Whose,
    (words, purpose): (String, Purpose),
) -> Result<Ceremony, PasskeysError> {
    let party = passkeys.party()?;
    let (at, secret) = (work.at(), work.fresh::<32>());
    let until = at.plus_seconds(CEREMONY_SECONDS);
    let ceremony = CeremonyId(work.fresh());
    let (adds, nonce, state) = (matches!(purpose, Purpose::Add { .. }), work.fresh(), Standing::Open);
    if store::begun(&mut work.tx, device, at).await? >= CEREMONIES {
        return Err(PasskeysError::TooManyCeremonies);
    }
    let held = Held { ceremony, handle, device, words, purpose, nonce, until, state, confirmed };
    store::begin(&mut work.tx, digest(&secret), &held).await?;
    work.commit(&Begun { ceremony, device, adds, until }).await?;
    Ok(Ceremony { ceremony, url: party.page(&secret), until })
}
