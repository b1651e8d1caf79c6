//! Torture: many devices in many rooms, on a network that loses, delays and repeats, with processes that die and clocks that
//! are wrong; and a model of what must hold once all that is over. A seed is a schedule, and leads to the same one again.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    reason = "what cannot go on here is a schedule that has failed"
)]
#![allow(missing_debug_implementations, reason = "a world is told as its story")]

mod book;
mod clock;
mod device;
mod door;
mod draws;
mod line;
mod live;
mod model;
mod reading;
mod rest;
mod schedule;
mod tally;
mod template;
mod trouble;
mod truth;
mod world;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use chancery_play::dice::Dice;
pub use tally::Tally;
pub use template::Template;
use world::World;

/// A schedule after which something does not hold.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Its seed.
    pub seed: u64,
    /// What happened, in order.
    pub story: Vec<String>,
    /// What does not hold.
    pub wrong: Vec<String>,
}

/// Plays the schedule of a seed, with its files below `place`; `most` cuts it to so many actions.
pub fn play(
    template: &Template,
    seed: u64,
    most: Option<usize>,
    place: &Path,
) -> Result<Tally, Box<Failure>> {
    let mut dice = Dice::new(seed);
    // From three accounts to eight; most are small: what three people can do wrong, eight seldom do better.
    let (fewest, more, shortest, longer) = match dice.below(100) {
        0..70 => (3, 2, 6, 20),
        70..95 => (3, 4, 20, 40),
        _ => (5, 4, 50, 90),
    };
    let (accounts, actions) = (fewest + dice.below(more), shortest + dice.below(longer));
    let mut world = World::new(template, (dice.roll(), accounts), place);
    let played = catch_unwind(AssertUnwindSafe(|| {
        for number in 0..actions.min(most.unwrap_or(usize::MAX)) {
            if number == 0 {
                world.begin();
            }
            world.act();
        }
        // Then somebody says something in every room: whoever shows it has the same keys.
        let rested = world.comes_to_rest().and_then(|()| {
            world.probe();
            world.settles()
        });
        if let Err(why) = rested {
            world.wrong.push(why);
        }
        world.check()
    }));
    let wrong = match played {
        Ok(wrong) => wrong,
        Err(why) => {
            let text = why.downcast_ref::<String>().cloned();
            let text = text.or(why.downcast_ref::<&str>().map(|it| (*it).to_owned()));
            vec![format!("a panic: {}", text.unwrap_or_default())]
        }
    };
    if wrong.is_empty() {
        return Ok(world.tally);
    }
    Err(Box::new(Failure { seed, story: world.story, wrong }))
}

/// Cuts a failed schedule to the fewest actions with which it still fails.
pub fn shorten(template: &Template, failure: Failure, place: &Path) -> (usize, Failure) {
    let (mut low, mut high, mut best) = (0, 200, failure);
    while low < high {
        let middle = low + (high - low) / 2;
        match play(template, best.seed, Some(middle), place) {
            Err(shorter) => (high, best) = (middle, *shorter),
            Ok(_) => low = middle + 1,
        }
    }
    (high, best)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::truth::{Deed, Wished};

    fn story(template: &Template, seed: u64, place: &Path) -> Vec<String> {
        let mut world = World::new(template, (seed, 3), place);
        world.begin();
        for _ in 0..12 {
            world.act();
        }
        world.comes_to_rest().unwrap();
        world.story
    }

    #[test]
    fn a_seed_leads_to_the_same_story_again() {
        let dir = tempfile::tempdir().unwrap();
        let template = Template::found(dir.path());
        for seed in [1, 2, 3] {
            let first = story(&template, seed, dir.path());
            assert_eq!(first, story(&template, seed, dir.path()));
        }
    }

    #[test]
    fn what_must_hold_holds_and_what_does_not_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let template = Template::found(dir.path());
        let mut world = World::new(&template, (7, 2), dir.path());
        world.begin();
        world.comes_to_rest().unwrap();
        assert_eq!(world.check(), Vec::<String>::new());
        // Words that were said, as the device tells, and that are nowhere.
        let (room, wish) = (world.rooms[0], chancery_vault::WishId(1_000_000));
        let deed = Deed::Say;
        world.truth.wishes.push(Wished { room, device: 0, wish, id: None, deed, account: 0, unsure: false });
        assert_eq!(world.check(), ["room 0: wish 0 is done and nobody shows it"]);
        world.truth.wishes.clear();
        // A log that is shorter than what devices have.
        world.door.hub.halls.get_mut(&room).unwrap().log.pop().unwrap();
        assert!(!world.check().is_empty());
    }
}
