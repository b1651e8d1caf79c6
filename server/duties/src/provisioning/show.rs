//! Showing a person or a group: with what is said about it, and only what is asked for (RFC 7644, section 3.9).

use std::str::FromStr as _;

use chancery_floor::store::{Read, StoreError};
use scim_v2::filter::{AttrPath, PatchPath};
use serde_json::{Map, Value, json};

use super::{
    filter::resolve,
    model::{Resource, location},
    schema::Type,
    store,
};
use crate::counter::rfc3339;

/// Which attributes are asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted {
    /// These and no others, where any are named.
    pub attributes: Vec<String>,
    /// All but these.
    pub excluded: Vec<String>,
}

/// The resource as it is kept, with its names and versions and nothing that other tables know.
pub(super) fn plain(it: &Resource) -> Map<String, Value> {
    let extensions = it.of.extensions.iter().filter(|of| it.body.contains_key(of.id)).map(|of| of.id);
    let schemas: Vec<&str> = std::iter::once(it.of.core.id).chain(extensions).collect();
    let mut shown = it.body.clone();
    shown.insert("schemas".to_owned(), json!(schemas));
    shown.insert("id".to_owned(), json!(it.id));
    let meta = json!({
        "resourceType": it.of.name, "created": rfc3339(it.created), "lastModified": rfc3339(it.modified),
        "location": it.location(), "version": it.tag(),
    });
    shown.insert("meta".to_owned(), meta);
    shown
}

/// The resource with all that is known of it: its groups, or its members.
pub(super) async fn whole(from: &mut impl Read, it: &Resource) -> Result<Map<String, Value>, StoreError> {
    let mut shown = plain(it);
    if !it.is_person() {
        let members = members(from, it).await?;
        if !members.is_empty() {
            shown.insert("members".to_owned(), Value::Array(members));
        }
        return Ok(shown);
    }
    let group = |group: &Resource| {
        let display = group.body.get("displayName").cloned().unwrap_or_default();
        json!({ "value": group.id, "$ref": group.location(), "display": display, "type": "direct" })
    };
    let groups: Vec<Value> = store::groups_of(from, it.id).await?.iter().map(group).collect();
    if !groups.is_empty() {
        shown.insert("groups".to_owned(), Value::Array(groups));
    }
    Ok(shown)
}

/// The members of a group, as they are shown.
pub(super) async fn members(from: &mut impl Read, it: &Resource) -> Result<Vec<Value>, StoreError> {
    let one = |(id, of): (_, &Type)| json!({ "value": id, "$ref": location(of, id), "type": of.name });
    Ok(store::members_of(from, it.id).await?.into_iter().map(one).collect())
}

impl Wanted {
    /// What of a resource is asked for.
    pub(super) fn of(&self, of: &'static Type, mut shown: Map<String, Value>) -> Value {
        if !self.attributes.is_empty() {
            let mut kept = Map::new();
            for always in ["schemas", "id"] {
                kept.extend(shown.get(always).map(|value| (always.to_owned(), value.clone())));
            }
            for name in &self.attributes {
                keep(of, name, &shown, &mut kept);
            }
            shown = kept;
        }
        for name in &self.excluded {
            drop(of, name, &mut shown);
        }
        Value::Object(shown)
    }
}

fn path(name: &str) -> Option<AttrPath> {
    match PatchPath::from_str(name) {
        Ok(PatchPath::Attr(path)) => Some(path),
        _ => None,
    }
}

/// Keeps an attribute, or a part of one, that is asked for by name. A name that nobody knows asks for nothing.
fn keep(of: &'static Type, name: &str, shown: &Map<String, Value>, kept: &mut Map<String, Value>) {
    if let Some(extension) = of.extension(name) {
        kept.extend(shown.get(extension.id).map(|value| (extension.id.to_owned(), value.clone())));
        return;
    }
    let Some(found) = path(name).and_then(|path| resolve(of, &path)) else { return };
    let (from, to) = match found.extension {
        None => (Some(shown), kept),
        Some(id) => {
            let Some(Value::Object(from)) = shown.get(id) else { return };
            let to = kept.entry(id).or_insert_with(|| Value::Object(Map::new()));
            let Value::Object(to) = to else { return };
            (Some(from), to)
        }
    };
    let Some(value) = from.and_then(|from| from.get(found.attribute.name)) else { return };
    match found.part {
        None => {
            to.insert(found.attribute.name.to_owned(), value.clone());
        }
        Some(part) => {
            let only = |value: &Value| {
                let kept = value.get(part.name).map(|value| (part.name.to_owned(), value.clone()));
                Value::Object(kept.into_iter().collect())
            };
            let only = match value {
                Value::Array(values) => Value::Array(values.iter().map(only).collect()),
                value => only(value),
            };
            merge(to.entry(found.attribute.name).or_insert(Value::Null), only);
        }
    }
}

/// Puts two parts of the same value together.
fn merge(to: &mut Value, more: Value) {
    match (to, more) {
        (Value::Object(to), Value::Object(more)) => to.extend(more),
        (Value::Array(to), Value::Array(more)) => {
            for (to, more) in to.iter_mut().zip(more) {
                merge(to, more);
            }
        }
        (to, more) => *to = more,
    }
}

/// Leaves out an attribute, or a part of one; what is always there stays.
fn drop(of: &'static Type, name: &str, shown: &mut Map<String, Value>) {
    if let Some(extension) = of.extension(name) {
        shown.remove(extension.id);
        return;
    }
    let Some(found) = path(name).and_then(|path| resolve(of, &path)) else { return };
    if found.attribute.name == "id" {
        return;
    }
    let holder = match found.extension {
        None => Some(shown),
        Some(id) => shown.get_mut(id).and_then(Value::as_object_mut),
    };
    let Some(holder) = holder else { return };
    match (found.part, holder.get_mut(found.attribute.name)) {
        (None, _) => {
            holder.remove(found.attribute.name);
        }
        (Some(part), Some(Value::Array(values))) => {
            values.iter_mut().filter_map(Value::as_object_mut).for_each(|value| {
                value.remove(part.name);
            });
        }
        (Some(part), Some(Value::Object(value))) => {
            value.remove(part.name);
        }
        (Some(_), _) => {}
    }
}
