//! The house described: its API, its facts, its schema. What `protocol/` generates is generated from here.

use chancery_floor::{
    journal::{self, Meaning, Refused},
    store::{self, Dialect, Migration},
};
use utoipa::openapi::{InfoBuilder, OpenApi, OpenApiBuilder};

use super::{link, pend, recovery_key, revoke, stream};
use crate::{accounts, archive, delivery, devices, files, rooms, signin};

/// The API as OpenAPI, always the same for the same program.
#[must_use]
pub fn openapi() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Chancery")
        .version("1")
        .description(Some(
            "What devices and administrators ask of a Chancery server. Every request of a device carries its session's \
             token (`Authorization: DPoP …`) and a fresh proof of its key (`DPoP: …`, RFC 9449); refusals are problems \
             (RFC 9457) whose codes are in errors.md. Messages travel over the WebSocket (frames.md).",
        ))
        .build();
    let mut api = OpenApiBuilder::new().info(info).build();
    for part in [
        accounts::routes().into_openapi(),
        devices::routes().into_openapi(),
        signin::routes().into_openapi(),
        rooms::routes().into_openapi(),
        files::routes().into_openapi(),
        archive::routes().into_openapi(),
        link::routes().into_openapi(),
        pend::routes().into_openapi(),
        recovery_key::routes().into_openapi(),
        revoke::routes().into_openapi(),
        stream::routes().into_openapi(),
    ] {
        api.merge(part);
    }
    api
}

/// Every kind of fact that the journal can hold, by duty.
#[must_use]
pub fn facts() -> Vec<Meaning> {
    let own: &[Meaning] = &[Meaning::of::<Refused>()];
    [
        own,
        accounts::FACTS,
        devices::FACTS,
        signin::FACTS,
        rooms::FACTS,
        files::FACTS,
        archive::FACTS,
        delivery::FACTS,
    ]
    .concat()
}

/// Every migration, in the order they run.
#[must_use]
pub fn migrations() -> Vec<Migration> {
    [
        journal::MIGRATIONS,
        accounts::MIGRATIONS,
        devices::MIGRATIONS,
        signin::MIGRATIONS,
        rooms::MIGRATIONS,
        files::MIGRATIONS,
        archive::MIGRATIONS,
        delivery::MIGRATIONS,
    ]
    .concat()
}

/// The whole schema as one text, for `protocol/schema/`.
#[must_use]
pub fn schema(dialect: Dialect) -> String {
    store::schema(&migrations(), dialect)
}
