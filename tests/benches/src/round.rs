//! A round of load: who speaks, how much may be under way, and what was heard when.
//!
//! A closed loop: whoever speaks says the next thing when an earlier one has come to everybody who is to hear it. What is
//! said carries a stamp, so that the one who hears it knows how long it took.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use tokio::sync::Semaphore;

use crate::{Failure, clock::elapsed};

/// How many things of one speaker are told apart; more than any window.
const UNDER_WAY: usize = 256;

/// Who says something, the how-manieth thing it is, and when, in nanoseconds since the program began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// Who.
    pub(crate) sender: u32,
    /// The how-manieth.
    pub(crate) number: u32,
    /// When.
    pub(crate) at: u64,
}

impl Stamp {
    /// A stamp of this moment.
    pub(crate) fn now(sender: u32, number: u32) -> Self {
        Self { sender, number, at: nanoseconds(elapsed()) }
    }

    /// Writes the stamp's 16 bytes into a frame; a frame without room for it stays as it is.
    pub(crate) fn write(self, frame: &mut [u8], at: usize) {
        let number = u128::from(self.sender) << 96 | u128::from(self.number) << 64 | u128::from(self.at);
        if let Some(place) = frame.get_mut(at..at + 16) {
            place.copy_from_slice(&number.to_be_bytes());
        }
    }

    /// Reads a stamp from a frame.
    pub(crate) fn read(frame: &[u8], at: usize) -> Option<Self> {
        let (who, when) = frame.get(at..at + 16)?.split_at(8);
        let (sender, number) = who.split_at(4);
        let [sender, number] = [sender, number].map(|part| part.try_into().map(u32::from_be_bytes));
        Some(Self {
            sender: sender.ok()?,
            number: number.ok()?,
            at: u64::from_be_bytes(when.try_into().ok()?),
        })
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// How far what somebody says has come.
#[derive(Debug)]
struct Tally {
    /// How much more may be said now.
    open: Semaphore,
    /// How many have heard each of what is under way.
    heard: Vec<AtomicU32>,
}

/// A round.
#[derive(Debug)]
pub(crate) struct Round {
    /// How many are to hear each thing.
    audience: u32,
    window: usize,
    tallies: Vec<Tally>,
    /// How long things took until each connection heard them, in nanoseconds.
    ears: Vec<Mutex<Vec<u64>>>,
    over: AtomicBool,
    trouble: Mutex<Option<Failure>>,
}

impl Round {
    /// A round between `connections`, in which each of what is said is heard by `audience` of them.
    pub(crate) fn new(connections: usize, audience: u32, window: usize) -> Self {
        let tally = || {
            let heard = (0..UNDER_WAY).map(|_| AtomicU32::new(0)).collect();
            Tally { open: Semaphore::new(window), heard }
        };
        Self {
            audience,
            window,
            tallies: (0..connections).map(|_| tally()).collect(),
            ears: (0..connections).map(|_| Mutex::default()).collect(),
            over: AtomicBool::new(false),
            trouble: Mutex::default(),
        }
    }

    /// Waits until somebody may say the next thing; `false` when the round is over.
    pub(crate) async fn may_speak(&self, who: usize) -> bool {
        let Some(tally) = self.tallies.get(who) else { return false };
        let Ok(turn) = tally.open.acquire().await else { return false };
        let over = self.over.load(Ordering::Relaxed);
        if !over {
            turn.forget();
        }
        !over
    }

    /// A connection has heard something. What one says oneself does not count.
    pub(crate) fn hear(&self, ear: usize, stamp: Stamp) {
        let sender = usize::try_from(stamp.sender).unwrap_or(usize::MAX);
        let Some((tally, heard)) = self.tallies.get(sender).zip(self.ears.get(ear)) else { return };
        if sender == ear {
            return;
        }
        heard
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(nanoseconds(elapsed()).saturating_sub(stamp.at));
        let place = usize::try_from(stamp.number).unwrap_or(0) % UNDER_WAY;
        let Some(count) = tally.heard.get(place) else { return };
        if count.fetch_add(1, Ordering::Relaxed) + 1 == self.audience {
            count.store(0, Ordering::Relaxed);
            tally.open.add_permits(1);
        }
    }

    /// Takes what was heard so far.
    pub(crate) fn take(&self) -> Vec<u64> {
        let take =
            |ear: &Mutex<Vec<u64>>| std::mem::take(&mut *ear.lock().unwrap_or_else(PoisonError::into_inner));
        self.ears.iter().flat_map(take).collect()
    }

    /// Ends the round: nothing more is said. Whether everything that was said has been heard is told by [`Round::rests`].
    pub(crate) fn end(&self) {
        self.over.store(true, Ordering::Relaxed);
    }

    /// Whether nothing is under way.
    pub(crate) fn rests(&self) -> bool {
        self.tallies.iter().all(|tally| tally.open.available_permits() >= self.window)
    }

    /// Sends everybody home who still waits to say something.
    pub(crate) fn close(&self) {
        self.tallies.iter().for_each(|tally| tally.open.close());
    }

    /// Something went wrong on a connection; the first thing is kept.
    pub(crate) fn fail(&self, why: Failure) {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(why);
    }

    /// What went wrong, if anything did.
    pub(crate) fn trouble(&self) -> Result<(), Failure> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).take().map_or(Ok(()), Err)
    }
}
