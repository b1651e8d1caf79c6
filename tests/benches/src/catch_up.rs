//! Catching up: one device fetches 10,000 entries that were said while it was away.

use std::time::Duration;

use crate::{
    Outcome,
    clock::elapsed,
    connect::{Stream, next, send},
    load::Side,
    process::Process,
    report::Delivery,
    round::Stamp,
    speech::{Heard, Room, Speech},
};

/// How many entries there are.
const ENTRIES: u32 = 10_000;
/// How often they are fetched.
const TIMES: u32 = 5;
/// How many are under way while they are made.
const WINDOW: u32 = 128;

/// Measures one side: the first says everything, the second was away and fetches it.
pub(crate) async fn measure(
    side: &Side,
    process: &Process,
    connect: impl AsyncFn(usize) -> Outcome<Stream>,
) -> Outcome<Delivery> {
    let (speech, room) = (side.speech, &side.rooms.long);
    say_all(&mut connect(0).await?, speech, room).await?;
    let (mut took, mut all) = (Vec::new(), Duration::ZERO);
    let before = process.cpu()?;
    for _ in 0..TIMES {
        let mut stream = connect(1).await?;
        let begin = elapsed();
        let found = fetch_all(&mut stream, speech, room).await?;
        let time = elapsed().saturating_sub(begin);
        if found != ENTRIES {
            return Err(format!("{}: {found} of {ENTRIES} entries came", side.name).into());
        }
        all += time;
        took.push(u64::try_from(time.as_nanos())?);
    }
    let cpu = process.cpu()? - before;
    let name = format!("catch-up of {ENTRIES}; p50, p99: the whole");
    Ok(Delivery::of_whole(&name, side.name, took, f64::from(ENTRIES), (all.as_secs_f64(), cpu)))
}

async fn say_all(stream: &mut Stream, speech: Speech, room: &Room) -> Outcome {
    let (mut said, mut durable) = (0, 0);
    while durable < ENTRIES {
        let more = ENTRIES.min(durable + WINDOW);
        send(stream, (said..more).map(|number| room.say(Stamp::now(u32::MAX, number)))).await?;
        said = more;
        if matches!(speech.hear(&next(stream).await?)?, Heard::Durable) {
            durable += 1;
        }
    }
    Ok(())
}

async fn fetch_all(stream: &mut Stream, speech: Speech, room: &Room) -> Outcome<u32> {
    let (mut found, mut after) = (0, room.after);
    loop {
        send(stream, [speech.recall(room.room, after)]).await?;
        let last = loop {
            match speech.hear(&next(stream).await?)? {
                Heard::Said(..) => found += 1,
                Heard::UpTo(seq, last) => {
                    after = seq;
                    break last;
                }
                other => return Err(format!("a fetch was answered with {other:?}").into()),
            }
        };
        if after >= last {
            return Ok(found);
        }
    }
}
