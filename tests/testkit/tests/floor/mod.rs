//! A small house over the floor, for its tests: one thing, one right to act on it, one fact.

#![allow(dead_code, clippy::unwrap_used, reason = "every test file uses another part of it")]

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use chancery_floor::{
    clock::{Clock, Entropy},
    journal::{self, Fact, Refusals},
    policy::{Entity, Policies},
    store::{Db, Migration},
    work::{Action, Actor, Desk, Floor, Resource},
};
use chancery_wire::time::Instant;
use serde::Serialize;

const SCHEMA: &str = r"entity House, Nobody, Thing; action act, other appliesTo { principal: [House, Nobody], resource: [Thing] };";
const POLICY: &str = r#"permit (principal is House, action == Action::"act", resource is Thing);"#;
const THINGS: &str = "CREATE TABLE things (id {bytes} NOT NULL PRIMARY KEY, number BIGINT NOT NULL, name TEXT, content {bytes})";

/// The journal's schema and the things.
pub(crate) fn migrations() -> Vec<Migration> {
    [journal::MIGRATIONS, &[Migration { name: "things/0001", sql: THINGS }]].concat()
}

/// A clock that stands still until it is told.
#[derive(Debug)]
pub(crate) struct Still(pub(crate) AtomicI64);

impl Clock for Still {
    fn now(&self) -> Instant {
        Instant(self.0.load(Ordering::SeqCst))
    }
}

/// Randomness that is none.
#[derive(Debug)]
pub(crate) struct Sevens;

impl Entropy for Sevens {
    fn fill(&self, out: &mut [u8]) {
        out.fill(7);
    }
}

/// The thing.
#[derive(Debug)]
pub(crate) struct Thing;

impl Resource for Thing {
    fn entity(&self) -> Entity {
        Entity::plain("Thing")
    }
}

/// The right to act on it.
#[derive(Debug)]
pub(crate) enum Act {}

impl Action for Act {
    type Resource = Thing;
    const NAME: &'static str = r#"Action::"act""#;
}

/// It was acted on.
#[derive(Debug, Serialize)]
pub(crate) struct Did {}

impl Fact for Did {
    const KIND: &'static str = "things.did";
    const MEANING: &'static str = "something was done";
}

/// The floor over a fresh database, and the clock it goes by.
pub(crate) async fn floor(db: &Db) -> (Arc<Floor>, Arc<Still>) {
    let clock = Arc::new(Still(AtomicI64::new(1_700_000_000_000)));
    db.migrate(&migrations(), clock.now()).await.unwrap();
    let policies = Policies::parse(SCHEMA, &[POLICY], &[]).unwrap();
    let (db, entropy, refusals) = (db.clone(), Arc::new(Sevens), Refusals::default());
    (Arc::new(Floor { db, policies, clock: clock.clone(), entropy, refusals }), clock)
}

/// A desk on that floor.
pub(crate) fn desk(floor: &Arc<Floor>, actor: Actor) -> Desk {
    Desk::of(Arc::clone(floor), actor)
}

/// The house's desk over a fresh database.
pub(crate) async fn open(db: &Db) -> Desk {
    desk(&floor(db).await.0, Actor::house())
}
