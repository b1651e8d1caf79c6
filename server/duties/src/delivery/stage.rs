//! What all sockets and the batching task share.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::Bytes;
use chancery_floor::{
    bus::{Bus, Closed, Tap},
    store::{Dialect, Read, StoreError},
    work::{Actor, Desk, Floor},
};
use chancery_transparency::Charter;
use chancery_wire::{
    frames::ServerFrame,
    ids::{DeviceId, RoomId},
    names::Domain,
};
use tokio::sync::{Semaphore, mpsc, oneshot};

use super::{batch::Batcher, submit::Submission};
use crate::charter::Rights;

/// How much may be under way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Connections a device may have.
    pub connections: usize,
    /// Submissions of one connection that wait for their answer.
    pub submissions: usize,
    /// Submissions of all connections that wait for the batching task.
    pub queue: usize,
    /// Kibibytes of all submissions that wait.
    pub kibibytes: usize,
    /// Frames that wait for one socket.
    pub frames: usize,
    /// Bytes that wait for one socket.
    pub bytes: usize,
}

/// Something for the batching task.
#[derive(Debug)]
pub(super) enum Item {
    /// A submission.
    Submission(Box<Submission>),
    /// Write the acknowledgements that wait, and say when that was done.
    Flush(oneshot::Sender<()>),
    /// Look again whether people are in these rooms who may not meet, and say when that was done.
    Part(Vec<RoomId>, oneshot::Sender<()>),
    /// Forget what is known by heart of these rooms, or of all.
    Renew(Option<Vec<RoomId>>),
    /// Finish what waits and end.
    Stop,
}

/// Delivery, as everybody holds it. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Delivery(pub(super) Arc<Stage>);

/// What is shared.
#[derive(Debug)]
pub(super) struct Stage {
    pub floor: Arc<Floor>,
    pub domain: Domain,
    pub rights: Rights,
    pub bounds: Bounds,
    /// Whether who holds a role is kept out of rooms.
    pub own_accounts: bool,
    pub bus: Bus<RoomId>,
    pub queue: mpsc::Sender<Item>,
    /// Room for the bytes of submissions that wait, in kibibytes.
    pub weight: Arc<Semaphore>,
    /// How many handshakes are judged at once: each takes a processor for milliseconds.
    pub judges: Semaphore,
    pub acknowledged: Mutex<HashMap<(RoomId, DeviceId), u64>>,
    sockets: Mutex<HashMap<DeviceId, Vec<Tap<RoomId>>>>,
    stopping: AtomicBool,
}

impl Delivery {
    /// Delivery, and the task that writes for it.
    pub(crate) fn new(
        floor: Arc<Floor>,
        (domain, rights): (Domain, Rights),
        bounds: Bounds,
        own_accounts: bool,
    ) -> (Self, Batcher) {
        let (queue, waiting) = mpsc::channel(bounds.queue);
        let stage = Arc::new(Stage {
            floor,
            domain,
            rights,
            bounds,
            own_accounts,
            bus: Bus::default(),
            queue,
            weight: Arc::new(Semaphore::new(bounds.kibibytes)),
            judges: Semaphore::new(2),
            acknowledged: Mutex::default(),
            sockets: Mutex::default(),
            stopping: AtomicBool::new(false),
        });
        (Self(Arc::clone(&stage)), Batcher::new(stage, waiting))
    }

    /// Writes the acknowledgements that wait, and looks what nobody needs by those of before; when this returns, that was tried.
    pub(crate) async fn flush(&self) {
        let (done, wait) = oneshot::channel();
        if self.0.queue.send(Item::Flush(done)).await.is_ok() {
            let _ = wait.await;
        }
    }

    /// Refuses new submissions, and lets the batching task finish those that wait.
    pub(crate) async fn stop(&self) {
        self.0.stopping.store(true, Ordering::SeqCst);
        let _ = self.0.queue.send(Item::Stop).await;
    }

    /// Closes all sockets.
    pub(crate) fn close_all(&self, why: Closed) {
        for tap in self.0.sockets().values().flatten() {
            tap.close(why);
        }
    }

    /// Has everybody told who is live in these rooms that there is something to look after.
    pub(crate) fn look(&self, rooms: &[RoomId]) {
        let hint = |room: &RoomId| (*room, Bytes::from(ServerFrame::Look(*room).encode()));
        self.0.bus.publish(&rooms.iter().map(hint).collect::<Vec<_>>());
    }

    /// Another node has written in these rooms: what is known by heart of them is read again, and whoever is live in them looks there.
    pub(crate) async fn written(&self, rooms: Vec<RoomId>) {
        // Whoever looks before that finds everything there all the same.
        let _ = self.0.queue.send(Item::Renew(Some(rooms.clone()))).await;
        self.0.bus.lose(rooms);
    }

    /// Other nodes may have written anything: nothing is known by heart any more, and whoever is connected comes back.
    pub(crate) async fn renew(&self) {
        let _ = self.0.queue.send(Item::Renew(None)).await;
        self.close_all(Closed::Anew);
    }

    /// These devices came into a room, by another node: they look there.
    pub(crate) fn came(&self, room: RoomId, devices: &[DeviceId]) {
        devices.iter().flat_map(|device| self.0.taps_of(*device)).for_each(|tap| tap.nudge(room));
    }

    /// These devices are in a room no more, by another node: they hear nothing more of it.
    pub(crate) fn went(&self, room: RoomId, devices: &[DeviceId]) {
        for tap in devices.iter().flat_map(|device| self.0.taps_of(*device)) {
            self.0.bus.leave(&tap, room);
        }
    }

    /// Closes the sockets of one device.
    pub(crate) fn close(&self, device: DeviceId) {
        for tap in self.0.taps_of(device) {
            tap.close(Closed::Ended);
        }
    }
}

impl Stage {
    /// The desk at which the server itself works.
    pub(super) fn house(&self) -> Desk {
        Desk::of(Arc::clone(&self.floor), Actor::house())
    }

    /// The charter as it stands.
    pub(super) async fn charter(&self, from: &mut impl Read) -> Result<Arc<Charter>, StoreError> {
        let charter = self.rights.charter(from, &self.domain).await?;
        charter.ok_or_else(|| StoreError::Failed("a room before the organisation was founded".to_owned()))
    }

    /// Whether other nodes may write to the same database.
    pub(super) fn has_neighbours(&self) -> bool {
        self.floor.db.dialect() == Dialect::Postgres
    }

    /// Nobody but these devices follows a room from now on.
    pub(super) fn keep_only<'a>(&self, room: RoomId, devices: impl Iterator<Item = &'a DeviceId>) {
        let taps: Vec<_> = devices.flat_map(|device| self.taps_of(*device)).collect();
        self.bus.only(room, &taps);
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    pub(super) fn acknowledged(&self) -> MutexGuard<'_, HashMap<(RoomId, DeviceId), u64>> {
        self.acknowledged.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sockets(&self) -> MutexGuard<'_, HashMap<DeviceId, Vec<Tap<RoomId>>>> {
        self.sockets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The sockets of a device.
    pub(super) fn taps_of(&self, device: DeviceId) -> Vec<Tap<RoomId>> {
        self.sockets().get(&device).cloned().unwrap_or_default()
    }

    /// Registers a socket; `false` when the device has as many as it may.
    pub(super) fn enter(&self, device: DeviceId, tap: &Tap<RoomId>) -> bool {
        let mut sockets = self.sockets();
        let taps = sockets.entry(device).or_default();
        let enters = taps.len() < self.bounds.connections;
        if enters {
            taps.push(tap.clone());
            metrics::gauge!("chancery_sockets").increment(1.0);
        }
        enters
    }

    /// Forgets a socket.
    pub(super) fn leave(&self, device: DeviceId, tap: &Tap<RoomId>) {
        self.bus.detach(tap);
        let mut sockets = self.sockets();
        if let Some(taps) = sockets.get_mut(&device) {
            taps.retain(|other| !other.is_same(tap));
            if taps.is_empty() {
                sockets.remove(&device);
            }
            metrics::gauge!("chancery_sockets").decrement(1.0);
        }
    }
}
