//! kill -9 anywhere: server and clients die at random moments while they talk, and nothing is lost or shown twice.

use std::{
    collections::{HashMap, HashSet},
    sync::mpsc::{Receiver, channel},
    time::Duration,
};

use chancery_testkit::{db::Temporary, s3::Store};
use serde_json::Value;

use super::{
    nodes::Nodes,
    place::Place,
    talker::{Script, Talker, Told},
};

const PEOPLE: [&str; 4] = ["alice", "bob", "carol", "dora"];

/// A small generator whose seed is printed, so that a failure can be looked at again.
/// The seed of a run that is to be repeated, as it was printed. What the machine does meanwhile is not repeated with it.
const SEED: Option<u64> = None;

struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }
}

#[test]
fn nothing_is_lost_or_shown_twice_when_everything_is_killed_at_random() {
    let mut place = Place::new(None);
    place.start();
    survive(&mut place, &mut again, 2_000, 50);
}

#[test]
fn the_same_holds_on_postgresql() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let database = runtime.block_on(Temporary::postgres()).unwrap();
    let mut place = Place::on(&database);
    place.start();
    survive(&mut place, &mut again, 400, 10);
    runtime.block_on(database.remove()).unwrap();
}

#[test]
fn the_same_holds_on_two_nodes_that_die_in_turn() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (database, store) = (runtime.block_on(Temporary::postgres()).unwrap(), Store::start().unwrap());
    let (mut place, mut nodes) = Nodes::start(&database, &store);
    survive(
        &mut place,
        &mut |place, dice| nodes.strike(place, usize::try_from(dice.below(2)).unwrap()),
        400,
        12,
    );
    assert!(nodes.served().iter().all(|served| *served > 20), "both had much to do: {:?}", nodes.served());
    drop(nodes);
    runtime.block_on(database.remove()).unwrap();
}

/// Kills the one server and starts it again.
fn again(place: &mut Place, _: &mut Dice) {
    place.kill();
    place.start();
}

/// How a server is killed.
type Strike<'a> = &'a mut dyn FnMut(&mut Place, &mut Dice);

fn survive(place: &mut Place, strike: Strike<'_>, sends: usize, kills: usize) {
    let seed = SEED.unwrap_or_else(|| u64::from(std::process::id()).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    println!("seed {seed}");
    let mut dice = Dice(seed);
    place.people(&PEOPLE);
    let rooms = [
        place.room("alice", "one", &["bob", "carol", "dora"]),
        place.room("bob", "two", &["alice", "carol"]),
        place.room("carol", "three", &["dora"]),
    ];
    for who in PEOPLE {
        place.types(who, &["room", "list"]);
    }
    let inside = [vec![0, 1, 2, 3], vec![0, 1, 2], vec![2, 3]];
    let mut scripts: HashMap<&str, Script> = PEOPLE
        .iter()
        .map(|who| (*who, Script { lines: vec![], kept: HashSet::new(), acknowledged: HashSet::new() }))
        .collect();
    for at in 0..sends {
        let room = usize::try_from(dice.below(3)).unwrap();
        let who = PEOPLE[inside[room][at % inside[room].len()]];
        scripts.get_mut(who).unwrap().lines.push((rooms[room].clone(), format!("{who} says {at}")));
    }
    let killed = run(place, (&mut dice, strike), &mut scripts, sends, kills);
    println!("{killed} kills");
    // Everybody comes online twice: what the last life of a talker kept is sent, and then taken in by all.
    for who in PEOPLE.into_iter().chain(PEOPLE) {
        place.types(who, &["room", "list"]);
    }
    assert!(killed >= kills, "only {killed} kills happened");
    let all: Vec<Vec<String>> = rooms
        .iter()
        .map(|room| {
            let all = scripts.values().flat_map(|script| script.lines.iter());
            all.filter(|(of, _)| of == room).map(|(_, text)| text.clone()).collect()
        })
        .collect();
    compare(place, &rooms, &inside, &all);
}

/// Lets everybody talk, and kills somebody whenever enough has happened. Returns how many died.
fn run(
    place: &mut Place,
    (dice, strike): (&mut Dice, Strike<'_>),
    scripts: &mut HashMap<&'static str, Script>,
    sends: usize,
    kills: usize,
) -> usize {
    let (to, told) = channel();
    let mut talkers: HashMap<&str, Talker> = PEOPLE
        .iter()
        .map(|who| {
            let mut talker = Talker::start(place, who, 0, &to);
            scripts[who].ask(&mut talker);
            (*who, talker)
        })
        .collect();
    // Every send is told as kept, and most of them as acknowledged: with this much between two kills there are enough of
    // them even when none is.
    let every = u64::try_from(sends / (kills + kills / 2)).unwrap().max(1);
    let (mut killed, mut left) = (0, 1 + dice.below(every));
    while !scripts.values().all(Script::is_acknowledged) {
        let Told { who, life, what } = next(&told);
        let talker = talkers.get_mut(who).unwrap();
        if life != talker.life {
            continue;
        }
        let script = scripts.get_mut(who).unwrap();
        let Some(what) = what else { panic!("{who} ended by itself") };
        if what["ready"] == true && life > 0 {
            // What an earlier life kept has to be in the log in the end; this life does not tell of it again.
            script.acknowledged.extend(script.kept.clone());
            script.ask(talker);
        }
        left = left.saturating_sub(u64::from(script.hear(&what)));
        if left > 0 {
            continue;
        }
        left = 1 + dice.below(every);
        killed += 1;
        if dice.below(2) == 0 {
            strike(place, dice);
        } else {
            let who = PEOPLE[usize::try_from(dice.below(4)).unwrap()];
            let talker = talkers.get_mut(who).unwrap();
            talker.kill();
            *talker = Talker::start(place, who, talker.life + 1, &to);
        }
        // A life that was cut short cannot tell what became of what it kept: all of it has to be in the log in the end.
        for script in scripts.values_mut() {
            let kept: Vec<String> = script.kept.iter().cloned().collect();
            script.acknowledged.extend(kept);
        }
    }
    for talker in talkers.into_values() {
        talker.end();
    }
    killed
}

fn next(told: &Receiver<Told>) -> Told {
    told.recv_timeout(Duration::from_mins(2)).expect("nobody has told anything for two minutes")
}

/// Everybody sees the same, everything is there, and nothing twice.
fn compare(place: &Place, rooms: &[String; 3], inside: &[Vec<usize>; 3], all: &[Vec<String>]) {
    for (at, room) in rooms.iter().enumerate() {
        let mut transcripts = inside[at].iter().map(|who| {
            let lines = place.types(PEOPLE[*who], &["read", room, "--last", "100000"]);
            let spoken = |line: &Value| (line["seq"].clone(), line["from"].clone(), line["said"].clone());
            assert!(
                lines.iter().all(|line| line["kind"] != "unopened"),
                "{} could not open something",
                PEOPLE[*who]
            );
            let view = place.types(PEOPLE[*who], &["room", "show", room]);
            assert_eq!(view[0]["standing"], "joined", "{view:?}");
            assert_eq!(view[0]["waiting"], serde_json::json!([]));
            lines.iter().filter(|line| line["kind"] == "text").map(spoken).collect::<Vec<_>>()
        });
        let first = transcripts.next().unwrap();
        for other in transcripts {
            assert_eq!(first.len(), other.len());
            assert_eq!(first, other);
        }
        let mut seen: Vec<&str> = first.iter().map(|(_, _, said)| said.as_str().unwrap()).collect();
        let mut expected: Vec<&str> = all[at].iter().map(String::as_str).collect();
        seen.sort_unstable();
        expected.sort_unstable();
        assert_eq!(seen, expected, "room {at}");
    }
}
