//! The decision itself, by Cedar, and the memory of decisions.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    str::FromStr as _,
    sync::{Arc, PoisonError, RwLock},
};

use cedar_policy::{
    Authorizer, Context, Effect, Entities, EntityId, EntityTypeName, EntityUid, Policy, PolicyId, PolicySet,
    PrincipalConstraint, Request, RestrictedExpression, Schema, ValidationMode, Validator,
};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{Attribute, Entity};

/// How many decisions are remembered about one action. There are far fewer kinds of actor and resource, by what the policies name of them.
const REMEMBERED: usize = 256;

/// The answer to who and on what, each without what no policy names.
type Decision = (Entity, Entity, bool);

/// The policies in force, checked against their schema: those of the program, and what the organisation forbids besides.
pub struct Policies {
    schema: Schema,
    own: PolicySet,
    /// What no rule touches.
    exempt: &'static [&'static str],
    force: RwLock<Arc<Force>>,
}

/// The policies of one moment.
struct Force {
    set: PolicySet,
    hash: [u8; 32],
    /// Every word that the policies name, among them the attributes and groups by which they decide; nothing where that cannot be told.
    named: Option<HashSet<String>>,
    /// By action. Few answers each, so that looking through them costs less than making a key.
    remembered: RwLock<HashMap<&'static str, Vec<Decision>>>,
}

impl fmt::Debug for Policies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Policies({} policies)", self.force().set.policies().count())
    }
}

/// Policies that do not parse, or do not fit their schema.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the policies do not hold: {0}")]
pub struct InvalidPolicies(String);

/// A rule of the organisation's that cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRule {
    /// It is no policy.
    #[error("the rule is not one policy in Cedar")]
    Unreadable(#[source] InvalidPolicies),
    /// It allows something, or is about others than accounts.
    #[error("a rule begins with  forbid (principal is Account")]
    NoRule,
    /// It speaks of what the schema does not know, or of nothing.
    #[error(
        "the rule speaks of something that policies/schema.cedarschema does not know, or could never forbid anything: {0}"
    )]
    Unfit(#[source] InvalidPolicies),
}

/// Why something is allowed or refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Whether it is allowed.
    pub allowed: bool,
    /// The program's policies that decided, in Cedar.
    pub policies: Vec<String>,
    /// The organisation's rules that decided, by name.
    pub rules: Vec<String>,
}

impl Policies {
    /// Reads a schema and policies written for it; strictly validated. Rules do not touch the actions in `exempt`.
    pub fn parse(
        schema: &str,
        texts: &[&str],
        exempt: &'static [&'static str],
    ) -> Result<Self, InvalidPolicies> {
        let text = texts.join("\n");
        let (schema, _) = Schema::from_cedarschema_str(schema).map_err(|error| wrong(&error))?;
        let own: PolicySet = text.parse().map_err(|error| wrong(&error))?;
        fits(&schema, &own)?;
        let force = RwLock::new(Arc::new(Force::new(own.clone())));
        Ok(Self { schema, own, exempt, force })
    }

    /// The SHA-256 of the policies in force: which ones a decision was made by.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        self.force().hash
    }

    /// Puts the organisation's rules, each with its name, in the place of those before. Nothing changes when one of them cannot be taken.
    pub fn set_rules<'a>(
        &self,
        rules: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<(), InvalidRule> {
        let set = self.with_rules(rules)?;
        *self.force.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(Force::new(set));
        Ok(())
    }

    /// Whether the organisation could have these rules. Nothing changes.
    pub fn try_rules<'a>(
        &self,
        rules: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<(), InvalidRule> {
        self.with_rules(rules).map(drop)
    }

    fn with_rules<'a>(
        &self,
        rules: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<PolicySet, InvalidRule> {
        let mut set = self.own.clone();
        for (name, text) in rules {
            let id = PolicyId::new(format!("rule/{name}"));
            let rule =
                Policy::parse(Some(id), text).map_err(|error| InvalidRule::Unreadable(wrong(&error)))?;
            let account = |kind: &EntityTypeName| kind.to_string() == "Account";
            let of_accounts = match rule.principal_constraint() {
                PrincipalConstraint::Is(kind) | PrincipalConstraint::IsIn(kind, _) => account(&kind),
                _ => false,
            };
            if rule.effect() != Effect::Forbid || !of_accounts {
                return Err(InvalidRule::NoRule);
            }
            set.add(rule).map_err(|error| InvalidRule::Unfit(wrong(&error)))?;
        }
        fits(&self.schema, &set).map_err(InvalidRule::Unfit)?;
        Ok(set)
    }

    /// Whether `actor` may do `action` to `resource`. What cannot be answered is denied.
    #[must_use]
    pub fn allow(&self, actor: &Entity, action: &'static str, resource: &Entity) -> bool {
        // INVARIANT: what is in force never changes, it is replaced together with its memory.
        let force = self.force();
        if let Ok(remembered) = force.remembered.read()
            && let Some(answers) = remembered.get(action)
            && let Some((.., allowed)) =
                answers.iter().find(|(who, what, _)| force.is(actor, who) && force.is(resource, what))
        {
            return *allowed;
        }
        let answer = self.ask(&force.set, actor, action, resource).map(|answer| answer.allowed);
        let allowed = answer.unwrap_or_else(|error| {
            tracing::error!(action, %error, "policy could not be asked");
            false
        });
        if let Ok(mut remembered) = force.remembered.write() {
            let answers = remembered.entry(action).or_default();
            // Devices grow older: what is full is full of answers that nobody asks for any more.
            if answers.len() >= REMEMBERED {
                answers.clear();
            }
            answers.push((force.seen(actor), force.seen(resource), allowed));
        }
        allowed
    }

    /// Whether there is such an action.
    #[must_use]
    pub fn knows(&self, action: &str) -> bool {
        EntityUid::from_str(action).is_ok_and(|action| self.schema.actions().any(|it| *it == action))
    }

    /// Why `actor` may do `action` to `resource`, or may not.
    pub fn explain(
        &self,
        actor: &Entity,
        action: &str,
        resource: &Entity,
    ) -> Result<Answer, InvalidPolicies> {
        self.ask(&self.force().set, actor, action, resource)
    }

    fn force(&self) -> Arc<Force> {
        Arc::clone(&self.force.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn ask(
        &self,
        set: &PolicySet,
        actor: &Entity,
        action: &str,
        resource: &Entity,
    ) -> Result<Answer, InvalidPolicies> {
        let (who, what) = (to_cedar(actor)?, to_cedar(resource)?);
        let set = if self.exempt.contains(&action) { &self.own } else { set };
        let action: EntityUid = action.parse().map_err(|error| wrong(&error))?;
        let request = Request::new(who.uid(), action, what.uid(), Context::empty(), Some(&self.schema))
            .map_err(|error| wrong(&error))?;
        let entities =
            Entities::from_entities([who, what], Some(&self.schema)).map_err(|error| wrong(&error))?;
        let response = Authorizer::new().is_authorized(&request, set, &entities);
        // A rule that cannot be answered is no rule to go around.
        let whole = response.diagnostics().errors().next().is_none();
        let allowed = whole && response.decision() == cedar_policy::Decision::Allow;
        let mut answer = Answer { allowed, policies: vec![], rules: vec![] };
        for id in response.diagnostics().reason() {
            let name: &str = id.as_ref();
            match name.strip_prefix("rule/") {
                Some(name) => answer.rules.push(name.to_owned()),
                None => answer.policies.extend(set.policy(id).and_then(Policy::to_cedar)),
            }
        }
        answer.policies.sort();
        answer.rules.sort();
        Ok(answer)
    }
}

impl Force {
    fn new(set: PolicySet) -> Self {
        let mut texts: Vec<_> = set.policies().filter_map(Policy::to_cedar).collect();
        texts.sort();
        // As Cedar has read them: a text may write a name in several ways.
        let mut named = Some(HashSet::new());
        for policy in set.policies() {
            named = named.zip(policy.to_json().ok()).map(|(mut named, json)| {
                words(json, &mut named);
                named
            });
        }
        Self { set, hash: Sha256::digest(texts.join("\n")).into(), named, remembered: RwLock::default() }
    }

    fn names(&self, word: &str) -> bool {
        self.named.as_ref().is_none_or(|named| named.contains(word))
    }

    /// An entity as the policies see it: they cannot tell it from others that differ in what none of them names.
    fn seen(&self, it: &Entity) -> Entity {
        let attributes = it.attributes.iter().filter(|(name, _)| self.names(name)).cloned().collect();
        let groups = it.groups.iter().filter(|(kind, _)| self.names(kind)).cloned().collect();
        Entity { kind: it.kind, attributes, groups }
    }

    /// Whether an entity is `seen` so. Copies nothing.
    fn is(&self, it: &Entity, seen: &Entity) -> bool {
        it.kind == seen.kind
            && it.attributes.iter().filter(|(name, _)| self.names(name)).eq(&seen.attributes)
            && it.groups.iter().filter(|(kind, _)| self.names(kind)).eq(&seen.groups)
    }
}

/// Gathers every word in a policy's JSON.
fn words(json: Value, into: &mut HashSet<String>) {
    match json {
        Value::String(word) => drop(into.insert(word)),
        Value::Array(parts) => parts.into_iter().for_each(|part| words(part, into)),
        Value::Object(parts) => parts.into_iter().for_each(|(word, part)| {
            into.insert(word);
            words(part, into);
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn wrong(error: &dyn fmt::Display) -> InvalidPolicies {
    InvalidPolicies(error.to_string())
}

fn fits(schema: &Schema, set: &PolicySet) -> Result<(), InvalidPolicies> {
    let checked = Validator::new(schema.clone()).validate(set, ValidationMode::Strict);
    if checked.validation_passed_without_warnings() { Ok(()) } else { Err(wrong(&checked)) }
}

/// The entity for Cedar, under an id that says nothing.
fn to_cedar(entity: &Entity) -> Result<cedar_policy::Entity, InvalidPolicies> {
    let named = |kind: &str, name: &str| -> Result<EntityUid, InvalidPolicies> {
        let kind = EntityTypeName::from_str(kind).map_err(|error| wrong(&error))?;
        Ok(EntityUid::from_type_name_and_id(kind, EntityId::new(name)))
    };
    let value = |attribute: &Attribute| match attribute {
        Attribute::Flag(flag) => RestrictedExpression::new_bool(*flag),
        Attribute::Word(word) => RestrictedExpression::new_string(word.to_string()),
        Attribute::Number(number) => RestrictedExpression::new_long((*number).into()),
    };
    let uid = named(entity.kind, "it")?;
    let attributes = entity.attributes.iter().map(|(name, it)| ((*name).to_owned(), value(it))).collect();
    let groups: Result<_, _> = entity.groups.iter().map(|(kind, name)| named(kind, name)).collect();
    cedar_policy::Entity::new(uid, attributes, groups?).map_err(|error| wrong(&error))
}
