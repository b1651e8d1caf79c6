//! Changing parts of what is known of a person or a group (RFC 7644, section 3.5.2).

use std::{
    collections::{HashMap, HashSet},
    str::FromStr as _,
};

use scim_v2::filter::{AttrExp, AttrPath, CompValue, CompareOp, PatchPath, ValFilter};
use serde_json::{Map, Value};

use super::{
    error::ProvisioningError as Error,
    filter::{Found, fits, resolve},
    schema::{Attribute, Kind, Type},
    take::{member, one, whole},
};

/// The most changes in one request.
const CHANGES: usize = 1_000;

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    Add,
    Replace,
    Remove,
}

/// Where: the attribute, or which of its values.
struct Place<'p> {
    found: Found,
    which: Option<&'p ValFilter>,
}

/// Makes all changes that a request asks for, or none.
pub(super) fn apply(
    of: &'static Type,
    asked: &Value,
    resource: &mut Map<String, Value>,
) -> Result<(), Error> {
    let asked = asked.as_object().ok_or(Error::Malformed("a change is a JSON object"))?;
    let operations = member(asked, "Operations").and_then(Value::as_array);
    let operations = operations.ok_or(Error::Malformed("`Operations` says what is to be changed"))?;
    if operations.is_empty() || operations.len() > CHANGES {
        return Err(Error::Malformed("there are no changes, or too many at once"));
    }
    for operation in operations {
        let operation = operation.as_object().ok_or(Error::Malformed("a change is a JSON object"))?;
        let deed =
            match member(operation, "op").and_then(Value::as_str).map(str::to_ascii_lowercase).as_deref() {
                Some("add") => Deed::Add,
                Some("replace") => Deed::Replace,
                Some("remove") => Deed::Remove,
                _ => return Err(Error::Malformed("`op` is add, replace or remove")),
            };
        let value = member(operation, "value").unwrap_or(&Value::Null);
        match member(operation, "path") {
            None | Some(Value::Null) => everywhere(of, deed, value, resource)?,
            Some(Value::String(path)) => at(of, (deed, path), value, resource)?,
            Some(_) => return Err(Error::Path),
        }
    }
    Ok(())
}

/// A change without a path names its attributes in the value.
fn everywhere(
    of: &'static Type,
    deed: Deed,
    value: &Value,
    resource: &mut Map<String, Value>,
) -> Result<(), Error> {
    if deed == Deed::Remove {
        return Err(Error::NoTarget);
    }
    let said = value.as_object().ok_or(Error::Value("without a path, the value is a JSON object"))?;
    for (path, value) in said {
        let known = ["schemas", "id", "meta"].iter().all(|it| !path.eq_ignore_ascii_case(it));
        if known {
            match at(of, (deed, path), value, resource) {
                // What nobody knows here, or cannot be written, is left aside as it is when a resource is made.
                Err(Error::Path | Error::ReadOnly) => {}
                done => done?,
            }
        }
    }
    Ok(())
}

/// A change at a path.
fn at(
    of: &'static Type,
    (deed, path): (Deed, &str),
    value: &Value,
    resource: &mut Map<String, Value>,
) -> Result<(), Error> {
    // An extension as a whole.
    if let Some(extension) = of.extension(path) {
        if deed == Deed::Remove {
            resource.remove(extension.id);
            return Ok(());
        }
        let said = value.as_object().ok_or(Error::Value("an extension is a JSON object"))?;
        for (name, value) in said {
            let path = AttrPath { uri: Some(extension.id.to_owned()), name: name.clone(), sub_attr: None };
            let Some(found) = resolve(of, &path).filter(|it| !it.attribute.read_only) else { continue };
            change(deed, &Place { found, which: None }, value, resource)?;
        }
        return Ok(());
    }
    let path = PatchPath::from_str(path).map_err(|_| Error::Path)?;
    let (found, which) = match &path {
        PatchPath::Attr(path) => (resolve(of, path), None),
        PatchPath::Value(path) => {
            let whole = AttrPath { sub_attr: path.sub_attr.clone(), ..path.attr.clone() };
            (resolve(of, &whole), Some(&path.filter))
        }
    };
    let found = found.ok_or(Error::Path)?;
    if found.attribute.read_only || found.part.is_some_and(|part| part.read_only) {
        return Err(Error::ReadOnly);
    }
    change(deed, &Place { found, which }, value, resource)
}

fn change(
    deed: Deed,
    place: &Place<'_>,
    value: &Value,
    resource: &mut Map<String, Value>,
) -> Result<(), Error> {
    let Place { found: Found { extension, attribute, part }, which } = *place;
    let holder = match extension {
        None => &mut *resource,
        Some(id) => {
            let of = resource.entry(id).or_insert_with(|| Value::Object(Map::new()));
            of.as_object_mut().ok_or(Error::NoTarget)?
        }
    };
    if attribute.many {
        several(deed, (attribute, part, which), value, holder)?;
    } else if which.is_some() {
        return Err(Error::Path);
    } else {
        single(deed, (attribute, part), value, holder)?;
    }
    // What is empty is not there.
    if let Some(id) = extension
        && resource.get(id).and_then(Value::as_object).is_some_and(Map::is_empty)
    {
        resource.remove(id);
    }
    Ok(())
}

/// An attribute with one value, or a part of it.
fn single(
    deed: Deed,
    (attribute, part): (&'static Attribute, Option<&'static Attribute>),
    value: &Value,
    holder: &mut Map<String, Value>,
) -> Result<(), Error> {
    match part {
        Some(part) => {
            let of = holder.entry(attribute.name).or_insert_with(|| Value::Object(Map::new()));
            let of = of.as_object_mut().ok_or(Error::NoTarget)?;
            put(of, part, if deed == Deed::Remove { None } else { one(part, value)? });
            if of.is_empty() {
                holder.remove(attribute.name);
            }
        }
        None if deed == Deed::Remove => {
            holder.remove(attribute.name);
        }
        None => match (one(attribute, value)?, holder.get_mut(attribute.name)) {
            // Parts that are not named stay as they are.
            (Some(Value::Object(said)), Some(Value::Object(there))) if attribute.kind == Kind::Complex => {
                there.extend(said);
            }
            (value, _) => put(holder, attribute, value),
        },
    }
    Ok(())
}

/// An attribute with several values: all of them, or those that are meant.
fn several(
    deed: Deed,
    (attribute, part, which): (&'static Attribute, Option<&'static Attribute>, Option<&ValFilter>),
    value: &Value,
    holder: &mut Map<String, Value>,
) -> Result<(), Error> {
    let mut there = match holder.remove(attribute.name) {
        Some(Value::Array(values)) => values,
        _ => vec![],
    };
    match (which, part) {
        (None, None) => match deed {
            Deed::Remove if value.is_null() => there.clear(),
            // Some providers name in the value what is to be removed.
            Deed::Remove => {
                let gone = list(attribute, value)?;
                let names: HashSet<&str> = gone.iter().filter_map(named).collect();
                there.retain(|it| named(it).map_or(!gone.contains(it), |name| !names.contains(name)));
            }
            Deed::Replace => there = list(attribute, value)?,
            Deed::Add => add(&mut there, list(attribute, value)?),
        },
        (which, part) => {
            let mut meant = 0;
            let mut kept = Vec::new();
            for mut it in there {
                let is = match which {
                    Some(which) => fits(attribute, which, &it).map_err(|_| Error::Path)?,
                    None => true,
                };
                if !is {
                    kept.push(it);
                    continue;
                }
                meant += 1;
                match (deed, part) {
                    (Deed::Remove, None) => continue,
                    (_, Some(part)) => {
                        let of = it.as_object_mut().ok_or(Error::NoTarget)?;
                        put(of, part, if deed == Deed::Remove { None } else { one(part, value)? });
                    }
                    (_, None) => match (one(attribute, value)?, it.as_object_mut()) {
                        (Some(Value::Object(said)), Some(of)) => of.extend(said),
                        (Some(said), _) => it = said,
                        (None, _) => continue,
                    },
                }
                if it.as_object().is_none_or(|it| !it.is_empty()) {
                    kept.push(it);
                }
            }
            there = kept;
            if meant == 0 {
                if deed != Deed::Add {
                    return Err(Error::NoTarget);
                }
                there.push(made(attribute, part, which, value)?);
            }
        }
    }
    // Of several, one is the primary one: the one that was said last to be.
    let primary = |it: &Value| it.get("primary").and_then(Value::as_bool) == Some(true);
    if let Some(last) = there.iter().rposition(primary) {
        for other in there.iter_mut().take(last).filter_map(Value::as_object_mut) {
            other.remove("primary");
        }
    }
    if !there.is_empty() {
        holder.insert(attribute.name.to_owned(), Value::Array(there));
    }
    Ok(())
}

/// A value that is as what stands in brackets says, and has what is added.
fn made(
    attribute: &'static Attribute,
    part: Option<&'static Attribute>,
    which: Option<&ValFilter>,
    value: &Value,
) -> Result<Value, Error> {
    let mut of = Map::new();
    let mut is = |expression: &AttrExp| match expression {
        AttrExp::Comparison(path, CompareOp::Eq, CompValue::Str(text)) => {
            let part = attribute.part(&path.name).ok_or(Error::Path)?;
            of.insert(part.name.to_owned(), Value::String(text.clone()));
            Ok(())
        }
        _ => Err(Error::NoTarget),
    };
    match which {
        Some(ValFilter::Attr(expression)) => is(expression)?,
        Some(ValFilter::And(all)) => {
            for inner in all {
                let ValFilter::Attr(expression) = inner else { return Err(Error::NoTarget) };
                is(expression)?;
            }
        }
        Some(_) => return Err(Error::NoTarget),
        None => {}
    }
    match part {
        Some(part) => put(&mut of, part, one(part, value)?),
        None => match one(attribute, value)? {
            Some(Value::Object(said)) => of.extend(said),
            _ => return Err(Error::NoTarget),
        },
    }
    Ok(Value::Object(of))
}

/// What is said as a list: one value counts as a list of one.
fn list(attribute: &'static Attribute, value: &Value) -> Result<Vec<Value>, Error> {
    let said = if value.is_array() { value.clone() } else { Value::Array(vec![value.clone()]) };
    match whole(attribute, &said)? {
        Some(Value::Array(values)) => Ok(values),
        _ => Ok(vec![]),
    }
}

/// Adds values that are not there; of one that is, what is said besides. Groups are large: each is looked up by its name.
fn add(there: &mut Vec<Value>, more: Vec<Value>) {
    let key = |it: &Value| {
        let kind = it.get("type").and_then(Value::as_str).filter(|_| it.get("$ref").is_none());
        named(it).map(|name| (name.to_owned(), kind.map(str::to_owned)))
    };
    let mut places: HashMap<_, usize> =
        there.iter().enumerate().filter_map(|(at, it)| Some((key(it)?, at))).collect();
    for value in more {
        let name = key(&value);
        let at = name.as_ref().and_then(|name| places.get(name).copied());
        match (at.and_then(|at| there.get_mut(at)), value) {
            (Some(Value::Object(it)), Value::Object(more)) => it.extend(more),
            (Some(_), _) => {}
            (None, value) => {
                if name.is_some() || !there.contains(&value) {
                    places.extend(name.map(|name| (name, there.len())));
                    there.push(value);
                }
            }
        }
    }
}

/// What a value is called among several.
fn named(value: &Value) -> Option<&str> {
    value.get("value").and_then(Value::as_str)
}

fn put(holder: &mut Map<String, Value>, attribute: &'static Attribute, value: Option<Value>) {
    match value {
        Some(value) => holder.insert(attribute.name.to_owned(), value),
        None => holder.remove(attribute.name),
    };
}
