//! Create: the directory has a new person or group (RFC 7644, section 3.3).
//!
//! `POST /scim/v2/{kind}`, permitted by `Provisioning::"create"`, recorded as `provisioning.kept`. A person has no account by that:
//! somebody invites them, or a provider vouches for them.

use std::collections::HashSet;

use axum::{extract::State, http::StatusCode};
use chancery_floor::{
    store::Tx,
    work::{Action, Desk},
};
use chancery_wire::{
    ids::ResourceId,
    names::{Domain, Handle},
};
use serde_json::{Map, Value};

use super::{
    Provisioning,
    error::ProvisioningError as Error,
    facts::Kept,
    list::kind_of,
    model::Resource,
    said::{Answer, Said},
    schema::Type,
    show::{Wanted, whole},
    store, take,
};
use crate::{
    accounts,
    counter::{At, Organisation, Refusal, Visitor},
};

/// The most bytes of a name: databases look them up.
const NAME: usize = 1_000;

/// The right to make persons and groups.
#[derive(Debug)]
pub(crate) enum Create {}

impl Action for Create {
    type Resource = Organisation;
    const NAME: &'static str = r#"Provisioning::Action::"create""#;
}

/// Makes a person or a group.
#[utoipa::path(post, path = "/scim/v2/{kind}", tag = "provisioning", operation_id = "provisioning.create",
    params(("kind" = String, Path, description = "Users or Groups.")),
    request_body(content = Value, content_type = "application/scim+json", description = "The person or group: RFC 7643."),
    responses((status = 201, description = "As it is now.", body = Value, content_type = "application/scim+json"),
        (status = "default", description = "Refused.", body = Value, content_type = "application/scim+json")))]
pub(super) async fn handle(
    State(provisioning): State<Provisioning>,
    Visitor { desk, caller }: Visitor,
    At(kind): At<String>,
    Said(said): Said,
) -> Result<Answer, Refusal> {
    desk.permit::<Create>(Organisation)?;
    let it = create(&desk, &caller.handle, (kind_of(&kind)?, &said), &provisioning.domain).await?;
    shown(&desk, it, StatusCode::CREATED).await
}

/// Makes one.
pub(super) async fn create(
    desk: &Desk,
    by: &Handle,
    (of, said): (&'static Type, &Value),
    domain: &Domain,
) -> Result<Resource, Error> {
    let permit = desk.permit::<Create>(Organisation)?;
    let body = take::resource(of, said)?;
    let mut work = desk.begin(permit).await?;
    let (id, at) = (ResourceId(work.fresh()), work.at());
    let mut it = Resource { id, of, body, version: 1, created: at, modified: at, active: true };
    if it.is_person() {
        it.body.entry("active").or_insert(Value::Bool(true));
    }
    let handle = keep(&mut work.tx, &it, domain, true).await?;
    let (active, version) = (it.is_active(), it.version);
    work.commit(&Kept { resource: id, of: of.name, version, handle, active, by: by.clone() }).await?;
    Ok(it)
}

/// Keeps what one is now, and who is in it; answers the account that a person has.
pub(super) async fn keep(
    tx: &mut Tx,
    it: &Resource,
    domain: &Domain,
    new: bool,
) -> Result<Option<Handle>, Error> {
    if it.name().len() > NAME || it.external().is_some_and(|name| name.len() > NAME) {
        return Err(Error::Value("a name is longer than 1,000 bytes"));
    }
    if it.name().trim() != it.name() {
        return Err(Error::Value("a name begins or ends with a blank"));
    }
    let same =
        it.is_person() && store::named(tx, it.of, &it.name()).await?.iter().any(|other| other.id != it.id);
    let account = store::account(tx, it, domain).await?;
    let (false, Ok(handle)) = (same, account) else { return Err(Error::NameTaken) };
    if new {
        store::insert(tx, it, handle.as_ref()).await?;
    } else {
        store::update(tx, it, handle.as_ref()).await?;
    }
    if let Some(handle) = &handle {
        store::leaves(tx, handle, (it.id, false)).await?;
    }
    if !it.is_person() {
        set_members(tx, it).await?;
    }
    told(tx, handle).await
}

/// The account that a person has, where there is one: what somebody is called who has none is nothing for the journal.
pub(super) async fn told(tx: &mut Tx, handle: Option<Handle>) -> Result<Option<Handle>, Error> {
    let Some(handle) = handle else { return Ok(None) };
    let there = !accounts::all_devices_of(tx, &handle).await?.is_empty();
    Ok(there.then_some(handle))
}

/// Who is in a group from now on.
async fn set_members(tx: &mut Tx, it: &Resource) -> Result<(), Error> {
    let said = it.body.get("members").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut wanted: HashSet<ResourceId> = HashSet::new();
    for member in said {
        wanted.insert(
            member_of(member.as_object()).ok_or(Error::Value("a member is the id of a person or a group"))?,
        );
    }
    let there: HashSet<ResourceId> =
        store::members_of(tx, it.id).await?.into_iter().map(|(id, _)| id).collect();
    for gone in there.iter().filter(|id| !wanted.contains(id)) {
        store::set_member(tx, (it.id, *gone), false).await?;
    }
    for member in wanted.iter().filter(|id| !there.contains(id)) {
        if !store::is_known(tx, *member).await? || *member == it.id {
            return Err(Error::Value("a member is the id of a person or another group in the directory"));
        }
        store::set_member(tx, (it.id, *member), true).await?;
    }
    Ok(())
}

fn member_of(member: Option<&Map<String, Value>>) -> Option<ResourceId> {
    let member = member?;
    let id = member.get("value").and_then(Value::as_str);
    // Where only the address is said, the id is its end.
    let id = id.or_else(|| member.get("$ref").and_then(Value::as_str)?.rsplit('/').next());
    id?.parse().ok()
}

/// The answer with a person or group as it is now.
pub(super) async fn shown(desk: &Desk, it: Resource, status: StatusCode) -> Result<Answer, Refusal> {
    let whole = whole(&mut desk.floor().db.reader(), &it).await?;
    let shown = Wanted::default().of(it.of, whole);
    Ok(Answer::about(&it, status, shown))
}
