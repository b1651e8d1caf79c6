//! The decision itself, by Cedar, and the memory of decisions.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    sync::RwLock,
};

use cedar_policy::{
    Authorizer, Context, Entities, EntityUid, PolicySet, Request, RestrictedExpression, Schema,
    ValidationMode, Validator,
};
use sha2::{Digest as _, Sha256};

use super::{Attribute, Entity};

/// How many decisions are remembered about one action. There are far fewer kinds of actor and resource.
const REMEMBERED: usize = 256;

/// The answer to who and on what.
type Decision = (Entity, Entity, bool);

/// The policies in force, checked against their schema.
pub struct Policies {
    schema: Schema,
    set: PolicySet,
    hash: [u8; 32],
    /// By action. Few answers each, so that looking through them costs less than making a key.
    remembered: RwLock<HashMap<&'static str, Vec<Decision>>>,
}

impl fmt::Debug for Policies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Policies({} policies)", self.set.policies().count())
    }
}

/// Policies that do not parse, or do not fit their schema.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the policies do not hold: {0}")]
pub struct InvalidPolicies(String);

impl Policies {
    /// Reads a schema and policies written for it; strictly validated.
    pub fn parse(schema: &str, texts: &[&str]) -> Result<Self, InvalidPolicies> {
        let wrong = |error: &dyn fmt::Display| InvalidPolicies(error.to_string());
        let text = texts.join("\n");
        let (schema, _) = Schema::from_cedarschema_str(schema).map_err(|error| wrong(&error))?;
        let set: PolicySet = text.parse().map_err(|error| wrong(&error))?;
        let checked = Validator::new(schema.clone()).validate(&set, ValidationMode::Strict);
        if !checked.validation_passed_without_warnings() {
            return Err(wrong(&checked));
        }
        let hash = Sha256::digest(&text).into();
        Ok(Self { schema, set, hash, remembered: RwLock::default() })
    }

    /// The SHA-256 of the policies: which ones a decision was made by.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        self.hash
    }

    /// Whether `actor` may do `action` to `resource`. What cannot be answered is denied.
    #[must_use]
    pub fn allow(&self, actor: &Entity, action: &'static str, resource: &Entity) -> bool {
        // INVARIANT: the policies never change while this value lives, so their hash need not be part of the question.
        if let Ok(remembered) = self.remembered.read()
            && let Some(answers) = remembered.get(action)
            && let Some((.., allowed)) =
                answers.iter().find(|(who, what, _)| who == actor && what == resource)
        {
            return *allowed;
        }
        let allowed = self.decide(actor, action, resource).unwrap_or_else(|error| {
            tracing::error!(action, %error, "policy could not be asked");
            false
        });
        if let Ok(mut remembered) = self.remembered.write() {
            let answers = remembered.entry(action).or_default();
            if answers.len() < REMEMBERED {
                answers.push((actor.clone(), resource.clone(), allowed));
            }
        }
        allowed
    }

    fn decide(&self, actor: &Entity, action: &str, resource: &Entity) -> Result<bool, InvalidPolicies> {
        let wrong = |error: &dyn fmt::Display| InvalidPolicies(error.to_string());
        let (who, what) = (to_cedar(actor)?, to_cedar(resource)?);
        let action: EntityUid = action.parse().map_err(|error| wrong(&error))?;
        let request = Request::new(who.uid(), action, what.uid(), Context::empty(), Some(&self.schema))
            .map_err(|error| wrong(&error))?;
        let entities =
            Entities::from_entities([who, what], Some(&self.schema)).map_err(|error| wrong(&error))?;
        let response = Authorizer::new().is_authorized(&request, &self.set, &entities);
        Ok(response.decision() == cedar_policy::Decision::Allow)
    }
}

/// The entity for Cedar, under an id that says nothing.
fn to_cedar(entity: &Entity) -> Result<cedar_policy::Entity, InvalidPolicies> {
    let wrong = |error: &dyn fmt::Display| InvalidPolicies(error.to_string());
    let uid = format!("{}::\"it\"", entity.kind).parse().map_err(|error| wrong(&error))?;
    let value = |attribute: &Attribute| match attribute {
        Attribute::Flag(flag) => RestrictedExpression::new_bool(*flag),
        Attribute::Word(word) => RestrictedExpression::new_string((*word).to_owned()),
    };
    let attributes = entity.attributes.iter().map(|(name, it)| ((*name).to_owned(), value(it))).collect();
    cedar_policy::Entity::new(uid, attributes, HashSet::new()).map_err(|error| wrong(&error))
}
