//! Delivery under load: 200 connections to the server and as many to the relay, and the same shapes of load on both.

use std::{
    path::Path,
    process::Command,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use chancery_engine::Want;
use chancery_wire::{
    content::{TEXT_LIMIT, Written},
    frames::ClientFrame,
    names::Handle,
    policy::Role,
};
use tokio::{task::JoinSet, time::sleep};

use crate::{
    Outcome, Part, catch_up,
    clock::{Watch, elapsed, now},
    connect::{Stream, connect, next, send},
    hall::Hall,
    house::House,
    line::{Current, Line, lay},
    people::People,
    process::Process,
    report::{Delivery, Memory, Report},
    round::{Round, Stamp},
    speech::{Heard, Room, Speech},
    tell,
};

/// How many are connected.
const CONNECTIONS: usize = 200;
/// How many are in the room in which one speaks.
const LARGE: usize = 100;
/// What a message says, in bytes; sealed and padded it is about a kilobyte.
const TEXT: usize = 800;
/// How long the load runs before it is measured.
const WARM: Duration = Duration::from_secs(1);
/// How long what is under way may take to come home.
const PATIENCE: u32 = 500;

/// The rooms of the load.
#[derive(Clone, Debug)]
pub(crate) struct Rooms {
    pairs: Vec<Room>,
    large: Room,
    /// The room that is caught up with: the first two are in it.
    pub(crate) long: Room,
}

/// One of the two that are held against each other.
pub(crate) struct Side {
    /// Its name.
    pub(crate) name: &'static str,
    /// Its language.
    pub(crate) speech: Speech,
    /// Its rooms.
    pub(crate) rooms: Rooms,
    current: Current,
    lines: Vec<Line>,
    tasks: JoinSet<()>,
}

/// A shape of load.
struct Shape {
    name: String,
    speakers: Vec<(usize, usize)>,
    audience: u32,
    window: usize,
}

/// Measures these parts.
pub(crate) async fn measure(parts: &[Part], seconds: u64, dir: &Path, report: &mut Report) -> Outcome {
    tell(&format!("delivery: making {CONNECTIONS} people and their rooms"));
    let mut people = People::gather(CONNECTIONS, CONNECTIONS, now())?;
    let (rooms, halls) = prepare(&mut people)?;
    tell("delivery: telling the server of them");
    let house = House::start(dir, &people).await?;
    for (founder, hall) in &halls {
        house.play(&people, *founder, hall).await?;
    }
    let house = house.restart()?;
    let floor = Process::start(Command::new(std::env::current_exe()?).args(["relay", "--dir"]).arg(dir))?;
    tell("delivery: connecting everybody to the server and to the relay");
    let mut ours = Side::new("chanceryd", Speech::House, rooms.clone());
    report.memory.push(ours.fill(&house.process, |number| house.connect(&people, number)).await?);
    let mut bare = Side::new("bare relay", Speech::Relay, rooms.on_relay());
    report.memory.push(bare.fill(&floor, |_| connect(&floor.address, "/", &[])).await?);
    for shape in shapes(parts) {
        tell(&format!("delivery: {}", shape.name));
        let ours = ours.run(&shape, &house.process, seconds).await?;
        let bare = bare.run(&shape, &floor, seconds).await?;
        report.pair(ours, bare);
    }
    if parts.contains(&Part::CatchUp) {
        tell("delivery: catching up");
        let ours = catch_up::measure(&ours, &house.process, |number| house.connect(&people, number)).await?;
        let bare = catch_up::measure(&bare, &floor, |_| connect(&floor.address, "/", &[])).await?;
        report.pair(ours, bare);
    }
    for (memory, process) in report.memory.iter_mut().zip([&house.process, &floor]) {
        memory.after_mib = process.memory()? / 1024.0;
    }
    Ok(())
}

fn shapes(parts: &[Part]) -> Vec<Shape> {
    let mut shapes = Vec::new();
    if parts.contains(&Part::Pairs) {
        for window in [1, 16] {
            let speakers = (0..CONNECTIONS).map(|number| (number, number / 2)).collect();
            let name = format!("1:1, {CONNECTIONS} connections, window {window}");
            shapes.push(Shape { name, speakers, audience: 1, window });
        }
    }
    if parts.contains(&Part::Room) {
        let (name, speakers) = (format!("room of {LARGE}, window 8"), vec![(0, CONNECTIONS / 2)]);
        let audience = u32::try_from(LARGE - 1).unwrap_or(u32::MAX);
        shapes.push(Shape { name, speakers, audience, window: 8 });
    }
    shapes
}

/// Makes all rooms, each in a hall, by which founder.
fn prepare(people: &mut People) -> Outcome<(Rooms, Vec<(usize, Hall)>)> {
    let mut halls = Vec::new();
    let mut make = |founder: usize, members: Vec<Handle>| -> Outcome<Room> {
        let (hall, room) = room(people, founder, members)?;
        halls.push((founder, hall));
        Ok(room)
    };
    let names = |from: usize, to: usize| {
        (from..to).map(|number| format!("p{number}").parse()).collect::<Result<_, _>>()
    };
    let pairs = (0..CONNECTIONS / 2).map(|pair| make(2 * pair, names(2 * pair + 1, 2 * pair + 2)?));
    let pairs = pairs.collect::<Outcome<_>>()?;
    let rooms = Rooms { pairs, large: make(0, names(1, LARGE)?)?, long: make(0, names(1, 2)?)? };
    Ok((rooms, halls))
}

/// Makes a room, and something to say in it.
fn room(people: &mut People, founder: usize, members: Vec<Handle>) -> Outcome<(Hall, Room)> {
    let (engine, book) = people.awake(founder)?;
    let (at, mut watch) = (now(), Watch::default());
    engine.open_room(&Written::name("Ward 7")?, &[], at)?;
    let mut hall = Hall::open(engine, at)?;
    engine.want(hall.room, Want::Add(members, Role::Member), at)?;
    hall.settle(engine, book, at, &mut watch)?;
    engine.want(hall.room, Want::Say(Written::parse(&"x".repeat(TEXT), TEXT_LIMIT)?), at)?;
    hall.settle(engine, book, at, &mut watch)?;
    // The message stays here: the load says it, again and again, as a message of its own each time.
    let said = hall.submitted.pop().ok_or("nothing was sealed")?;
    let after = hall.last.as_ref().map_or(0, |last| last.seq - 1);
    let (room, length) = (hall.room, said.body.as_slice().len());
    Ok((hall, Room { room, frame: ClientFrame::Submit(said).encode(), length, after }))
}

impl Rooms {
    fn on_relay(&self) -> Self {
        let pairs = self.pairs.iter().map(Room::on_relay).collect();
        Self { pairs, large: self.large.on_relay(), long: self.long.on_relay() }
    }

    /// A pair's room by its number, and the large one after them.
    fn nth(&self, number: usize) -> &Room {
        self.pairs.get(number).unwrap_or(&self.large)
    }
}

impl Side {
    fn new(name: &'static str, speech: Speech, rooms: Rooms) -> Self {
        let current = Arc::new(RwLock::new(Arc::new(Round::new(0, 0, 0))));
        Self { name, speech, rooms, current, lines: vec![], tasks: JoinSet::new() }
    }

    /// Connects everybody. Returns what that did to the memory.
    async fn fill(
        &mut self,
        process: &Process,
        connect: impl AsyncFn(usize) -> Outcome<Stream>,
    ) -> Outcome<Memory> {
        let idle = process.memory()?;
        for number in 0..CONNECTIONS {
            let mut stream = connect(number).await?;
            let mut rooms = vec![self.rooms.nth(number / 2)];
            rooms.extend((number < LARGE).then_some(&self.rooms.large));
            send(&mut stream, rooms.iter().map(|room| self.speech.fetch(room.room, 0))).await?;
            for _ in &rooms {
                while !matches!(self.speech.hear(&next(&mut stream).await?)?, Heard::UpTo(..)) {}
            }
            let kept = rooms.iter().filter_map(|room| self.speech.acknowledge(room.room, room.after));
            send(&mut stream, kept).await?;
            self.lines.push(lay(stream, (number, self.speech), &self.current, &mut self.tasks));
        }
        // What was acknowledged is written within a moment.
        sleep(WARM).await;
        let connected = process.memory()?;
        Ok(Memory {
            side: self.name,
            idle_mib: idle / 1024.0,
            connected_mib: connected / 1024.0,
            connection_kib: (connected - idle) / 200.0,
            after_mib: 0.0,
        })
    }

    /// Runs a shape of load.
    async fn run(&mut self, shape: &Shape, process: &Process, seconds: u64) -> Outcome<Delivery> {
        let round = Arc::new(Round::new(CONNECTIONS, shape.audience, shape.window));
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&round);
        let mut speakers = JoinSet::new();
        for (number, room) in &shape.speakers {
            let line = self.lines.get(*number).ok_or("there are not that many connections")?.clone();
            speakers.spawn(speak(*number, line, self.rooms.nth(*room).clone(), Arc::clone(&round)));
        }
        sleep(WARM).await;
        let (begin, before, _) = (elapsed(), process.cpu()?, round.take());
        sleep(Duration::from_secs(seconds)).await;
        let (heard, after, end) = (round.take(), process.cpu()?, elapsed());
        round.end();
        for _ in 0..PATIENCE {
            if round.rests() {
                break;
            }
            sleep(Duration::from_millis(10)).await;
        }
        round.trouble()?;
        if !round.rests() {
            return Err(format!("{}: something that was said was not heard by everybody", self.name).into());
        }
        round.close();
        while speakers.join_next().await.is_some() {}
        let seconds = end.saturating_sub(begin).as_secs_f64();
        Ok(Delivery::of(&shape.name, self.name, (heard, shape.audience), (seconds, after - before)))
    }
}

/// Says something whenever there is room for it, until the round is over.
async fn speak(number: usize, line: Line, room: Room, round: Arc<Round>) {
    let sender = u32::try_from(number).unwrap_or(u32::MAX);
    for count in 0.. {
        if !round.may_speak(number).await || line.send(room.say(Stamp::now(sender, count))).is_err() {
            return;
        }
    }
}
