//! The floor: a bare relay with the server's durability and nothing else of it.
//!
//! No accounts, no checks, no epochs, no chains, no cursors. What is said in a room is written to SQLite (write-ahead log,
//! `synchronous=FULL`) by one thread, everything that waits in one transaction; after it, and only then, whoever said it
//! is answered and everybody else in the room gets it. What any durable server has to do, and so what ours is held against.

use std::{
    collections::HashMap,
    io::Write as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock, mpsc as queue},
};

use axum::{
    Router,
    extract::{
        State, WebSocketUpgrade,
        ws::{Message, WebSocket},
    },
    response::Response,
    routing::get,
    serve::ListenerExt as _,
};
use bytes::Bytes;
use chancery_wire::ids::RoomId;
use futures_util::{SinkExt as _, StreamExt as _, stream::SplitSink};
use rusqlite::Connection;
use tokio::{net::TcpListener, sync::mpsc};

use crate::{
    Outcome,
    speech::relay::{DONE, DURABLE, ENTER, RECALL, SAY},
};

/// The buffers of a connection, as the server has them.
const READ_BUFFER: usize = 4 * 1024;
const WRITE_BUFFER: usize = 16 * 1024;
/// The most that becomes durable together.
const BATCH: usize = 4096;
/// Where the room stands in a frame, and where the body begins.
const ROOM: std::ops::Range<usize> = 17..33;
/// Where the stamp ends: number and stamp are what an answer repeats.
const STAMP: usize = 17;

/// The way to a connection.
type Way = mpsc::UnboundedSender<Bytes>;

/// Something that was said, by whom.
struct Saying {
    room: RoomId,
    frame: Bytes,
    by: Way,
}

/// The relay.
struct Relay {
    file: PathBuf,
    rooms: RwLock<HashMap<RoomId, Vec<Way>>>,
    log: Mutex<queue::Sender<Saying>>,
}

/// Serves until the process is ended.
pub(crate) async fn serve(dir: &Path) -> Outcome {
    let file = dir.join("relay.db");
    let (log, waiting) = queue::channel();
    let database = Connection::open(&file)?;
    database.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         CREATE TABLE log (id INTEGER PRIMARY KEY, room BLOB NOT NULL, frame BLOB NOT NULL);
         CREATE INDEX log_room ON log (room, id);",
    )?;
    let relay = Arc::new(Relay { file, rooms: RwLock::default(), log: Mutex::new(log) });
    let keeper = Arc::clone(&relay);
    std::thread::spawn(move || {
        if let Err(why) = keeper.keep(database, &waiting) {
            let _ = writeln!(std::io::stderr(), "the relay's log: {why}");
            std::process::abort();
        }
    });
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    writeln!(std::io::stdout(), "listening on {}", listener.local_addr()?)?;
    let listener = listener.tap_io(|stream| {
        // Without it, it is slower and still right.
        let _ = stream.set_nodelay(true);
    });
    Ok(axum::serve(listener, Router::new().route("/", get(upgrade)).with_state(relay)).await?)
}

async fn upgrade(State(relay): State<Arc<Relay>>, upgrade: WebSocketUpgrade) -> Response {
    let upgrade = upgrade.read_buffer_size(READ_BUFFER).write_buffer_size(WRITE_BUFFER);
    upgrade.on_upgrade(move |socket| relay.attend(socket))
}

impl Relay {
    /// Attends to a connection until it ends.
    async fn attend(self: Arc<Self>, socket: WebSocket) {
        let (sink, mut stream) = socket.split();
        let (way, waiting) = mpsc::unbounded_channel();
        let reading = async {
            while let Some(Ok(message)) = stream.next().await {
                if let Message::Binary(frame) = message {
                    self.hear(frame, &way);
                }
            }
        };
        tokio::select! {
            () = reading => {}
            () = write(sink, waiting) => {}
        }
        let mut rooms = self.rooms.write().unwrap_or_else(PoisonError::into_inner);
        rooms.values_mut().for_each(|ways| ways.retain(|other| !other.same_channel(&way)));
    }

    fn hear(self: &Arc<Self>, frame: Bytes, way: &Way) {
        let room = frame.get(ROOM).and_then(|room| RoomId::from_slice(room).ok());
        let Some((room, number)) = room.zip(frame.first().copied()) else { return };
        match number {
            SAY => {
                let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
                // The thread that would not take it has ended the process.
                let _ = log.send(Saying { room, frame, by: way.clone() });
            }
            ENTER => {
                let mut rooms = self.rooms.write().unwrap_or_else(PoisonError::into_inner);
                rooms.entry(room).or_default().push(way.clone());
                tell(way, Bytes::from_static(&[DONE]));
            }
            RECALL => {
                let (relay, way) = (Arc::clone(self), way.clone());
                // It ends by itself with the last line.
                drop(tokio::task::spawn_blocking(move || relay.recall(room, &way)));
            }
            _ => {}
        }
    }

    /// Sends everything that was ever said in a room.
    fn recall(&self, room: RoomId, way: &Way) -> Result<(), rusqlite::Error> {
        let database = Connection::open(&self.file)?;
        let mut lines = database.prepare("SELECT frame FROM log WHERE room = ?1 ORDER BY id")?;
        for frame in lines.query_map([room.0], |row| row.get::<_, Vec<u8>>(0))? {
            tell(way, frame?.into());
        }
        tell(way, Bytes::from_static(&[DONE]));
        Ok(())
    }

    /// Makes durable what is said, as much as waits at once, and passes it on.
    fn keep(
        &self,
        mut database: Connection,
        waiting: &queue::Receiver<Saying>,
    ) -> Result<(), rusqlite::Error> {
        while let Ok(first) = waiting.recv() {
            let batch: Vec<Saying> =
                std::iter::once(first).chain(waiting.try_iter().take(BATCH - 1)).collect();
            let transaction = database.transaction()?;
            for saying in &batch {
                let mut insert =
                    transaction.prepare_cached("INSERT INTO log (room, frame) VALUES (?1, ?2)")?;
                insert.execute((saying.room.0, saying.frame.as_ref()))?;
            }
            transaction.commit()?;
            let rooms = self.rooms.read().unwrap_or_else(PoisonError::into_inner);
            for Saying { room, frame, by } in batch {
                tell(&by, durable(&frame));
                let others = rooms.get(&room).into_iter().flatten().filter(|way| !way.same_channel(&by));
                others.for_each(|way| tell(way, frame.clone()));
            }
        }
        Ok(())
    }
}

/// The answer to whoever said something.
fn durable(frame: &[u8]) -> Bytes {
    let mut answer = frame.get(..STAMP).unwrap_or_default().to_vec();
    answer.iter_mut().take(1).for_each(|number| *number = DURABLE);
    answer.into()
}

/// Hands something to a connection, unless it has just ended.
fn tell(way: &Way, frame: Bytes) {
    let _ = way.send(frame);
}

/// Writes what waits, together.
async fn write(mut sink: SplitSink<WebSocket, Message>, mut waiting: mpsc::UnboundedReceiver<Bytes>) {
    let mut frames = Vec::new();
    while waiting.recv_many(&mut frames, 256).await > 0 {
        for frame in frames.drain(..) {
            if sink.feed(Message::Binary(frame)).await.is_err() {
                return;
            }
        }
        if sink.flush().await.is_err() {
            return;
        }
    }
}
