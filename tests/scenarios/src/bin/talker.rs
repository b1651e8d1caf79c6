//! A talker: a client process for scenarios, on the same SDK as every other client. It says what it reads on standard
//! input and tells what it keeps, what is acknowledged and what it sees. It can be killed at any moment.
//!
//! Lines in: `say <room id> <text>`, `dump <room id>`, `end`. Lines out, JSON: `kept`, `acknowledged`, `line`, `room`, `done`.

use std::{
    io::{BufRead as _, Write as _},
    path::Path,
    sync::mpsc::{Receiver, channel},
    time::Duration,
};

use chancery_sdk::{Client, KeySource, Profile, Progress, SdkError, Want, WishId};
use chancery_wire::{
    content::{TEXT_LIMIT, Written},
    ids::RoomId,
};
use serde_json::{Value, json};

type Trouble = Box<dyn std::error::Error>;

fn main() -> Result<(), Trouble> {
    let mut words = std::env::args().skip(1);
    let mut word = || words.next().ok_or("usage: talker <home> <profile> <key file>");
    let (home, profile, key) = (word()?, word()?, word()?);
    let profile = Profile::new(Path::new(&home), &profile)?;
    let key = KeySource::File(key.into()).key(|| Err(SdkError::ProfileName))?;
    let client = Client::open(&profile, &key, None)?;
    let (to, wishes) = channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if to.send(line).is_err() {
                break;
            }
        }
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(talk(client, &wishes))
}

async fn talk(mut client: Client, wishes: &Receiver<String>) -> Result<(), Trouble> {
    // What an earlier life of this process kept or sent is told first, so that nobody asks for it again.
    for room in client.rooms()? {
        for text in own(&client, room.id)?.into_iter().chain(room.waiting) {
            tell(&json!({"kept": text}))?;
        }
    }
    tell(&json!({"ready": true}))?;
    let mut open: Vec<(WishId, String)> = Vec::new();
    let mut ending = false;
    while !ending || !open.is_empty() {
        // Waits for a line only when nothing is under way.
        let first = if open.is_empty() { wishes.recv().ok() } else { wishes.try_recv().ok() };
        for line in first.into_iter().chain(wishes.try_iter()) {
            let mut parts = line.splitn(3, ' ');
            match (parts.next(), parts.next(), parts.next()) {
                (Some("say"), Some(room), Some(text)) => {
                    let want = Want::Say(Written::parse(text, TEXT_LIMIT)?);
                    let wish = client.want(room.parse()?, want)?;
                    tell(&json!({"kept": text}))?;
                    open.push((wish, text.to_owned()));
                }
                (Some("dump"), Some(room), None) => dump(&mut client, room.parse()?).await?,
                (Some("end"), None, None) => ending = true,
                _ => return Err(format!("not understood: {line}").into()),
            }
        }
        match client.sync(Duration::from_secs(5), &mut |_| {}).await {
            // The server was killed: nothing is lost, it is tried again.
            Ok(()) | Err(SdkError::Unreachable(_) | SdkError::Refused(_)) => {}
            Err(error) => return Err(error.into()),
        }
        let mut waiting = Vec::new();
        for (wish, text) in open.drain(..) {
            match client.progress(wish)? {
                Progress::Done | Progress::Accepted => tell(&json!({"acknowledged": text}))?,
                Progress::Waiting => waiting.push((wish, text)),
                Progress::Refused(why) => return Err(format!("{text} was refused: {why}").into()),
            }
        }
        open = waiting;
    }
    tell(&json!({"done": true}))
}

/// Tells everything this device sees in a room.
async fn dump(client: &mut Client, room: RoomId) -> Result<(), Trouble> {
    while let Err(error) = client.sync(Duration::from_secs(20), &mut |_| {}).await {
        if !matches!(error, SdkError::Unreachable(_)) {
            return Err(error.into());
        }
    }
    for line in client.lines(room, Some(0), u32::MAX)? {
        if let Some(text) = line.text() {
            let from = line.message.from.as_ref().map(|(handle, _)| handle);
            tell(&json!({"line": [line.message.seq, from, text.reveal()]}))?;
        }
    }
    let view = client.find_room(&room.to_string())?;
    let unopened: Vec<&str> = view.unopened.iter().map(|(cause, _)| cause.as_str()).collect();
    tell(&json!({"room": {"standing": view.standing.as_str(), "why": view.why, "unopened": unopened}}))
}

fn own(client: &Client, room: RoomId) -> Result<Vec<String>, Trouble> {
    let me = client.enrolled()?.device;
    let lines = client.lines(room, Some(0), u32::MAX)?.into_iter();
    let mine = lines.filter(|line| line.message.from.as_ref().is_some_and(|(_, device)| *device == me));
    Ok(mine.filter_map(|line| Some(line.text()?.reveal().to_owned())).collect())
}

fn tell(value: &Value) -> Result<(), Trouble> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{value}")?;
    Ok(out.flush()?)
}
