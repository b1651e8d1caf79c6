//! See the welcomes: the rooms that wait to be joined by the calling device.
//!
//! `GET /v1/welcomes`, permitted by `Rooms::"welcomes"`. A welcome goes when the device acknowledges the room at or after
//! the entry that added it.

use axum::Json;
use chancery_floor::work::Action;
use chancery_wire::{api, problem::Problem};

use super::welcome_store;
use crate::counter::{Organisation, Refusal, Visitor};

/// The most welcomes that are answered at once.
const LIMIT: i64 = 16;
/// About how many bytes of them are answered at once: one may be larger.
const BYTES: u64 = 8 * 1024 * 1024;

/// The right to see one's own welcomes.
#[derive(Debug)]
pub(crate) enum SeeWelcomes {}

impl Action for SeeWelcomes {
    type Resource = Organisation;
    const NAME: &'static str = r#"Rooms::Action::"welcomes""#;
}

/// The rooms that wait to be joined, oldest first.
#[utoipa::path(get, path = "/v1/welcomes", tag = "rooms", operation_id = "rooms.welcomes",
    responses((status = 200, description = "The welcomes.", body = api::Welcomes),
        (status = "default", description = "Refused.", body = Problem)))]
pub(super) async fn handle(Visitor { desk, caller }: Visitor) -> Result<Json<api::Welcomes>, Refusal> {
    let permit = desk.permit::<SeeWelcomes>(Organisation)?;
    let mut from = desk.look(&permit);
    let (mut welcomes, mut total) = (Vec::new(), 0);
    for (room, seq, bytes) in welcome_store::waiting(&mut from, caller.device, LIMIT).await? {
        total += bytes;
        if total > BYTES && !welcomes.is_empty() {
            break;
        }
        welcomes.extend(welcome_store::find(&mut from, room, seq).await?);
    }
    Ok(Json(api::Welcomes { welcomes }))
}
