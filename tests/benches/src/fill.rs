//! What commits weigh in a large room, by how many of its members have ever renewed their leaf.
//!
//! A member that has renewed fills its path in the tree; the others' commits are sealed to that path's nodes then, and not to each leaf below
//! them. The ones that renew are spread evenly over the tree, as chance does it. The rest never commits anything.

use chancery_engine::Want;
use chancery_wire::{
    content::{TEXT_LIMIT, Written},
    frames::{Entry, Submit, UpTo},
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

/// How many members renew their leaf at most.
const RENEWING: usize = 32;
/// After how many of them it is measured.
const LOOKS: [usize; 5] = [0, 4, 8, 16, 32];

/// What the founder's commit weighs.
#[derive(Debug, Serialize)]
pub(crate) struct Filled {
    /// How many are in the room.
    pub(crate) members: usize,
    /// How many of them have renewed their leaf.
    pub(crate) renewed: usize,
    /// The commit, in bytes.
    pub(crate) bytes: usize,
    /// Making it, in milliseconds of one thread.
    pub(crate) milliseconds: f64,
}

/// Measures a room of `members`.
pub(crate) fn measure(members: usize) -> Outcome<Vec<Filled>> {
    let renewing = RENEWING.min(members / 4);
    tell(&format!("fill: a room of {members}, of whom up to {renewing} renew"));
    let at = now();
    let mut people = People::gather(members + renewing, renewing + 1, at)?;
    let mut watch = Watch::default();
    // Everybody but those who renew is asleep. They fill the tree first; some of them make place all over it.
    let asleep = people.handles(renewing + 1, members + renewing);
    let (alice, book) = people.awake(0)?;
    alice.open_room(&Written::parse("Ward 7", TEXT_LIMIT)?, &[], at)?;
    let mut hall = Hall::open(alice, at)?;
    hall.settle(alice, book, at, &mut watch)?;
    for some in asleep.chunks(100) {
        alice.want(hall.room, Want::Add(some.to_vec(), Role::Member), at)?;
        hall.settle(alice, book, at, &mut watch)?;
    }
    for gone in asleep.iter().step_by((asleep.len() / renewing).max(1)).take(renewing) {
        alice.want(hall.room, Want::Remove(gone.clone()), at)?;
        hall.settle(alice, book, at, &mut watch)?;
    }
    tell("fill: those who renew come in");
    let coming = people.handles(1, renewing + 1);
    let (alice, book) = people.awake(0)?;
    alice.want(hall.room, Want::Add(coming, Role::Member), at)?;
    hall.settle(alice, book, at, &mut watch)?;
    let welcome = hall.welcome.take().ok_or("nobody was added")?;
    for number in 1..=renewing {
        let (engine, book) = people.awake(number)?;
        join(engine, &welcome, book, at, &mut watch)?;
        engine.connected(at);
        engine.receive(hall.room, &hall.since, at)?;
        let seq = hall.last.as_ref().map_or(0, |last| last.seq);
        engine.up_to(welcome.seq, &UpTo { room: hall.room, seq, last: seq }, at)?;
    }
    let mut filled = Vec::new();
    let mut day = at;
    let mut done = 0;
    // In an order that is even over the tree at every look.
    let order = evenly(renewing);
    for look in LOOKS.into_iter().filter(|look| *look <= renewing) {
        for number in order.iter().take(look).skip(done) {
            renew(&mut people, &mut hall, (*number + 1, renewing), day.plus_seconds(DAY + 60))?;
        }
        done = look;
        day = day.plus_seconds(DAY + 60);
        filled.push(weigh(&mut people, &mut hall, (members, look, renewing), day)?);
    }
    Ok(filled)
}

/// Lets one of them renew its leaf, and everybody who is awake follow.
fn renew(people: &mut People, hall: &mut Hall, (who, renewing): (usize, usize), at: Instant) -> Outcome {
    let mut watch = Watch::default();
    let (engine, book) = people.awake(who)?;
    let before = hall.submitted.len();
    hall.settle(engine, book, at, &mut watch)?;
    if hall.submitted.len() == before {
        return Err("a leaf was not renewed".into());
    }
    let entry = hall.last.clone().ok_or("nothing is in the room")?;
    follow(people, &entry, (who, renewing), at)
}

/// Lets everybody but one take in an entry.
fn follow(people: &mut People, entry: &Entry, (but, renewing): (usize, usize), at: Instant) -> Outcome {
    for number in (0..=renewing).filter(|number| *number != but) {
        let (engine, _) = people.awake(number)?;
        let received = engine.receive(entry.room, std::slice::from_ref(entry), at)?;
        if received.seq != Some(entry.seq) {
            return Err(format!("a device does not follow: {received:?}").into());
        }
    }
    Ok(())
}

/// What the founder's commit weighs now.
fn weigh(
    people: &mut People,
    hall: &mut Hall,
    (members, renewed, renewing): (usize, usize, usize),
    at: Instant,
) -> Outcome<Filled> {
    let mut watch = Watch::default();
    let (alice, book) = people.awake(0)?;
    let before = hall.submitted.len();
    hall.settle(alice, book, at, &mut watch)?;
    let commit: &Submit = hall.submitted.get(before).ok_or("the founder's leaf was not renewed")?;
    let bytes = commit.body.as_slice().len();
    let entry = hall.last.clone().ok_or("nothing is in the room")?;
    follow(people, &entry, (0, renewing), at)?;
    Ok(Filled { members, renewed, bytes, milliseconds: watch.milliseconds() })
}

/// The numbers below `count`, each half of them spread as evenly as the whole: bits turned round.
fn evenly(count: usize) -> Vec<usize> {
    let bits = count.next_power_of_two().trailing_zeros();
    let turned = |number: usize| if bits == 0 { 0 } else { number.reverse_bits() >> (usize::BITS - bits) };
    (0..count.next_power_of_two()).map(turned).filter(|number| *number < count).collect()
}
