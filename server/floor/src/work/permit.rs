//! Rights, and the permits that come from them.

use std::marker::PhantomData;

use crate::policy::Entity;

/// A right: something an actor may or may not do. Implemented by an empty enum beside the verb it is for.
pub trait Action: Send + Sync + 'static {
    /// What it is done to.
    type Resource: Resource;
    /// Its name in policy, such as `Rooms::Action::"open"`.
    const NAME: &'static str;
}

/// Something that can be acted on.
pub trait Resource: std::fmt::Debug + Send + Sync {
    /// What policy sees of it.
    fn entity(&self) -> Entity;
}

/// Policy said yes to this action on this resource. Only a `Desk` makes one, and it is used up by what it permits.
#[derive(Debug)]
pub struct Permit<A: Action> {
    resource: A::Resource,
    action: PhantomData<fn() -> A>,
}

impl<A: Action> Permit<A> {
    pub(crate) fn new(resource: A::Resource) -> Self {
        Self { resource, action: PhantomData }
    }

    /// What was permitted to be acted on.
    #[must_use]
    pub fn resource(&self) -> &A::Resource {
        &self.resource
    }

    /// Takes out what was permitted to be acted on.
    #[must_use]
    pub fn into_resource(self) -> A::Resource {
        self.resource
    }
}
