//! A live connection under load: one task reads and counts, one writes what is ready together.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use bytes::Bytes;
use chancery_wire::ids::RoomId;
use futures_util::{
    FutureExt as _, SinkExt as _, StreamExt as _,
    stream::{SplitSink, SplitStream},
};
use tokio::{sync::mpsc, task::JoinSet};
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::{
    Outcome,
    connect::{Stream, binary},
    round::Round,
    speech::{Heard, Speech},
};

/// The most frames read before what was read is acknowledged.
const BATCH: usize = 1024;

/// The round that is on, as all connections see it.
pub(crate) type Current = Arc<RwLock<Arc<Round>>>;

/// The way out of a connection.
pub(crate) type Line = mpsc::UnboundedSender<Bytes>;

/// One end of a connection, reading.
struct Ear {
    number: usize,
    speech: Speech,
    current: Current,
    line: Line,
}

/// Puts a connection to work.
pub(crate) fn lay(
    stream: Stream,
    (number, speech): (usize, Speech),
    current: &Current,
    tasks: &mut JoinSet<()>,
) -> Line {
    let ((sink, stream), (line, waiting)) = (stream.split(), mpsc::unbounded_channel());
    let ear = Ear { number, speech, current: Arc::clone(current), line: line.clone() };
    tasks.spawn(write(sink, waiting));
    tasks.spawn(ear.read(stream));
    line
}

/// The round that is on.
pub(crate) fn current(current: &Current) -> Arc<Round> {
    Arc::clone(&current.read().unwrap_or_else(PoisonError::into_inner))
}

impl Ear {
    async fn read(self, mut stream: SplitStream<Stream>) {
        while let Some(first) = stream.next().await {
            let round = current(&self.current);
            let mut last = HashMap::new();
            let mut next = Some(first);
            for _ in 0..BATCH {
                let Some(message) = next else { break };
                if let Err(why) = self.hear(message, &round, &mut last) {
                    return round.fail(why);
                }
                next = stream.next().now_or_never().flatten();
            }
            if let Some(message) = next
                && let Err(why) = self.hear(message, &round, &mut last)
            {
                return round.fail(why);
            }
            for (room, seq) in last {
                // When nobody writes any more, the writer has said why.
                let _ = self.speech.acknowledge(room, seq).map(|frame| self.line.send(frame));
            }
        }
    }

    fn hear(
        &self,
        message: Result<Message, Error>,
        round: &Round,
        last: &mut HashMap<RoomId, u64>,
    ) -> Outcome {
        let Some(frame) = binary(message?)? else { return Ok(()) };
        match self.speech.hear(&frame)? {
            Heard::Said(stamp, room, seq) => {
                round.hear(self.number, stamp);
                last.insert(room, seq);
            }
            Heard::Behind => return Err("a connection could not follow: make the window smaller".into()),
            Heard::Durable | Heard::UpTo(..) => {}
        }
        Ok(())
    }
}

async fn write(mut sink: SplitSink<Stream, Message>, mut waiting: mpsc::UnboundedReceiver<Bytes>) {
    let mut frames = Vec::new();
    while waiting.recv_many(&mut frames, BATCH).await > 0 {
        for frame in frames.drain(..) {
            if sink.feed(Message::Binary(frame)).await.is_err() {
                return;
            }
        }
        // The reader hears of a broken connection too, and says so.
        if sink.flush().await.is_err() {
            return;
        }
    }
}
