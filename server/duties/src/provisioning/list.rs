//! List: persons or groups, those that a filter means, page by page (RFC 7644, section 3.4.2).
//!
//! `GET /scim/v2/{kind}`, permitted by `Provisioning::"list"`.

use std::str::FromStr as _;

use axum::extract::{Query, rejection::QueryRejection};
use chancery_floor::{store::Read, work::Action};
use scim_v2::filter::{AttrExp, CompValue, CompareOp, Filter};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    error::ProvisioningError as Error,
    filter::{check, matches},
    model::Resource,
    said::Answer,
    schema::Type,
    show::{Wanted, plain, whole},
    store,
};
use crate::counter::{At, Organisation, Refusal, Visitor};

/// The schema of a list.
pub(super) const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
/// The most resources in one answer.
pub(super) const PAGE: u64 = 200;

/// The right to list persons and groups.
#[derive(Debug)]
pub(crate) enum List {}

impl Action for List {
    type Resource = Organisation;
    const NAME: &'static str = r#"Provisioning::Action::"list""#;
}

/// What is asked for, as it stands in an address.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Asked {
    /// Which are meant: RFC 7644, section 3.4.2.2.
    pub filter: Option<String>,
    /// The place of the first one, from 1.
    pub start_index: Option<i64>,
    /// How many at most.
    pub count: Option<i64>,
    /// Only these attributes, with commas between.
    pub attributes: Option<String>,
    /// All attributes but these, with commas between.
    pub excluded_attributes: Option<String>,
}

/// Which of them, which page, and what of each.
#[derive(Debug)]
pub(super) struct Question {
    filter: Option<Filter>,
    text: String,
    start: u64,
    count: u64,
    pub(super) wanted: Wanted,
}

impl Question {
    pub(super) fn read(asked: &Asked) -> Result<Self, Error> {
        let names = |text: &Option<String>| {
            let names = text.as_deref().unwrap_or_default().split(',').map(str::trim);
            names.filter(|name| !name.is_empty()).map(str::to_owned).collect::<Vec<_>>()
        };
        let wanted =
            Wanted { attributes: names(&asked.attributes), excluded: names(&asked.excluded_attributes) };
        if !wanted.attributes.is_empty() && !wanted.excluded.is_empty() {
            return Err(Error::Value("attributes are either named or left out"));
        }
        let text = asked.filter.clone().unwrap_or_default();
        let filter = asked.filter.as_deref().map(Filter::from_str).transpose().map_err(|_| Error::Filter)?;
        let start = asked.start_index.and_then(|it| u64::try_from(it).ok()).unwrap_or(1).max(1);
        let count = asked.count.map_or(PAGE, |it| u64::try_from(it).unwrap_or(0)).min(PAGE);
        Ok(Self { filter, text: text.to_lowercase(), start, count, wanted })
    }

    /// How many there are of a type, and so many of them after so many.
    async fn found(
        &self,
        from: &mut impl Read,
        of: &'static Type,
        (after, many): (u64, u64),
    ) -> Result<(u64, Vec<Resource>), Error> {
        let Some(filter) = &self.filter else {
            let page = store::page(from, of, (after, many)).await?;
            return Ok((store::count(from, of).await?, page));
        };
        let all = match narrowed(filter) {
            // No name has it, and no database takes it.
            Some((_, name)) if name.contains('\0') => vec![],
            Some((true, name)) => store::named(from, of, &name.to_lowercase()).await?,
            Some((false, name)) => store::external(from, of, name).await?,
            None => store::page(from, of, (0, i64::MAX as u64)).await?,
        };
        let deep = ["groups", "members"].iter().any(|it| self.text.contains(it));
        let (mut total, mut found) = (0, Vec::new());
        for it in all {
            let shown = if deep { whole(from, &it).await? } else { plain(&it) };
            if matches(of, filter, &Value::Object(shown))? {
                if total >= after && (found.len() as u64) < many {
                    found.push(it);
                }
                total += 1;
            }
        }
        Ok((total, found))
    }

    /// The answer, from one type or several, the ones after the others.
    pub(super) async fn answer(&self, from: &mut impl Read, types: &[&'static Type]) -> Result<Value, Error> {
        // Of several types, one has attributes that another one does not have.
        if let (Some(filter), [of]) = (&self.filter, types) {
            check(of, filter)?;
        }
        let (mut total, mut shown) = (0, Vec::new());
        for of in types {
            let page = ((self.start - 1).saturating_sub(total), self.count - shown.len() as u64);
            let (many, found) = self.found(from, of, page).await?;
            total += many;
            for it in found {
                let it = whole(from, &it).await?;
                shown.push(self.wanted.of(of, it));
            }
        }
        Ok(json!({
            "schemas": [LIST], "totalResults": total, "startIndex": self.start, "itemsPerPage": shown.len(), "Resources": shown,
        }))
    }
}

/// The name that a filter asks for, where it asks for nothing else or for something besides: one of the organisation's own names
/// (`true`), or the provider's. The filter is asked all the same, about those that have it.
fn narrowed(filter: &Filter) -> Option<(bool, &str)> {
    match filter {
        Filter::Attr(AttrExp::Comparison(path, CompareOp::Eq, CompValue::Str(name)))
            if path.sub_attr.is_none() =>
        {
            match path.name.to_ascii_lowercase().as_str() {
                "username" => Some((true, name)),
                "externalid" => Some((false, name)),
                _ => None,
            }
        }
        Filter::And(all) => all.iter().find_map(narrowed),
        _ => None,
    }
}

/// Persons or groups.
#[utoipa::path(get, path = "/scim/v2/{kind}", tag = "provisioning", operation_id = "provisioning.list",
    params(("kind" = String, Path, description = "Users or Groups."),
        ("filter" = Option<String>, Query, description = "Which are meant: RFC 7644, section 3.4.2.2."),
        ("startIndex" = Option<i64>, Query, description = "The place of the first one, from 1."),
        ("count" = Option<i64>, Query, description = "How many at most."),
        ("attributes" = Option<String>, Query, description = "Only these attributes, with commas between."),
        ("excludedAttributes" = Option<String>, Query, description = "All attributes but these, with commas between.")),
    responses((status = 200, description = "Those that are meant.", body = Value, content_type = "application/scim+json"),
        (status = "default", description = "Refused.", body = Value, content_type = "application/scim+json")))]
pub(super) async fn handle(
    Visitor { desk, .. }: Visitor,
    At(kind): At<String>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Answer, Refusal> {
    let permit = desk.permit::<List>(Organisation)?;
    let of = kind_of(&kind)?;
    let Query(asked) = asked.map_err(|_| Error::Value("startIndex and count are numbers"))?;
    let question = Question::read(&asked)?;
    Ok(Answer::of(question.answer(&mut desk.look(&permit), &[of]).await?))
}

/// The type at an address.
pub(super) fn kind_of(kind: &str) -> Result<&'static Type, Error> {
    // Who asks for their own person: a program is none.
    if kind == "Me" { Err(Error::NotHere) } else { Type::at(kind).ok_or(Error::NoResource) }
}
