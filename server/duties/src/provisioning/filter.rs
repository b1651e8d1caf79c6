//! Filters: which persons and groups are meant (RFC 7644, section 3.4.2.2).

use scim_v2::filter::{AttrExp, AttrPath, CompValue, CompareOp, Filter, ValFilter};
use serde_json::Value;

use super::{
    error::ProvisioningError as Error,
    schema::{Attribute, EXTERNAL_ID, ID, Kind, META, Type, find},
};
use crate::counter::{read_rfc3339, rfc3339};

/// An attribute that a path leads to, by the names that its values have in a resource.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    /// The extension that it is of, if it is one's.
    pub extension: Option<&'static str>,
    /// The attribute.
    pub attribute: &'static Attribute,
    /// The part of it, if one is meant.
    pub part: Option<&'static Attribute>,
}

/// The attribute that a path leads to, if there is one.
pub(super) fn resolve(of: &'static Type, path: &AttrPath) -> Option<Found> {
    static COMMON: [Attribute; 3] = [ID, EXTERNAL_ID, META];
    let extension = match &path.uri {
        Some(uri) if !uri.eq_ignore_ascii_case(of.core.id) => Some(of.extension(uri)?),
        _ => None,
    };
    let attribute = match extension {
        Some(extension) => find(extension.attributes, &path.name)?,
        None => find(of.core.attributes, &path.name).or_else(|| find(&COMMON, &path.name))?,
    };
    let part = match &path.sub_attr {
        Some(name) => Some(attribute.part(name)?),
        None => None,
    };
    Some(Found { extension: extension.map(|it| it.id), attribute, part })
}

impl Found {
    /// The values that a resource has there: those of the attribute's part `value` where it is complex and no part is named.
    fn values<'a>(&self, of: &'a Value) -> Vec<&'a Value> {
        let of = self.extension.map_or(Some(of), |id| of.get(id));
        let Some(value) = of.and_then(|of| of.get(self.attribute.name)) else { return vec![] };
        let values: Vec<&Value> = match value {
            Value::Array(values) => values.iter().collect(),
            value => vec![value],
        };
        match self.part.or_else(|| self.attribute.part("value")) {
            Some(part) => values.into_iter().filter_map(|value| value.get(part.name)).collect(),
            None => values,
        }
    }

    /// What is compared: the part, or the attribute's part `value`, or the attribute itself.
    fn compared(&self) -> &'static Attribute {
        self.part.or_else(|| self.attribute.part("value")).unwrap_or(self.attribute)
    }
}

/// Refuses a filter that speaks of what this type of resource does not have.
pub(super) fn check(of: &'static Type, filter: &Filter) -> Result<(), Error> {
    match filter {
        Filter::Attr(expression) if is_schemas(path_of(expression)) => Ok(()),
        Filter::Attr(expression) => resolve(of, path_of(expression)).map(drop).ok_or(Error::Filter),
        Filter::ValuePath(path) => {
            let found = resolve(of, &path.attr).filter(|found| found.part.is_none()).ok_or(Error::Filter)?;
            check_parts(found.attribute, &path.filter)
        }
        Filter::Not(inner) => check(of, inner),
        Filter::And(inner) | Filter::Or(inner) => inner.iter().try_for_each(|inner| check(of, inner)),
    }
}

fn check_parts(of: &'static Attribute, filter: &ValFilter) -> Result<(), Error> {
    match filter {
        ValFilter::Attr(expression) => of.part(&path_of(expression).name).map(drop).ok_or(Error::Filter),
        ValFilter::Not(inner) => check_parts(of, inner),
        ValFilter::And(inner) | ValFilter::Or(inner) => {
            inner.iter().try_for_each(|inner| check_parts(of, inner))
        }
    }
}

fn is_schemas(path: &AttrPath) -> bool {
    path.uri.is_none() && path.sub_attr.is_none() && path.name.eq_ignore_ascii_case("schemas")
}

/// Whether a resource is meant by a filter. What it does not have is not there.
pub(super) fn matches(of: &'static Type, filter: &Filter, resource: &Value) -> Result<bool, Error> {
    Ok(match filter {
        Filter::Attr(expression) => {
            let path = path_of(expression);
            if is_schemas(path) {
                let schemas = resource.get("schemas").and_then(Value::as_array).cloned().unwrap_or_default();
                return holds(expression, &ID, &schemas.iter().collect::<Vec<_>>());
            }
            let Some(found) = resolve(of, path) else { return holds(expression, &ID, &[]) };
            holds(expression, found.compared(), &found.values(resource))?
        }
        Filter::ValuePath(path) => {
            let Some(found) = resolve(of, &path.attr) else { return Ok(false) };
            let values = found.extension.map_or(Some(resource), |id| resource.get(id));
            let values = values.and_then(|of| of.get(found.attribute.name));
            let values = match values {
                Some(Value::Array(values)) => values.as_slice(),
                Some(value) => std::slice::from_ref(value),
                None => &[],
            };
            any(values, |value| fits(found.attribute, &path.filter, value))?
        }
        Filter::Not(inner) => !matches(of, inner, resource)?,
        Filter::And(inner) => !any(inner, |inner| matches(of, inner, resource).map(|it| !it))?,
        Filter::Or(inner) => any(inner, |inner| matches(of, inner, resource))?,
    })
}

/// Whether one value of an attribute is meant by what stands in brackets.
pub(super) fn fits(of: &'static Attribute, filter: &ValFilter, value: &Value) -> Result<bool, Error> {
    Ok(match filter {
        ValFilter::Attr(expression) => {
            let path = path_of(expression);
            let part = of.part(&path.name).ok_or(Error::Filter)?;
            holds(expression, part, &value.get(part.name).into_iter().collect::<Vec<_>>())?
        }
        ValFilter::Not(inner) => !fits(of, inner, value)?,
        ValFilter::And(inner) => !any(inner, |inner| fits(of, inner, value).map(|it| !it))?,
        ValFilter::Or(inner) => any(inner, |inner| fits(of, inner, value))?,
    })
}

fn any<'a, T: 'a>(
    all: impl IntoIterator<Item = &'a T>,
    is: impl Fn(&T) -> Result<bool, Error>,
) -> Result<bool, Error> {
    for it in all {
        if is(it)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn path_of(expression: &AttrExp) -> &AttrPath {
    match expression {
        AttrExp::Present(path) | AttrExp::Comparison(path, ..) => path,
    }
}

fn holds(expression: &AttrExp, of: &'static Attribute, values: &[&Value]) -> Result<bool, Error> {
    let AttrExp::Comparison(_, op, wanted) = expression else { return Ok(!values.is_empty()) };
    // That it is not so holds also where there is nothing; that it is null, only there.
    Ok(match (op, wanted) {
        (CompareOp::Eq, CompValue::Null) => values.is_empty(),
        (CompareOp::Ne, CompValue::Null) => !values.is_empty(),
        (CompareOp::Ne, wanted) => !any(values, |value| compare(of, value, &CompareOp::Eq, wanted))?,
        (op, wanted) => any(values, |value| compare(of, value, op, wanted))?,
    })
}

fn compare(of: &'static Attribute, value: &Value, op: &CompareOp, wanted: &CompValue) -> Result<bool, Error> {
    match (value, wanted) {
        (Value::String(_), CompValue::Str(wanted))
            if of.kind == Kind::Date && read_rfc3339(wanted).is_none() =>
        {
            Err(Error::Filter)
        }
        (Value::String(value), CompValue::Str(wanted)) => {
            let fold = |text: &str| match of.kind {
                Kind::Date => read_rfc3339(text).map(rfc3339).unwrap_or_default(),
                _ if of.exact => text.to_owned(),
                _ => text.to_lowercase(),
            };
            let (value, wanted) = (fold(value), fold(wanted));
            Ok(match op {
                CompareOp::Eq => value == wanted,
                CompareOp::Ne => value != wanted,
                CompareOp::Co => value.contains(&wanted),
                CompareOp::Sw => value.starts_with(&wanted),
                CompareOp::Ew => value.ends_with(&wanted),
                CompareOp::Gt => value > wanted,
                CompareOp::Ge => value >= wanted,
                CompareOp::Lt => value < wanted,
                CompareOp::Le => value <= wanted,
            })
        }
        (Value::Bool(value), wanted @ (CompValue::True | CompValue::False)) => match op {
            CompareOp::Eq => Ok(*value == matches!(wanted, CompValue::True)),
            // RFC 7644: a boolean is not greater than another.
            _ => Err(Error::Filter),
        },
        // A value of another kind is not equal, nor greater.
        _ => Ok(false),
    }
}
