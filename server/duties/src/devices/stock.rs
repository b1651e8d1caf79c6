//! Count the stock: how many key packages of this device are left.
//!
//! `GET /v1/devices/self/key-packages`, permitted by `Devices::"stock"`.

use axum::Json;
use chancery_floor::work::Action;
use chancery_wire::{api, problem::Problem};

use super::store;
use crate::counter::{Organisation, Refusal, Visitor};

/// The right to count one's own stock.
#[derive(Debug)]
pub(crate) enum CountStock {}

impl Action for CountStock {
    type Resource = Organisation;
    const NAME: &'static str = r#"Devices::Action::"stock""#;
}

/// How many key packages for one use the calling device has left.
#[utoipa::path(get, path = "/v1/devices/self/key-packages", tag = "devices", operation_id = "devices.stock",
    responses((status = 200, description = "What is in stock.", body = api::Stock),
        (status = "default", description = "Refused.", body = Problem)))]
pub(super) async fn handle(Visitor { desk, caller }: Visitor) -> Result<Json<api::Stock>, Refusal> {
    let permit = desk.permit::<CountStock>(Organisation)?;
    let left = store::stock(&mut desk.look(&permit), caller.device, desk.now()).await?;
    Ok(Json(api::Stock { left }))
}
