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

mod clock;
mod device;
mod dice;
mod door;
mod line;
mod live;
mod model;
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

use dice::Dice;
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
    // Most are small: what three people can do wrong, eight seldom do better.
    let accounts = [2, 3, 3, 3, 4, 4, 5, 6, 7, 8][dice.below(10)];
    let longest = if dice.happens(100) { 120 } else { 45 };
    let actions = 15 + dice.below(longest);
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
