//! Plays schedules, one a thread, and tells the first that fails: how it went, and how to play it again.
#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

use std::{
    path::PathBuf,
    process::ExitCode,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use chancery_torture::{Failure, Tally, Template, play, shorten};
use clap::Parser;

/// How often it is said how far it has come.
const EVERY: Duration = Duration::from_secs(10);
/// How much of a story is told.
const TOLD: usize = 40;

/// Tortures devices with a bad network, bad clocks and sudden death.
#[derive(Debug, Parser)]
struct Arguments {
    /// Plays this one schedule and tells it whole.
    #[arg(long)]
    seed: Option<u64>,
    /// Only the first so many actions of it.
    #[arg(long, requires = "seed")]
    cut: Option<usize>,
    /// How many schedules are played.
    #[arg(long, default_value_t = 200)]
    schedules: u64,
    /// How many messages are sent in those that are played instead, at least.
    #[arg(long, conflicts_with = "schedules")]
    messages: Option<u64>,
    /// The seed of the first one.
    #[arg(long, default_value_t = 1)]
    first: u64,
    /// Begins with a seed that nobody chose.
    #[arg(long, conflicts_with = "first")]
    surprise: bool,
    /// How many are played at once.
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Goes on after failures.
    #[arg(long)]
    all: bool,
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line speaks through these")]
fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let place = place();
    let dir = tempfile::tempdir_in(&place).expect("a place for vaults");
    let template = Template::found(dir.path());
    if let Some(seed) = arguments.seed {
        return match play(&template, seed, arguments.cut, &place) {
            Ok(tally) => {
                println!("seed {seed} holds: {tally}");
                ExitCode::SUCCESS
            }
            Err(failure) => {
                eprintln!("{}\n{}", failure.story.join("\n"), failure.wrong.join("\n"));
                ExitCode::FAILURE
            }
        };
    }
    let run = Run::new(&arguments);
    println!("schedules from seed {} on, {} at once", run.next.load(Ordering::Relaxed), arguments.threads);
    std::thread::scope(|threads| {
        for _ in 0..arguments.threads {
            threads.spawn(|| run.work(&template, &place));
        }
    });
    let failures = run.failures.into_inner().expect("no thread panics");
    let tally = run.tally.into_inner().expect("no thread panics");
    println!("{} s: {tally}", run.began.elapsed().as_secs());
    for failure in &failures {
        let shortened = shorten(&template, failure.clone(), &place);
        eprintln!("{}", told(&shortened));
    }
    if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A run over many seeds.
struct Run {
    next: AtomicU64,
    end: u64,
    enough: Option<u64>,
    all: bool,
    stop: AtomicBool,
    began: Instant,
    said: Mutex<Instant>,
    tally: Mutex<Tally>,
    failures: Mutex<Vec<Failure>>,
}

impl Run {
    #[expect(clippy::disallowed_methods, reason = "how long it takes is for whoever waits")]
    fn new(arguments: &Arguments) -> Self {
        let now = Instant::now();
        let since = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
        let first = if arguments.surprise { since.as_secs() << 20 } else { arguments.first };
        let end = first.saturating_add(arguments.schedules);
        Self {
            next: AtomicU64::new(first),
            end: if arguments.messages.is_some() { u64::MAX } else { end },
            enough: arguments.messages,
            all: arguments.all,
            stop: AtomicBool::new(false),
            began: now,
            said: Mutex::new(now),
            tally: Mutex::default(),
            failures: Mutex::default(),
        }
    }

    #[expect(clippy::print_stderr, reason = "a command line speaks through it")]
    fn work(&self, template: &Template, place: &std::path::Path) {
        loop {
            let seed = self.next.fetch_add(1, Ordering::Relaxed);
            if seed >= self.end || self.is_enough() || self.stop.load(Ordering::Relaxed) {
                return;
            }
            match play(template, seed, None, place) {
                Ok(done) => self.tally.lock().expect("no thread panics").add(&done),
                Err(failure) => {
                    eprintln!("seed {seed} fails: {}", failure.wrong.join("; "));
                    self.stop.store(!self.all, Ordering::Relaxed);
                    self.failures.lock().expect("no thread panics").push(*failure);
                }
            }
            self.say();
        }
    }

    fn is_enough(&self) -> bool {
        let sent = || self.tally.lock().expect("no thread panics").messages;
        self.enough.is_some_and(|enough| sent() >= enough)
    }

    #[expect(clippy::print_stdout, reason = "a command line speaks through it")]
    #[expect(clippy::disallowed_methods, reason = "how long it takes is for whoever waits")]
    fn say(&self) {
        let mut said = self.said.lock().expect("no thread panics");
        if said.elapsed() > EVERY {
            *said = Instant::now();
            let tally = self.tally.lock().expect("no thread panics");
            println!(
                "{} s: {} schedules, {} messages",
                self.began.elapsed().as_secs(),
                tally.schedules,
                tally.messages
            );
        }
    }
}

/// A failure, its last actions, and how to see it again.
fn told((actions, failure): &(usize, Failure)) -> String {
    let from = failure.story.len().saturating_sub(TOLD);
    format!(
        "\nseed {} fails after {actions} actions:\n{}\n\n{}\n\nplay it again: cargo xtask torture --seed {} --cut {actions}",
        failure.seed,
        failure.story.iter().skip(from).map(String::as_str).collect::<Vec<_>>().join("\n"),
        failure.wrong.join("\n"),
        failure.seed,
    )
}

/// Where vaults are put: in memory where there is such a place, because every step of a device is synced.
fn place() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    if memory.is_dir() { memory } else { std::env::temp_dir() }
}
