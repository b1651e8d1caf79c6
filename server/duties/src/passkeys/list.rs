//! List the passkeys of one's own account.
//!
//! `GET /v1/passkeys`, permitted by `Passkeys::"list"`. Changes nothing.

use axum::Json;
use chancery_floor::work::Action;
use chancery_wire::{
    api::{Passkey, Passkeys},
    problem::Problem,
};

use super::{party::model, store};
use crate::counter::{Organisation, Refusal, Visitor};

/// The right to list them.
#[derive(Debug)]
pub(crate) enum List {}

impl Action for List {
    type Resource = Organisation;
    const NAME: &'static str = r#"Passkeys::Action::"list""#;
}

/// The passkeys of the calling account.
#[utoipa::path(get, path = "/v1/passkeys", tag = "passkeys", operation_id = "passkeys.list",
    responses((status = 200, description = "The passkeys.", body = Passkeys),
        (status = "default", description = "Refused.", body = Problem)))]
pub(super) async fn handle(Visitor { desk, caller }: Visitor) -> Result<Json<Passkeys>, Refusal> {
    let permit = desk.permit::<List>(Organisation)?;
    let kept = store::of(&mut desk.look(&permit), &caller.handle).await?;
    let passkeys = kept.into_iter().map(|it| Passkey {
        passkey: it.passkey,
        model: model(&it.credential),
        synced: it.credential.backup_eligible,
        name: it.name,
        added: it.added,
        used: it.used,
    });
    Ok(Json(Passkeys { passkeys: passkeys.collect() }))
}
