//! Who listens to what.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;

use super::{Bounds, Inbox, Tap, Topic, inbox::pair};

/// The bus of one process.
#[derive(Debug)]
pub struct Bus<T>(Mutex<HashMap<T, Vec<Tap<T>>>>);

impl<T> Default for Bus<T> {
    fn default() -> Self {
        Self(Mutex::new(HashMap::new()))
    }
}

impl<T: Topic> Bus<T> {
    // Lock order, everywhere: the topics, then a listener's state.
    fn topics(&self) -> MutexGuard<'_, HashMap<T, Vec<Tap<T>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new listener that follows nothing yet.
    #[must_use]
    pub fn attach(&self, bounds: Bounds) -> (Tap<T>, Inbox<T>) {
        pair(bounds)
    }

    /// The listener begins to read a topic's range: from now on hints are noticed, not queued.
    pub fn catch(&self, tap: &Tap<T>, topic: T) {
        let mut topics = self.topics();
        if tap.catch(topic) {
            topics.entry(topic).or_default().push(tap.clone());
        }
    }

    /// The listener has read the range: it goes live and gets `end`. Returns `false`, and does nothing, when there was a
    /// hint meanwhile: read on and try again.
    #[must_use]
    pub fn go_live(&self, tap: &Tap<T>, topic: T, end: Bytes) -> bool {
        tap.go_live(topic, end)
    }

    /// The listener stops following a topic.
    pub fn leave(&self, tap: &Tap<T>, topic: T) {
        leave(&mut self.topics(), tap, topic);
    }

    /// Nobody but these listeners follows a topic from now on; the others are told to look there once more.
    pub fn only(&self, topic: T, these: &[Tap<T>]) {
        let mut topics = self.topics();
        let these: HashSet<_> = these.iter().map(Tap::id).collect();
        let others: Vec<_> = topics.get(&topic).into_iter().flatten().cloned().collect();
        for tap in others.iter().filter(|tap| !these.contains(&tap.id())) {
            leave(&mut topics, tap, topic);
            tap.nudge(topic);
        }
    }

    /// The listener goes away.
    pub fn detach(&self, tap: &Tap<T>) {
        let mut topics = self.topics();
        for topic in tap.topics() {
            leave(&mut topics, tap, topic);
        }
    }

    /// Tells hints to everybody who follows their topics. Each listener is woken once, after all of them: so what goes to
    /// one socket together is written together.
    pub fn publish(&self, hints: &[(T, Bytes)]) -> usize {
        let mut heard = 0;
        let mut woken = Vec::new();
        {
            let topics = self.topics();
            for (topic, hint) in hints {
                let taps = topics.get(topic).map_or(&[][..], Vec::as_slice);
                heard += taps.len();
                woken.extend(taps.iter().filter(|tap| tap.hear(*topic, hint)).cloned());
            }
        }
        for tap in woken {
            tap.wake();
        }
        heard
    }

    /// Hints of these topics may have been lost on the way here: everybody who follows one is told to look there.
    pub fn lose(&self, lost: impl IntoIterator<Item = T>) {
        let topics = self.topics();
        for topic in lost {
            for tap in topics.get(&topic).map_or(&[][..], Vec::as_slice) {
                tap.lose(topic);
            }
        }
    }
}

fn leave<T: Topic>(topics: &mut HashMap<T, Vec<Tap<T>>>, tap: &Tap<T>, topic: T) {
    tap.forget(topic);
    if let Some(taps) = topics.get_mut(&topic) {
        taps.retain(|other| !other.is_same(tap));
        if taps.is_empty() {
            topics.remove(&topic);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds { count: 2, bytes: 100 };

    fn hint(text: &'static str) -> Bytes {
        Bytes::from_static(text.as_bytes())
    }

    fn live(bus: &Bus<u8>) -> (Tap<u8>, Inbox<u8>) {
        let (tap, inbox) = bus.attach(BOUNDS);
        bus.catch(&tap, 1);
        assert!(bus.go_live(&tap, 1, hint("end")));
        (tap, inbox)
    }

    #[tokio::test]
    async fn a_listener_hears_what_it_follows_and_nothing_else() {
        let bus = Bus::default();
        let (_tap, mut inbox) = live(&bus);
        assert_eq!(inbox.take().await.payloads, [hint("end")]);
        bus.publish(&[(1, hint("one")), (2, hint("two")), (1, hint("three"))]);
        assert_eq!(inbox.take().await.payloads, [hint("one"), hint("three")]);
    }

    #[tokio::test]
    async fn a_slow_listener_loses_hints_and_is_told_where() {
        let bus = Bus::default();
        let (tap, mut inbox) = live(&bus);
        bus.publish(&[(1, hint("one")), (1, hint("lost")), (1, hint("lost"))]);
        let turn = inbox.take().await;
        assert_eq!((turn.payloads.len(), turn.missed.as_slice()), (2, &[1][..]));
        bus.publish(&[(1, hint("lost too"))]);
        bus.catch(&tap, 1);
        assert!(bus.go_live(&tap, 1, hint("end")));
        bus.publish(&[(1, hint("heard"))]);
        assert_eq!(inbox.take().await.payloads, [hint("end"), hint("heard")]);
    }

    #[tokio::test]
    async fn what_happens_while_the_range_is_read_is_read_as_well() {
        let bus = Bus::default();
        let (tap, mut inbox) = bus.attach(BOUNDS);
        bus.catch(&tap, 1);
        bus.publish(&[(1, hint("between"))]);
        assert!(!bus.go_live(&tap, 1, hint("end")));
        assert!(bus.go_live(&tap, 1, hint("end")));
        assert_eq!(inbox.take().await.payloads, [hint("end")]);
    }

    #[tokio::test]
    async fn whoever_may_have_missed_something_is_told_to_look() {
        let bus = Bus::default();
        let (tap, mut inbox) = live(&bus);
        bus.lose([1, 2]);
        let turn = inbox.take().await;
        assert_eq!((turn.payloads.len(), turn.missed.as_slice()), (1, &[1][..]));
        bus.catch(&tap, 1);
        bus.lose([1]);
        assert!(!bus.go_live(&tap, 1, hint("end")));
    }

    #[tokio::test]
    async fn whoever_left_hears_nothing_more() {
        let bus = Bus::default();
        let (tap, mut inbox) = live(&bus);
        bus.leave(&tap, 1);
        assert_eq!(bus.publish(&[(1, hint("gone"))]), 0);
        tap.close(Closed::Ended);
        let turn = inbox.take().await;
        assert_eq!((turn.payloads.len(), turn.closed), (1, Some(Closed::Ended)));
        assert!(!tap.send([hint("more")]).await);
    }

    use super::super::Closed;
}
