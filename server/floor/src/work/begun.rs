//! Work: a permitted change under way.

use std::sync::Arc;

use chancery_wire::time::Instant;

use super::{Action, Actor, Permit};
use crate::{
    clock::Entropy,
    journal::{self, Fact},
    store::{StoreError, Tx},
};

/// A permitted change under way. Dropped, it leaves nothing behind.
#[derive(Debug)]
pub struct Work<A: Action> {
    /// The transaction everything happens in.
    pub tx: Tx,
    permit: Permit<A>,
    at: Instant,
    actor: Arc<Actor>,
    entropy: Arc<dyn Entropy>,
    told: Vec<(&'static str, Vec<u8>)>,
}

impl<A: Action> Work<A> {
    pub(crate) fn new(
        tx: Tx,
        permit: Permit<A>,
        at: Instant,
        actor: Arc<Actor>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Self { tx, permit, at, actor, entropy, told: Vec::new() }
    }

    /// What is acted on.
    #[must_use]
    pub fn resource(&self) -> &A::Resource {
        self.permit.resource()
    }

    /// When it happens: one moment for the whole work.
    #[must_use]
    pub fn at(&self) -> Instant {
        self.at
    }

    /// Who acts.
    #[must_use]
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Draws randomness.
    #[must_use]
    pub fn fresh<const N: usize>(&self) -> [u8; N] {
        self.entropy.make()
    }

    /// Tells a fact beside the one it will be committed with.
    pub fn tell<F: Fact>(&mut self, fact: &F) {
        self.told.push((F::KIND, journal::encode(self.at, &self.actor.id, fact)));
    }

    /// Makes it durable together with the fact of it. There is no other way to commit.
    pub async fn commit<F: Fact>(mut self, fact: &F) -> Result<(), StoreError> {
        self.tell(fact);
        journal::append(&mut self.tx, self.at, self.told).await?;
        self.tx.commit().await
    }
}
