//! The nouns of the directory.

use chancery_wire::{
    ids::ResourceId,
    names::{Domain, Handle},
    time::Instant,
};
use serde_json::{Map, Value};

use super::schema::{Type, USERS};

/// A person or a group as it is kept.
#[derive(Clone, Debug)]
pub(super) struct Resource {
    pub id: ResourceId,
    pub of: &'static Type,
    /// What is said of it, as its schema says; of a group without its members.
    pub body: Map<String, Value>,
    pub version: u64,
    pub created: Instant,
    pub modified: Instant,
    /// Whether it belonged to the organisation when that was said last.
    pub active: bool,
}

impl Resource {
    /// What it is called, as names are compared.
    pub(super) fn name(&self) -> String {
        let name = if self.is_person() { "userName" } else { "displayName" };
        self.body.get(name).and_then(Value::as_str).unwrap_or_default().to_lowercase()
    }

    /// The name that the provider gives it.
    pub(super) fn external(&self) -> Option<&str> {
        self.body.get("externalId").and_then(Value::as_str)
    }

    /// Whether it is a person.
    pub(super) fn is_person(&self) -> bool {
        self.of.name == USERS.name
    }

    /// Whether it belongs to the organisation. Where nothing is said of that any more, it is as it was: taking it away brings nobody back.
    pub(super) fn is_active(&self) -> bool {
        self.body.get("active").and_then(Value::as_bool).unwrap_or(self.active)
    }

    /// The person's account.
    pub(super) fn handle(&self, domain: &Domain) -> Option<Handle> {
        let name = self.body.get("userName").and_then(Value::as_str).unwrap_or_default();
        Handle::of_user_name(name, domain).filter(|_| self.is_person())
    }

    /// The version as a header has it (RFC 9110).
    pub(super) fn tag(&self) -> String {
        format!("W/\"{}\"", self.version)
    }

    /// Where it is.
    pub(super) fn location(&self) -> String {
        location(self.of, self.id)
    }
}

/// Where a resource is.
pub(super) fn location(of: &Type, id: ResourceId) -> String {
    format!("/scim/v2/{}/{id}", of.endpoint)
}
