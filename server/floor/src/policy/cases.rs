//! Policy cases: questions with their answers, kept as data beside the policies, so that a lawyer can read them.

use serde::Deserialize;

use super::{Attribute, Entity, Policies};

/// One case: who does what to what. Its folder says whether it is allowed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Why this is the right answer, in a sentence.
    pub because: String,
    /// Who acts.
    actor: Side,
    /// What is done, such as `Rooms::Action::"open"`.
    action: String,
    /// What it is done to.
    resource: Side,
}

/// One side of a case.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Side {
    kind: String,
    #[serde(default)]
    attributes: std::collections::BTreeMap<String, bool>,
    /// What its roles permit.
    #[serde(default)]
    permissions: Vec<String>,
}

/// A text that is not a case.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a policy case: {0}")]
pub struct InvalidCase(String);

impl Case {
    /// Reads a case from JSON.
    pub fn parse(text: &str) -> Result<Self, InvalidCase> {
        serde_json::from_str(text).map_err(|error| InvalidCase(error.to_string()))
    }

    /// What the policies answer.
    #[must_use]
    pub fn is_allowed_by(&self, policies: &Policies) -> bool {
        policies.allow(&self.actor.entity(), keep(&self.action), &self.resource.entity())
    }

    /// The action the case is about.
    #[must_use]
    pub fn action(&self) -> &str {
        &self.action
    }
}

impl Side {
    fn entity(&self) -> Entity {
        let flag = |(name, flag): (&String, &bool)| (keep(name), Attribute::Flag(*flag));
        let attributes = self.attributes.iter().map(flag).collect();
        let groups = self.permissions.iter().map(|it| ("Permission", it.as_str().into())).collect();
        Entity { kind: keep(&self.kind), attributes, groups }
    }
}

/// Keeps a text for as long as the process lives; cases are few, and only tests read them.
fn keep(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}
