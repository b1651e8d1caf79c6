//! Waiting: the accounts that are not suspended and should be, by what the directory says, and the other way round.
//!
//! `GET /v1/provisioning/waiting`, permitted by `Provisioning::"see-waiting"`. The program of the directory signs what is waiting; what only
//! officers may sign is listed for them.

use axum::Json;
use chancery_floor::work::Action;
use chancery_transparency::Suspender;
use chancery_wire::{api, problem::Problem};

use super::store;
use crate::{
    accounts,
    counter::{Organisation, Refusal, Visitor},
};

/// The right to see what is waiting.
#[derive(Debug)]
pub(crate) enum SeeWaiting {}

impl Action for SeeWaiting {
    type Resource = Organisation;
    const NAME: &'static str = r#"Provisioning::Action::"see-waiting""#;
}

/// The accounts that are to be suspended or restored.
#[utoipa::path(get, path = "/v1/provisioning/waiting", tag = "provisioning", operation_id = "provisioning.see-waiting",
    responses((status = 200, description = "The accounts.", body = api::Waiting),
        (status = "default", description = "Refused.", body = Problem)))]
pub(super) async fn handle(Visitor { desk, .. }: Visitor) -> Result<Json<api::Waiting>, Refusal> {
    let permit = desk.permit::<SeeWaiting>(Organisation)?;
    let mut from = desk.look(&permit);
    let standings = accounts::standings(&mut from).await?;
    let mut waiting = api::Waiting { suspend: vec![], restore: vec![], officers: vec![] };
    for (handle, active) in store::accounts(&mut from).await? {
        let Some(standing) = standings.get(&handle) else { continue };
        match (active, standing.suspended) {
            (false, None) if standing.standing.is_officer() || standing.bot => waiting.officers.push(handle),
            (false, None) => waiting.suspend.push(handle),
            (true, Some(Suspender::Directory)) => waiting.restore.push(handle),
            _ => {}
        }
    }
    Ok(Json(waiting))
}
