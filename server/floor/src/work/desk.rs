//! The desk: where one actor's requests are permitted and begun.

use std::sync::{Arc, Mutex, PoisonError};

use chancery_wire::{problem::Code, time::Instant};

use super::{Action, Permit, Resource as _, Work};
use crate::{
    clock::{Clock, Entropy},
    journal::Refusals,
    policy::{Entity, Policies},
    store::{Db, Reader, StoreError},
};

/// What everybody stands on: one for the whole process.
#[derive(Debug)]
pub struct Floor {
    /// The database.
    pub db: Db,
    /// The policies in force.
    pub policies: Policies,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Refusals not yet in the journal.
    pub refusals: Refusals,
}

/// Who acts.
#[derive(Clone, Debug)]
pub struct Actor {
    /// How the journal names it: an id, never a person's name.
    pub id: String,
    /// What policy sees of it.
    pub entity: Entity,
    /// What policy would see of it if it had confirmed what it asks for; nothing where there is nothing to confirm.
    pub confirmed: Option<Entity>,
    /// What policy would see of it if it had taken up the roles it holds; nothing where it has, or they are always up.
    pub taken_up: Option<Entity>,
    /// What policy would see of it at the listener at which its roles count; nothing where they count here, or it holds none.
    pub elsewhere: Option<Entity>,
    /// What policy would see of it if somebody else had agreed to what it asks for; nothing where nobody has to.
    pub agreed: Option<Entity>,
}

impl Actor {
    /// The server itself, doing its housekeeping.
    #[must_use]
    pub fn house() -> Self {
        Self::plain("house", "House")
    }

    /// Somebody who has not said who it is.
    #[must_use]
    pub fn nobody() -> Self {
        Self::plain("nobody", "Nobody")
    }

    fn plain(id: &str, kind: &'static str) -> Self {
        let entity = Entity::plain(kind);
        Self { id: id.to_owned(), entity, confirmed: None, taken_up: None, elsewhere: None, agreed: None }
    }
}

/// Policy said no. It is counted already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Whatever the actor does about it.
    #[error("this is not allowed")]
    Never,
    /// The actor may, once it has taken up the roles that it holds.
    #[error("the roles that allow this are not taken up")]
    NotTakenUp,
    /// The actor may, once it has confirmed that it wants this.
    #[error("this is not allowed before it was confirmed")]
    Unconfirmed,
    /// The actor may, at another listener.
    #[error("the roles that allow this do not count here")]
    Elsewhere,
    /// The actor may do this act, once another person has agreed to it.
    #[error("another person has to agree to this")]
    Alone(&'static str),
}

/// What an actor was permitted, in order: the acts, and what each was done to.
#[derive(Clone, Debug, Default)]
pub struct Trail(Arc<Mutex<Vec<(&'static str, Entity)>>>);

impl Trail {
    /// What was permitted so far.
    #[must_use]
    pub fn acts(&self) -> Vec<(&'static str, Entity)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// One actor's desk.
#[derive(Clone, Debug)]
pub struct Desk {
    floor: Arc<Floor>,
    actor: Arc<Actor>,
    trail: Option<Trail>,
}

impl Desk {
    /// The desk of `actor`.
    #[must_use]
    pub fn of(floor: Arc<Floor>, actor: Actor) -> Self {
        Self { floor, actor: Arc::new(actor), trail: None }
    }

    /// The same desk, which remembers what is permitted at it.
    #[must_use]
    pub fn with_trail(&self, trail: &Trail) -> Self {
        Self { trail: Some(trail.clone()), ..self.clone() }
    }

    /// Asks policy whether the actor may do this. A refusal is counted for the journal.
    pub fn permit<A: Action>(&self, resource: A::Resource) -> Result<Permit<A>, Denied> {
        let allow = |actor: &Entity| self.floor.policies.allow(actor, A::NAME, &resource.entity());
        if allow(&self.actor.entity) {
            if let Some(trail) = &self.trail {
                trail.0.lock().unwrap_or_else(PoisonError::into_inner).push((A::NAME, resource.entity()));
            }
            return Ok(Permit::new(resource));
        }
        let would = |other: &Option<Entity>| other.as_ref().is_some_and(allow);
        let (code, denied) = if would(&self.actor.taken_up) {
            (Code::NotTakenUp, Denied::NotTakenUp)
        } else if would(&self.actor.confirmed) {
            (Code::Unconfirmed, Denied::Unconfirmed)
        } else if would(&self.actor.elsewhere) {
            (Code::Elsewhere, Denied::Elsewhere)
        } else if would(&self.actor.agreed) {
            (Code::TakesTwo, Denied::Alone(A::NAME))
        } else {
            (Code::Denied, Denied::Never)
        };
        self.note(code, A::NAME);
        Err(denied)
    }

    /// Begins what was permitted.
    pub async fn begin<A: Action>(&self, permit: Permit<A>) -> Result<Work<A>, StoreError> {
        let tx = self.floor.db.begin().await?;
        let (at, entropy) = (self.now(), Arc::clone(&self.floor.entropy));
        Ok(Work::new(tx, permit, at, Arc::clone(&self.actor), entropy))
    }

    /// Reads what was permitted to be seen.
    #[must_use]
    pub fn look<A: Action>(&self, _: &Permit<A>) -> Reader {
        self.floor.db.reader()
    }

    /// Counts a refusal that policy had no part in. `asked` is an action or a route, never something the asker wrote.
    pub fn note(&self, code: Code, asked: &str) {
        self.floor.refusals.note(code.as_str(), asked, &self.actor.id);
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.floor.clock.now()
    }

    /// Who acts.
    #[must_use]
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// What the desk stands on.
    #[must_use]
    pub fn floor(&self) -> &Arc<Floor> {
        &self.floor
    }
}
