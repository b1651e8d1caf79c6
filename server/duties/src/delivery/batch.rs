//! The batching task: the one writer of all rooms' logs, and the one place that answers submissions.

use std::{collections::HashSet, sync::Arc, time::Duration};

use chancery_floor::{store::StoreError, work::Action as _};
use chancery_wire::ids::RoomId;
use tokio::sync::{mpsc, oneshot};

use super::{
    decide::{decide, doubtful},
    error::DeliveryError,
    finish::finish,
    heads::Heads,
    part::part,
    plan::{Acknowledged, Plan},
    stage::{Item, Stage},
    submit::{Submission, SubmitEntry, Wish},
    write::write,
};
use crate::{
    counter::{Refusal, Told},
    rooms,
};

/// The most submissions of one batch.
const BATCH: usize = 4096;
/// With which flush rooms are looked through for what nobody needs: every few seconds.
const SETTLE: u32 = 16;
/// How often a batch is tried when it does not work and nobody knows better.
const TRIES: u32 = 4;

/// The batching task, before it runs.
#[derive(Debug)]
pub(crate) struct Batcher {
    stage: Arc<Stage>,
    waiting: mpsc::Receiver<Item>,
    heads: Heads,
    /// Rooms in which something was acknowledged here, on several nodes. Another one may not have known of that when it took in the rest: they
    /// are read once more, so that what nobody needs is deleted by whoever was the last.
    unsettled: HashSet<RoomId>,
    /// How many flushes there were since that was done last.
    flushes: u32,
}

impl Batcher {
    pub(super) fn new(stage: Arc<Stage>, waiting: mpsc::Receiver<Item>) -> Self {
        Self { stage, waiting, heads: Heads::default(), unsettled: HashSet::new(), flushes: 0 }
    }

    /// Writes until it is told to stop, or the store fails for good.
    pub(crate) async fn run(mut self) {
        let (mut items, mut later) = (Vec::new(), Vec::new());
        loop {
            if later.is_empty() {
                self.waiting.recv_many(&mut items, BATCH).await;
                if items.is_empty() {
                    break;
                }
            }
            let (mut batch, mut flushes) = (std::mem::take(&mut later), Vec::<oneshot::Sender<()>>::new());
            while batch.len() + items.len() < BATCH
                && let Ok(item) = self.waiting.try_recv()
            {
                items.push(item);
            }
            for item in items.drain(..) {
                match item {
                    Item::Submission(submission) => batch.push(*submission),
                    Item::Flush(done) => flushes.push(done),
                    Item::Part(rooms, done) => {
                        // Of a failure is heard where it is waited for; it is looked at again with the next amendment.
                        match part(&self.stage, &rooms).await {
                            Ok(()) => drop(done.send(())),
                            Err(error) => tracing::error!(%error, "rooms cannot be looked at"),
                        }
                        self.heads.forget(rooms);
                    }
                    Item::Renew(Some(rooms)) => self.heads.forget(rooms),
                    Item::Renew(None) => self.heads.forget_all(),
                    Item::Stop => self.waiting.close(),
                }
            }
            self.flushes += u32::from(!flushes.is_empty());
            let settles = self.flushes >= SETTLE;
            if settles {
                self.flushes = 0;
            }
            later = self.batch(batch, settles).await;
            for done in flushes {
                // Whoever waited for it may be gone.
                let _ = done.send(());
            }
            if self.stage.floor.db.fatal().check().is_err() {
                return;
            }
        }
        // What is acknowledged last is looked through as well.
        for _ in 0..2 {
            self.batch(Vec::new(), true).await;
        }
    }

    /// Brings a batch to its end, and with it what is unsettled if it `settles`; returns what has to wait for the next one.
    async fn batch(&mut self, mut batch: Vec<Submission>, settles: bool) -> Vec<Submission> {
        let acknowledged = std::mem::take(&mut *self.stage.acknowledged());
        let unsettled = if settles { std::mem::take(&mut self.unsettled) } else { HashSet::new() };
        self.heads.forget(unsettled.iter().copied());
        let mut later = Vec::new();
        for attempt in 1..=TRIES {
            let touched: HashSet<RoomId> = batch
                .iter()
                .map(|submission| submission.asked.room)
                .chain(acknowledged.keys().map(|(room, _)| *room))
                .chain(unsettled.iter().copied())
                .collect();
            if let Err(error) = self.load(&touched, (&batch, &acknowledged)).await {
                self.put_back(acknowledged, unsettled);
                refuse_all(batch, &error);
                return later;
            }
            let separated = match self.separated(&batch).await {
                Ok(separated) => separated,
                Err(error) => {
                    self.put_back(acknowledged, unsettled);
                    refuse_all(batch, &error);
                    return later;
                }
            };
            let now = self.stage.floor.clock.now();
            let mut plan = decide(&self.heads, batch, (&acknowledged, &unsettled), (now, separated));
            later.append(&mut plan.later);
            plan.again.drain(..).for_each(judge_again);
            self.refuse(std::mem::take(&mut plan.refused)).await;
            if plan.is_empty() {
                return later;
            }
            match self.write(&plan).await {
                Ok(()) => {
                    if self.stage.has_neighbours() {
                        self.unsettled.extend(plan.cursors.iter().map(|(room, ..)| *room));
                    }
                    finish(&self.stage, &mut self.heads, plan);
                    return later;
                }
                // Nobody knows what is on the disk: nothing is said, neither yes nor no.
                Err(StoreError::Fatal(_)) => return Vec::new(),
                Err(error @ (StoreError::Raced | StoreError::Failed(_))) if attempt < TRIES => {
                    self.heads.forget(touched.iter().copied());
                    tokio::time::sleep(Duration::from_millis(20) * (attempt - 1)).await;
                    let lost: Vec<_> = plan.lines.into_iter().map(|line| line.submission).collect();
                    let count = lost.len();
                    batch = self.without_repeats(lost).await;
                    // Repeats explain a race. Otherwise another node wrote, or this one without learning of it: nobody
                    // here has heard that.
                    if error != StoreError::Raced || batch.len() == count {
                        self.stage.bus.lose(touched);
                    }
                }
                Err(error) => {
                    self.heads.forget(touched);
                    self.put_back(acknowledged, unsettled);
                    refuse_all(plan.lines.into_iter().map(|line| line.submission).collect(), &error);
                    return later;
                }
            }
        }
        later
    }

    /// Makes sure that these rooms are known, and on several nodes that nothing is refused by what is old.
    async fn load(
        &mut self,
        rooms: &HashSet<RoomId>,
        (batch, acknowledged): (&[Submission], &Acknowledged),
    ) -> Result<(), StoreError> {
        let stage = Arc::clone(&self.stage);
        let mut from = stage.floor.db.reader();
        let mut anew = self.heads.load(&mut from, rooms.iter().copied()).await?;
        if !stage.has_neighbours() {
            return Ok(());
        }
        let mut doubtful = doubtful(&self.heads, batch, acknowledged);
        doubtful.retain(|room| self.heads.is_old(*room));
        if !doubtful.is_empty() {
            self.heads.forget(doubtful.iter().copied());
            anew.extend(self.heads.load(&mut from, doubtful).await?);
        }
        // INVARIANT: whoever another node has taken out hears nothing that is written here after that. A room that was written to
        // elsewhere is read anew before anything is written here, or the write is lost.
        for room in anew {
            if let Some(head) = self.heads.find(room) {
                stage.keep_only(room, head.members.keys());
            }
        }
        Ok(())
    }

    /// The number of the amendment that says last who may meet whom, where somebody may come in.
    ///
    /// INVARIANT: read in this task, before the batch is written. Whoever knows of an amendment and says so in a room says it in a later
    /// batch than one that was decided by what was before: so nobody comes in after that by the charter as it was.
    async fn separated(&self, batch: &[Submission]) -> Result<u64, StoreError> {
        if !batch.iter().any(|submission| matches!(submission.wish, Wish::Handshake { .. })) {
            return Ok(0);
        }
        Ok(self.stage.charter(&mut self.stage.floor.db.reader()).await?.separated())
    }

    async fn write(&self, plan: &Plan) -> Result<(), StoreError> {
        let entries = u32::try_from(plan.lines.len()).unwrap_or(u32::MAX);
        metrics::histogram!("chancery_batch_entries").record(f64::from(entries));
        #[expect(clippy::disallowed_methods, reason = "measured for operators; nothing is decided by it")]
        let begun = std::time::Instant::now();
        let written = write(&self.stage, plan).await;
        metrics::histogram!("chancery_commit_seconds").record(begun.elapsed().as_secs_f64());
        written
    }

    /// Keeps for the next batch what was acknowledged, and what is unsettled.
    fn put_back(&mut self, acknowledged: Acknowledged, unsettled: HashSet<RoomId>) {
        self.unsettled.extend(unsettled);
        let mut waiting = self.stage.acknowledged();
        for (key, seq) in acknowledged {
            let kept = waiting.entry(key).or_default();
            *kept = seq.max(*kept);
        }
    }

    /// Refuses submissions, but those that were accepted before: they get the same answer again.
    async fn refuse(&self, refused: Vec<(Submission, DeliveryError)>) {
        if refused.is_empty() {
            return;
        }
        let asked: Vec<_> = refused.iter().map(|(submission, _)| submission.asked.key()).collect();
        let found = rooms::repeats(&mut self.stage.floor.db.reader(), &asked).await;
        for (submission, error) in refused {
            let asked = submission.asked;
            match found.as_ref().map(|found| found.get(&asked.key())) {
                Ok(Some(place)) if asked.is_at(place) => submission.answer.accept(place),
                Ok(Some(_)) => refuse(submission, DeliveryError::IdReused),
                Ok(None) => refuse(submission, error),
                Err(error) => refuse(submission, error.clone().into()),
            }
        }
    }

    /// Answers those of a lost batch that were accepted before; returns the others.
    async fn without_repeats(&self, lost: Vec<Submission>) -> Vec<Submission> {
        let asked: Vec<_> = lost.iter().map(|submission| submission.asked.key()).collect();
        let Ok(found) = rooms::repeats(&mut self.stage.floor.db.reader(), &asked).await else { return lost };
        let mut left = Vec::new();
        for submission in lost {
            match found.get(&submission.asked.key()) {
                Some(place) if submission.asked.is_at(place) => submission.answer.accept(place),
                Some(_) => refuse(submission, DeliveryError::IdReused),
                None => left.push(submission),
            }
        }
        left
    }
}

/// Asks the socket to judge its handshake again.
fn judge_again(submission: Submission) {
    if let Wish::Handshake { again, .. } = submission.wish {
        let _ = again.send(());
    }
}

fn refuse(submission: Submission, error: DeliveryError) {
    let refusal = Refusal::from(error);
    if let Told::No(code) = refusal.told {
        submission.desk.note(code, SubmitEntry::NAME);
    }
    submission.answer.refuse(submission.asked.id, submission.asked.room, &refusal);
}

fn refuse_all(submissions: Vec<Submission>, error: &StoreError) {
    for submission in submissions {
        refuse(submission, error.clone().into());
    }
}
