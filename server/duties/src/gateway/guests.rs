//! Guests: their time is over, or they take part on other terms; and whom they learn of at all. Here because it touches several duties.
//!
//! A guest knows those in the same rooms, and those whose chains it takes to check what a guest checks: officers, the directory's program,
//! and whoever has signed the charter or is named by it. Of anybody else is said to a guest what is said of accounts that there are not.

use axum::{
    extract::{FromRequestParts as _, MatchedPath, RawPathParams},
    http::request::Parts,
};
use bytes::Bytes;
use chancery_floor::{
    store::{Read, StoreError},
    work::{Action, Desk},
};
use chancery_transparency::{Charter, Guest};
use chancery_wire::{api::AskChains, names::Handle, problem::Code};

use super::receive::Gate;
use crate::{
    accounts,
    counter::{Caller, Organisation, Refusal},
    rooms, signin,
};

/// The right to see to those for whom others answer: the server's own.
#[derive(Debug)]
pub(crate) enum Attend {}

impl Action for Attend {
    type Resource = Organisation;
    const NAME: &'static str = r#"Accounts::Action::"attend""#;
}

/// Sees to guests and programs whose time is over: sessions end, connections close, and whoever is in a room with them hears of it.
pub(super) async fn run_out(gate: &Gate, desk: &Desk) -> Result<(), Refusal> {
    for handle in accounts::run_out(&mut gate.floor.db.reader(), desk.now()).await? {
        let mut work = desk.begin(desk.permit::<Attend>(Organisation)?).await?;
        let at = work.at();
        if !accounts::is_out(&mut work.tx, &handle, at).await? {
            continue;
        }
        let devices = accounts::all_devices_of(&mut work.tx, &handle).await?;
        for device in &devices {
            signin::end_with(&mut work.tx, *device).await?;
        }
        let pending = rooms::mark(&mut work.tx, &handle, &devices, at).await?;
        work.commit(&accounts::RanOut { handle, pending: pending.clone() }).await?;
        for device in devices {
            gate.delivery.close(device);
        }
        gate.delivery.look(&pending);
    }
    Ok(())
}

/// Keeps the terms of guests as the charter says them, where they are others than before.
pub(super) async fn host(gate: &Gate, charter: &Charter) -> Result<(), Refusal> {
    let (desk, kept) = (gate.house(), accounts::attended(&mut gate.floor.db.reader()).await?);
    let differs =
        |handle: &Handle, terms: &Guest| kept.get(handle).is_some_and(|it| it.guest.as_ref() != Some(terms));
    for (handle, terms) in charter.segments().hosted().iter().filter(|(handle, it)| differs(handle, it)) {
        let mut work = desk.begin(desk.permit::<Attend>(Organisation)?).await?;
        let at = work.at();
        if !accounts::host(&mut work.tx, handle, terms).await? {
            continue;
        }
        // Whose devices are out comes back, as somebody does who is restored.
        rooms::unmark(&mut work.tx, handle).await?;
        let silent: Vec<_> = accounts::silent_of(&mut work.tx, handle, at)
            .await?
            .into_iter()
            .map(|(device, _)| device)
            .collect();
        let pending = rooms::mark(&mut work.tx, handle, &silent, at).await?;
        let (sponsor, rooms, until) = (terms.sponsor.clone(), terms.rooms.clone(), terms.until);
        let (handle, looks) = (handle.clone(), pending.clone());
        work.commit(&accounts::Hosted { handle, sponsor, rooms, until, pending }).await?;
        gate.delivery.look(&looks);
    }
    Ok(())
}

/// What a guest asks for, without those of whom a guest learns nothing.
pub(super) async fn scoped(
    gate: &Gate,
    caller: &Caller,
    parts: &mut Parts,
    body: Bytes,
) -> Result<Bytes, Refusal> {
    let mut from = gate.floor.db.reader();
    let route = parts.extensions.get::<MatchedPath>().map(|it| it.as_str().to_owned()).unwrap_or_default();
    if route == "/v1/chains" {
        let Ok(mut ask) = serde_json::from_slice::<AskChains>(&body) else { return Ok(body) };
        let mut known = Vec::new();
        for handle in ask.handles {
            if knows(gate, &mut from, caller, &handle).await? {
                known.push(handle);
            }
        }
        ask.handles = known;
        let written = serde_json::to_vec(&ask).map_err(|_| Refusal::new(Code::Failed))?;
        return Ok(written.into());
    }
    if route == "/v1/accounts/{handle}/key-packages/claim" {
        // As the handler will read it, however it was written.
        let named = RawPathParams::from_request_parts(parts, &()).await.ok();
        let whose =
            named.and_then(|all| all.iter().find(|(name, _)| *name == "handle").map(|(_, it)| it.parse()));
        match whose {
            Some(Ok(whose)) if knows(gate, &mut from, caller, &whose).await? => {}
            _ => return Err(Refusal::new(Code::NoAccount)),
        }
    }
    Ok(body)
}

async fn knows(
    gate: &Gate,
    from: &mut impl Read,
    caller: &Caller,
    handle: &Handle,
) -> Result<bool, StoreError> {
    if *handle == caller.handle {
        return Ok(true);
    }
    let devices = accounts::devices_of(from, handle).await?;
    if devices.first().is_some_and(|it| it.standing.is_officer() || it.directory) {
        return Ok(true);
    }
    let charter = gate.rights.charter(from, &gate.settings.domain).await?;
    if charter.is_some_and(|charter| charter.rests_on().contains(handle)) {
        return Ok(true);
    }
    let all = accounts::all_devices_of(from, handle).await?;
    rooms::have_met(from, caller.device, &all).await
}
