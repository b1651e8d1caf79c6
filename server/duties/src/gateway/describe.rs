//! The house described: its API, its facts, its schema. What `protocol/` generates is generated from here.

use chancery_floor::{
    journal::{self, Meaning, Refused},
    store::{self, Dialect, Migration},
};
use chancery_wire::ids::FileId;
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, OpenApi, OpenApiBuilder, RefOr, path::Operation};

use super::{
    agree, amend, approve, come_back, end_session, explain, link, pend, recovery_key, revoke, stream, suspend,
};
use crate::{
    accounts, archive, audit, charter, delivery, devices, files, passkeys, providers, provisioning, rooms,
    signin,
};

/// The API as OpenAPI, always the same for the same program.
#[must_use]
pub fn openapi() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Chancery")
        .version("1")
        .description(Some(
            "What devices and administrators ask of a Chancery server. Every request of a device carries its session's \
             token (`Authorization: DPoP …`) and a fresh proof of its key (`DPoP: …`, RFC 9449); refusals are problems \
             (RFC 9457) whose codes are in errors.md; one with `Retry-After` may be made again after so many seconds. \
             What its owner approved with a passkey names the ceremony (`Chancery-Approval`, passkeys.md). \
             Messages travel over the WebSocket (frames.md).",
        ))
        .build();
    // What is named in paths alone is collected by nobody else.
    let names = ComponentsBuilder::new().schema_from::<FileId>().build();
    let mut api = OpenApiBuilder::new().info(info).components(Some(names)).build();
    for part in vec![
        accounts::routes().into_openapi(),
        charter::routes().into_openapi(),
        audit::routes().into_openapi(),
        devices::routes().into_openapi(),
        signin::routes().into_openapi(),
        passkeys::routes().into_openapi(),
        providers::routes().into_openapi(),
        provisioning::routes().into_openapi(),
        provisioning::waiting().into_openapi(),
        rooms::routes().into_openapi(),
        files::routes().into_openapi(),
        archive::routes().into_openapi(),
        agree::routes().into_openapi(),
        amend::routes().into_openapi(),
        approve::routes().into_openapi(),
        come_back::routes().into_openapi(),
        end_session::routes().into_openapi(),
        explain::routes().into_openapi(),
        link::routes().into_openapi(),
        pend::routes().into_openapi(),
        recovery_key::routes().into_openapi(),
        revoke::routes().into_openapi(),
        stream::routes().into_openapi(),
        suspend::routes().into_openapi(),
    ] {
        api.merge(part);
    }
    for (_, path) in api.paths.paths.iter_mut().filter(|(path, _)| !path.starts_with("/scim/")) {
        let operations = [&mut path.get, &mut path.put, &mut path.post, &mut path.delete];
        operations.into_iter().flatten().for_each(refuses_with_problems);
    }
    api
}

/// What is refused is JSON of a kind of its own; each operation names only what is in it.
fn refuses_with_problems(operation: &mut Operation) {
    if let Some(RefOr::T(refused)) = operation.responses.responses.get_mut("default") {
        let content = std::mem::take(&mut refused.content);
        refused.content =
            content.into_values().map(|it| ("application/problem+json".to_owned(), it)).collect();
    }
}

/// Every kind of fact that the journal can hold, by duty.
#[must_use]
pub fn facts() -> Vec<Meaning> {
    let own: &[Meaning] = &[Meaning::of::<Refused>()];
    [
        own,
        accounts::FACTS,
        audit::FACTS,
        charter::FACTS,
        devices::FACTS,
        providers::FACTS,
        provisioning::FACTS,
        signin::FACTS,
        passkeys::FACTS,
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
        charter::MIGRATIONS,
        devices::MIGRATIONS,
        providers::MIGRATIONS,
        provisioning::MIGRATIONS,
        signin::MIGRATIONS,
        passkeys::MIGRATIONS,
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
