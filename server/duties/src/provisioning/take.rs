//! Taking in what is said of a person or a group: each value as its schema says, each name as it is written there.
//!
//! What nobody knows here is left aside, and so is what cannot be written (RFC 7644, section 3.3). Two habits of providers are
//! understood: a boolean as a text, and the value of a complex attribute without its braces.

use serde_json::{Map, Value};

use super::{
    error::ProvisioningError as Error,
    schema::{Attribute, EXTERNAL_ID, Kind, Type, find},
};

/// The most characters a text has.
const TEXT: usize = 1_024;
/// The most values an attribute has; of a group, how many members.
const VALUES: usize = 100;
const MEMBERS: usize = 20_000;

/// What is said of a resource, as it is kept.
pub(super) fn resource(of: &'static Type, said: &Value) -> Result<Map<String, Value>, Error> {
    let said = said.as_object().ok_or(Error::Value("a person or a group is a JSON object"))?;
    let schemas = member(said, "schemas").and_then(Value::as_array);
    let schemas = schemas.ok_or(Error::Value("`schemas` says which attributes are there"))?;
    let is_core = |it: &Value| it.as_str().is_some_and(|it| it.eq_ignore_ascii_case(of.core.id));
    if !schemas.iter().any(is_core) {
        return Err(Error::Value("`schemas` does not name the schema of what is at this address"));
    }
    let mut taken = attributes(of.core.attributes, said)?;
    if let Some(value) = member(said, EXTERNAL_ID.name)
        && let Some(value) = one(&EXTERNAL_ID, value)?
    {
        taken.insert(EXTERNAL_ID.name.to_owned(), value);
    }
    for extension in of.extensions {
        let Some(said) = member(said, extension.id) else { continue };
        let said = said.as_object().ok_or(Error::Value("an extension is a JSON object"))?;
        let of_it = attributes(extension.attributes, said)?;
        if !of_it.is_empty() {
            taken.insert(extension.id.to_owned(), Value::Object(of_it));
        }
    }
    Ok(taken)
}

/// The member of an object, however its name is capitalised.
pub(super) fn member<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    object
        .get(name)
        .or_else(|| object.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

fn attributes(known: &'static [Attribute], said: &Map<String, Value>) -> Result<Map<String, Value>, Error> {
    let mut taken = Map::new();
    for (name, value) in said {
        let Some(attribute) = find(known, name).filter(|it| !it.read_only) else { continue };
        if let Some(value) = whole(attribute, value)? {
            taken.insert(attribute.name.to_owned(), value);
        }
    }
    if known.iter().any(|it| it.required && !it.read_only && !taken.contains_key(it.name)) {
        return Err(Error::Value("an attribute that has to be there is missing"));
    }
    Ok(taken)
}

/// The value of an attribute, all values of one that has several; nothing where it says that there is none.
pub(super) fn whole(of: &'static Attribute, said: &Value) -> Result<Option<Value>, Error> {
    if !of.many {
        return one(of, said);
    }
    let said = match said {
        Value::Null => return Ok(None),
        Value::Array(values) => values.as_slice(),
        _ => return Err(Error::Value("an attribute with several values is a list")),
    };
    if said.len() > if of.name == "members" { MEMBERS } else { VALUES } {
        return Err(Error::Value("an attribute has too many values"));
    }
    let mut values: Vec<Value> = Vec::new();
    for value in said {
        values.extend(one(of, value)?);
    }
    let primary = |it: &&Value| it.get("primary").and_then(Value::as_bool) == Some(true);
    if values.iter().filter(primary).count() > 1 {
        return Err(Error::Value("of several values one is the primary one at most"));
    }
    Ok((!values.is_empty()).then_some(Value::Array(values)))
}

/// One value of an attribute; nothing where it says that there is none.
pub(super) fn one(of: &'static Attribute, said: &Value) -> Result<Option<Value>, Error> {
    let wrong = Error::Value("a value is of another kind than its schema says");
    Ok(Some(match (of.kind, said) {
        (_, Value::Null) => return Ok(None),
        (Kind::Complex, Value::Object(said)) => {
            let parts = attributes(of.parts, said)?;
            if parts.is_empty() {
                return Ok(None);
            }
            Value::Object(parts)
        }
        (Kind::Complex, Value::String(_)) if of.part("value").is_some() => {
            let Some(part) = of.part("value") else { return Err(wrong) };
            let Some(value) = one(part, said)? else { return Ok(None) };
            Value::Object(Map::from_iter([("value".to_owned(), value)]))
        }
        (Kind::Text | Kind::Reference | Kind::Date, Value::String(text)) => {
            if text.chars().count() > TEXT || text.chars().any(|it| it == '\0') {
                return Err(Error::Value("a text is longer than 1,024 characters, or has a zero in it"));
            }
            if text.is_empty() {
                return Ok(None);
            }
            said.clone()
        }
        (Kind::Flag, Value::Bool(_)) | (Kind::Number, Value::Number(_)) => said.clone(),
        (Kind::Flag, Value::String(text)) if text.eq_ignore_ascii_case("true") => Value::Bool(true),
        (Kind::Flag, Value::String(text)) if text.eq_ignore_ascii_case("false") => Value::Bool(false),
        _ => return Err(wrong),
    }))
}
