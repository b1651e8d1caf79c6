//! What a device's own work costs, by the size of the room: milliseconds of one thread, and bytes.
//!
//! The rooms are as dear as they can be: nobody but the founder has renewed their leaf, so every commit is encrypted to
//! every member. The founder acts, one other device joins and follows; vaults are in memory.

use chancery_engine::{Engine, Want};
use chancery_wire::{
    content::{TEXT_LIMIT, Written},
    frames::{Entry, Submit},
    names::Handle,
    policy::Role,
    time::{DAY, Instant},
};
use serde::Serialize;

use crate::{
    Outcome,
    clock::{Watch, now},
    hall::{Hall, join},
    people::People,
    tell,
};

/// How many are added by one commit when a room is filled.
const BATCH: usize = 100;
/// How often leaves are renewed in a room, and how many messages are sent.
const RENEWALS: i64 = 5;
const MESSAGES: usize = 20;
/// What a message says, in bytes.
const TEXT: usize = 100;

/// What was seen of one operation.
#[derive(Debug, Default)]
struct Seen {
    milliseconds: Vec<f64>,
    bytes: Vec<usize>,
}

/// One operation in rooms of one size.
#[derive(Debug, Serialize)]
pub(crate) struct Cost {
    /// How many are in the room.
    pub(crate) members: usize,
    /// What is done.
    pub(crate) what: &'static str,
    /// The median, in milliseconds.
    pub(crate) milliseconds: f64,
    /// The median of the bytes that travel.
    pub(crate) bytes: usize,
    /// How often it was done.
    pub(crate) runs: usize,
}

/// Everything that is done in rooms of one size.
#[derive(Debug, Default)]
struct Sheet {
    create: Seen,
    add: Seen,
    join: Seen,
    commit: Seen,
    judge: Seen,
    process: Seen,
    send: Seen,
    receive: Seen,
}

/// Measures rooms of these sizes.
pub(crate) fn measure(sizes: &[usize]) -> Outcome<Vec<Cost>> {
    let most = sizes.iter().copied().max().unwrap_or(2).max(2);
    tell(&format!("engine: making {most} people"));
    let mut people = People::gather(most, 2, now())?;
    let mut costs = Vec::new();
    for size in sizes.iter().map(|size| (*size).max(2)) {
        tell(&format!("engine: rooms of {size}"));
        let mut sheet = Sheet::default();
        // A large room shows everything by itself.
        let rooms = if size < 100 { 5 } else { 1 + 200 / size };
        for _ in 0..rooms {
            sheet.room(&mut people, size)?;
        }
        costs.extend(sheet.costs(size));
    }
    Ok(costs)
}

impl Sheet {
    fn room(&mut self, people: &mut People, size: usize) -> Outcome {
        let at = now();
        let (mut filling, bob) = (people.handles(2, size), people.handles(1, 2));
        // The last ones come one by one, and the device that follows comes last.
        let ones = filling.split_off(filling.len().saturating_sub(if size < 10 { 0 } else { 2 }));
        let (mut watch, name) = (Watch::default(), Written::name("Ward 7")?);
        let (alice, book) = people.awake(0)?;
        watch.run(|| alice.open_room(&name, &[], at))?;
        let mut hall = Hall::open(alice, at)?;
        hall.settle(alice, book, at, &mut watch)?;
        for some in filling.chunks(BATCH) {
            watch.run(|| alice.want(hall.room, Want::Add(some.to_vec(), Role::Member), at))?;
            hall.settle(alice, book, at, &mut watch)?;
        }
        for one in ones.iter().chain(&bob) {
            self.add(people, &mut hall, one, at, &mut watch)?;
        }
        let bytes = hall.submitted.iter().map(weight).sum();
        self.create.note(watch.milliseconds(), bytes);
        let mut watch = Watch::default();
        let welcome = hall.welcome.take().ok_or("nobody was added")?;
        let (bob, book) = people.awake(1)?;
        join(bob, &welcome, book, at, &mut watch)?;
        bob.receive(hall.room, &hall.since, at)?;
        self.join.note(watch.milliseconds(), welcome.welcome.0.len() + welcome.tree.0.len());
        for day in 1..=RENEWALS {
            self.renew(people, &mut hall, at.plus_seconds(day * (DAY + 60)))?;
        }
        let later = at.plus_seconds(RENEWALS * (DAY + 60));
        (0..MESSAGES).try_for_each(|_| self.message(people, &mut hall, later))
    }

    fn add(
        &mut self,
        people: &mut People,
        hall: &mut Hall,
        one: &Handle,
        at: Instant,
        all: &mut Watch,
    ) -> Outcome {
        let (alice, book) = people.awake(0)?;
        let mut watch = Watch::default();
        watch.run(|| alice.want(hall.room, Want::Add(vec![one.clone()], Role::Member), at))?;
        let sent = hall.settle(alice, book, at, &mut watch)?;
        all.add(&watch);
        self.add.note(watch.milliseconds(), newest(hall, sent));
        Ok(())
    }

    fn renew(&mut self, people: &mut People, hall: &mut Hall, at: Instant) -> Outcome {
        let (alice, book) = people.awake(0)?;
        let (mut watch, before) = (Watch::default(), hall.epoch());
        let sent = hall.settle(alice, book, at, &mut watch)?;
        if hall.epoch() != before + 1 {
            return Err("the leaf was not renewed".into());
        }
        self.commit.note(watch.milliseconds(), newest(hall, sent));
        self.judge.note(hall.judged.as_secs_f64() * 1000.0, newest(hall, sent));
        let entry = hall.last.clone().ok_or("nothing is in the room")?;
        follow(&mut self.process, people.awake(1)?.0, &entry, at)
    }

    fn message(&mut self, people: &mut People, hall: &mut Hall, at: Instant) -> Outcome {
        let text = Written::parse(&"x".repeat(TEXT), TEXT_LIMIT)?;
        let (alice, book) = people.awake(0)?;
        let mut watch = Watch::default();
        let room = hall.room;
        watch.run(|| alice.want(room, Want::Say(text), at))?;
        let sent = hall.settle(alice, book, at, &mut watch)?;
        self.send.note(watch.milliseconds(), newest(hall, sent));
        let entry = hall.last.clone().ok_or("nothing is in the room")?;
        follow(&mut self.receive, people.awake(1)?.0, &entry, at)
    }

    fn costs(self, members: usize) -> impl Iterator<Item = Cost> {
        let all = [
            ("create and fill", self.create),
            ("add one", self.add),
            ("join", self.join),
            ("commit (renew)", self.commit),
            ("judge it (server)", self.judge),
            ("process it", self.process),
            ("send", self.send),
            ("receive", self.receive),
        ];
        all.into_iter().map(move |(what, seen)| Cost {
            members,
            what,
            runs: seen.bytes.len(),
            milliseconds: median(seen.milliseconds, f64::total_cmp),
            bytes: median(seen.bytes, usize::cmp),
        })
    }
}

impl Seen {
    fn note(&mut self, milliseconds: f64, bytes: usize) {
        self.milliseconds.push(milliseconds);
        self.bytes.push(bytes);
    }
}

/// Lets a device take in an entry.
fn follow(seen: &mut Seen, engine: &mut Engine, entry: &Entry, at: Instant) -> Outcome {
    let mut watch = Watch::default();
    let received = watch.run(|| engine.receive(entry.room, std::slice::from_ref(entry), at))?;
    if received.seq != Some(entry.seq) {
        return Err(format!("a device does not follow: {received:?}").into());
    }
    seen.note(watch.milliseconds(), entry.body.as_ref().map_or(0, |body| body.as_slice().len()));
    Ok(())
}

/// The bytes of the last submissions.
fn newest(hall: &Hall, count: usize) -> usize {
    hall.submitted.iter().rev().take(count).map(weight).sum()
}

fn weight(submit: &Submit) -> usize {
    [&submit.body, &submit.welcome, &submit.group_info].into_iter().map(|part| part.as_slice().len()).sum()
}

fn median<T: Copy + Default>(mut all: Vec<T>, by: impl FnMut(&T, &T) -> std::cmp::Ordering) -> T {
    all.sort_by(by);
    all.get(all.len() / 2).copied().unwrap_or_default()
}
