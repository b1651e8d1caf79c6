//! Suspend an account, or restore it: its devices are unknown from the moment this is durable, or known again.
//!
//! `POST /v1/suspensions`, permitted by `Accounts::"suspend"`; `GET /v1/suspensions`, permitted by `Accounts::"see-suspended"`. Here
//! because it touches several duties.

use axum::{Json, extract::State};
use chancery_floor::{bus::Notice, store::Tx, work::Action};
use chancery_wire::{api, problem::Problem};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::receive::Gate;
use crate::{
    accounts::{self, Suspend, Suspension},
    counter::{Ask, Organisation, Refusal, Visitor},
    provisioning, rooms, signin,
};

/// The routes.
pub(super) fn routes() -> OpenApiRouter<Gate> {
    OpenApiRouter::new().routes(routes!(handle, list))
}

/// The right to see which accounts are suspended, and where that is not carried out yet.
#[derive(Debug)]
pub(crate) enum SeeSuspended {}

impl Action for SeeSuspended {
    type Resource = Organisation;
    const NAME: &'static str = r#"Accounts::Action::"see-suspended""#;
}

/// Suspends another account, or restores it.
#[utoipa::path(post, path = "/v1/suspensions", tag = "accounts", operation_id = "accounts.suspend",
    request_body = api::Suspend,
    responses((status = 200, description = "Suspended, or restored.", body = api::Suspension),
        (status = "default", description = "Refused.", body = Problem)))]
async fn handle(
    Visitor { desk, caller }: Visitor,
    State(gate): State<Gate>,
    Ask(ask): Ask<api::Suspend>,
) -> Result<Json<api::Suspension>, Refusal> {
    let domain = gate.settings.domain.clone();
    let work = desk.begin(desk.permit::<Suspend>(Organisation)?).await?;
    let by_officer = caller.standing.is_officer();
    // All of it, or none: who is suspended is so in every respect, whatever ends this process.
    let follow = async |tx: &mut Tx, it: &Suspension, at| {
        if it.suspended.is_some() {
            for device in &it.devices {
                signin::end_with(tx, *device).await?;
            }
            // Programs are not heard while whoever answers for them is suspended.
            let bots = accounts::owned_by(tx, &it.handle).await?;
            tx.announce(Notice::Closed(bots));
            let all: Vec<_> = it.devices.iter().chain(&it.revoked).copied().collect();
            return rooms::mark(tx, &it.handle, &all, at).await;
        }
        if by_officer {
            provisioning::set_aside(tx, &it.handle).await?;
        }
        rooms::unmark(tx, &it.handle).await?;
        rooms::mark(tx, &it.handle, &it.revoked, at).await
    };
    let (it, rooms) = accounts::suspend(work, &caller, (&domain, &ask.entry.0), follow).await?;
    if it.suspended.is_some() {
        let bots = accounts::owned_by(&mut gate.floor.db.reader(), &it.handle).await?;
        it.devices.iter().chain(&bots).for_each(|device| gate.delivery.close(*device));
    }
    gate.delivery.look(&rooms);
    let pending = rooms::pending_of(&mut gate.floor.db.reader(), &it.handle).await?;
    let suspended = it.suspended.map(|by| by.as_str().to_owned());
    Ok(Json(api::Suspension { handle: it.handle, suspended, pending }))
}

/// The accounts that are suspended, and the rooms in which their devices still are.
#[utoipa::path(get, path = "/v1/suspensions", tag = "accounts", operation_id = "accounts.see-suspended",
    responses((status = 200, description = "The accounts.", body = api::Suspensions),
        (status = "default", description = "Refused.", body = Problem)))]
async fn list(
    Visitor { desk, .. }: Visitor,
    State(gate): State<Gate>,
) -> Result<Json<api::Suspensions>, Refusal> {
    desk.permit::<SeeSuspended>(Organisation)?;
    let (mut reader, mut suspended) = (gate.floor.db.reader(), Vec::new());
    for (handle, by) in accounts::suspended(&mut reader).await? {
        let pending = rooms::pending_of(&mut reader, &handle).await?;
        suspended.push(api::Suspension { handle, suspended: Some(by.as_str().to_owned()), pending });
    }
    Ok(Json(api::Suspensions { suspended }))
}
