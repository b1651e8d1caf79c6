//! One listener: the queue between those who publish and the one who writes to its socket.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use tokio::sync::Notify;

use super::{Bounds, Topic};

/// Why a listener was closed from this side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// The listener is to begin anew, here or elsewhere: the process is stopping, or may have missed something, or knows the listener otherwise
    /// by now.
    Anew,
    /// The listener may not listen any more.
    Ended,
}

/// How a listener hears of a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hearing {
    /// Every hint is queued.
    Live,
    /// The listener is reading the range; hints are only noticed.
    Catching {
        /// Whether there was one.
        missed: bool,
    },
    /// The queue was full once: nothing is queued until the listener has read the range.
    Behind,
}

#[derive(Debug)]
struct State<T> {
    queue: VecDeque<Bytes>,
    bytes: usize,
    topics: HashMap<T, Hearing>,
    missed: Vec<T>,
    closed: Option<Closed>,
}

#[derive(Debug)]
struct Shared<T> {
    state: Mutex<State<T>>,
    bounds: Bounds,
    /// There is something to take.
    filled: Notify,
    /// There is room again.
    emptied: Notify,
}

/// The end where hints and answers are put in. Clones share it.
#[derive(Debug)]
pub struct Tap<T>(Arc<Shared<T>>);

impl<T> Clone for Tap<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// The end where they are taken out, by one task.
#[derive(Debug)]
pub struct Inbox<T>(Arc<Shared<T>>);

/// What there was to take.
#[derive(Debug)]
pub struct Turn<T> {
    /// Hints and answers, in order.
    pub payloads: VecDeque<Bytes>,
    /// Topics in which hints were lost after those: read the range.
    pub missed: Vec<T>,
    /// Whether it is over, and why.
    pub closed: Option<Closed>,
}

pub(super) fn pair<T: Topic>(bounds: Bounds) -> (Tap<T>, Inbox<T>) {
    let (topics, missed, closed) = (HashMap::new(), Vec::new(), None);
    let state = State { queue: VecDeque::new(), bytes: 0, topics, missed, closed };
    let (filled, emptied) = (Notify::new(), Notify::new());
    let shared = Arc::new(Shared { state: Mutex::new(state), bounds, filled, emptied });
    (Tap(Arc::clone(&shared)), Inbox(shared))
}

impl<T: Topic> State<T> {
    fn is_idle(&self) -> bool {
        self.queue.is_empty() && self.missed.is_empty() && self.closed.is_none()
    }

    fn has_room(&self, more: usize, bounds: Bounds) -> bool {
        self.queue.is_empty() || (self.queue.len() < bounds.count && self.bytes + more <= bounds.bytes)
    }

    fn put(&mut self, payload: Bytes) {
        self.bytes += payload.len();
        self.queue.push_back(payload);
    }

    fn miss(&mut self, topic: T) {
        if !self.missed.contains(&topic) {
            self.missed.push(topic);
        }
    }
}

impl<T: Topic> Tap<T> {
    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether both lead to the same listener.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Which listener it leads to, among those that are there.
    pub(super) fn id(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }

    /// Puts in an answer. It is never lost: whoever asks bounds how many answers can be under way. The listener is not
    /// woken yet, so that what comes right after it can be taken together with it.
    pub fn push(&self, answer: Bytes) {
        self.state().put(answer);
    }

    /// Wakes the listener.
    pub fn wake(&self) {
        self.0.filled.notify_one();
    }

    /// Puts in a long answer, part by part, as room comes. What there is room for is put in together, so that the listener
    /// is woken once for it. Returns whether the listener is still there.
    pub async fn send(&self, parts: impl IntoIterator<Item = Bytes, IntoIter: Send>) -> bool {
        let mut parts = parts.into_iter().peekable();
        while parts.peek().is_some() {
            let emptied = self.0.emptied.notified();
            {
                let mut state = self.state();
                if state.closed.is_some() {
                    return false;
                }
                while let Some(part) = parts.next_if(|part| state.has_room(part.len(), self.0.bounds)) {
                    state.put(part);
                }
            }
            self.0.filled.notify_one();
            if parts.peek().is_some() {
                emptied.await;
            }
        }
        true
    }

    /// Tells the listener to look at a topic, whether it follows it or not.
    pub fn nudge(&self, topic: T) {
        self.state().miss(topic);
        self.0.filled.notify_one();
    }

    /// Ends it: what is queued is still taken, and nothing more is sent.
    pub fn close(&self, why: Closed) {
        self.state().closed.get_or_insert(why);
        self.0.filled.notify_one();
        self.0.emptied.notify_one();
    }

    /// Whether it was ended.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.state().closed.is_some()
    }

    /// Hears a hint; returns whether the listener has to be woken for it.
    pub(super) fn hear(&self, topic: T, hint: &Bytes) -> bool {
        let bounds = self.0.bounds;
        let mut state = self.state();
        let was_idle = state.is_idle();
        match state.topics.get(&topic) {
            Some(Hearing::Live) if state.has_room(hint.len(), bounds) => state.put(hint.clone()),
            Some(Hearing::Live) => {
                state.topics.insert(topic, Hearing::Behind);
                state.miss(topic);
            }
            Some(Hearing::Catching { .. }) => {
                state.topics.insert(topic, Hearing::Catching { missed: true });
            }
            Some(Hearing::Behind) | None => {}
        }
        was_idle && !state.is_idle()
    }

    /// Notes that hints were lost: they have to be read.
    pub(super) fn lose(&self, topic: T) {
        let mut state = self.state();
        let hearing = match state.topics.get(&topic) {
            Some(Hearing::Live) => {
                state.miss(topic);
                Hearing::Behind
            }
            Some(Hearing::Catching { .. }) => Hearing::Catching { missed: true },
            Some(Hearing::Behind) | None => return,
        };
        state.topics.insert(topic, hearing);
        drop(state);
        self.0.filled.notify_one();
    }

    pub(super) fn catch(&self, topic: T) -> bool {
        self.state().topics.insert(topic, Hearing::Catching { missed: false }).is_none()
    }

    pub(super) fn forget(&self, topic: T) {
        self.state().topics.remove(&topic);
    }

    pub(super) fn topics(&self) -> Vec<T> {
        self.state().topics.keys().copied().collect()
    }

    /// Goes live after the range was read, and puts in the end of the answer; unless there was a hint meanwhile, or the
    /// topic was left: then there is more to read, or nothing to be live in.
    pub(super) fn go_live(&self, topic: T, end: Bytes) -> bool {
        let mut state = self.state();
        match state.topics.get(&topic) {
            Some(Hearing::Catching { missed: true }) => {
                state.topics.insert(topic, Hearing::Catching { missed: false });
                return false;
            }
            Some(_) => {
                state.topics.insert(topic, Hearing::Live);
            }
            None => {}
        }
        state.put(end);
        drop(state);
        self.0.filled.notify_one();
        true
    }
}

impl<T: Topic> Inbox<T> {
    /// Waits for something and takes all there is.
    pub async fn take(&mut self) -> Turn<T> {
        loop {
            {
                let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
                if !state.is_idle() {
                    state.bytes = 0;
                    let (payloads, missed) =
                        (std::mem::take(&mut state.queue), std::mem::take(&mut state.missed));
                    let closed = state.closed;
                    drop(state);
                    self.0.emptied.notify_one();
                    return Turn { payloads, missed, closed };
                }
            }
            self.0.filled.notified().await;
        }
    }
}
