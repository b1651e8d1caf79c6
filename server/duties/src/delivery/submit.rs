//! Submit: put something into a room's log.
//!
//! A `Submit` frame, permitted by `Delivery::"submit"` to leaves of the room, recorded as `delivery.accepted` (one fact for
//! all that became durable together) and for handshakes as `delivery.committed` or `delivery.proposed`. Here everything is
//! checked that does not depend on what others submit; the rest is decided in `decide`.

use chancery_floor::work::{Action, Desk};
use chancery_groups::sealed_epoch;
use chancery_trail::digest;
use chancery_wire::{
    frames::{HANDSHAKE_LIMIT, Kind, Submit},
    ids::{DeviceId, Digest, RoomId, SubmissionId},
};
use tokio::sync::oneshot;

use super::{
    answer::{Answer, accepted},
    error::DeliveryError,
    judge::{Judged, judge},
    socket::Socket,
    stage::Item,
};
use crate::rooms::{self, Place, Seen};

/// The right to put something into a room's log.
#[derive(Debug)]
pub(super) enum SubmitEntry {}

impl Action for SubmitEntry {
    type Resource = Seen;
    const NAME: &'static str = r#"Delivery::Action::"submit""#;
}

/// What a submission is known by: the same again gets the same answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    pub device: DeviceId,
    pub id: SubmissionId,
    pub room: RoomId,
    pub kind: Kind,
    pub digest: Digest,
}

impl Asked {
    /// Under which key it is found again.
    pub(super) fn key(&self) -> (DeviceId, SubmissionId) {
        (self.device, self.id)
    }

    /// Whether this is what was accepted at `place`.
    pub(super) fn is_at(&self, place: &Place) -> bool {
        self.room == place.room && self.kind == place.kind && self.digest == place.digest
    }
}

/// A submission on its way into the log.
#[derive(Debug)]
pub(super) struct Submission {
    pub asked: Asked,
    pub desk: Desk,
    pub body: Vec<u8>,
    pub wish: Wish,
    pub answer: Answer,
}

/// What the submission depends on.
#[derive(Debug)]
pub(super) enum Wish {
    /// A sealed message of this epoch.
    Message {
        /// Its epoch.
        epoch: u64,
    },
    /// A handshake that was judged against the room's face.
    Handshake {
        /// What it does.
        judged: Box<Judged>,
        /// Asked for when the face has changed since: judge it again.
        again: oneshot::Sender<()>,
    },
}

impl Socket {
    /// Takes in a submission. The answer comes through the socket, after it is durable.
    pub(super) async fn submit(&mut self, frame: Submit) {
        let (device, digest) = (self.caller.device, digest(frame.body.as_slice()));
        let asked = Asked { device, id: frame.id, room: frame.room, kind: frame.kind, digest };
        metrics::counter!("chancery_submissions_total", "kind" => word(frame.kind)).increment(1);
        if let Err(error) = self.try_submit(asked, frame).await {
            match self.repeat(&asked).await {
                Ok(true) => {}
                Ok(false) => self.refuse(asked.id, asked.room, error, SubmitEntry::NAME).await,
                Err(error) => self.refuse(asked.id, asked.room, error, SubmitEntry::NAME).await,
            }
        }
    }

    async fn try_submit(&mut self, asked: Asked, frame: Submit) -> Result<(), DeliveryError> {
        if self.stage.is_stopping() {
            return Err(DeliveryError::Busy);
        }
        fits(&frame)?;
        self.permit_in::<SubmitEntry>(asked.room).await?;
        if frame.kind != Kind::Message {
            return self.submit_handshake(asked, frame).await;
        }
        let epoch = sealed_epoch(asked.room, frame.body.as_slice()).map_err(|_| DeliveryError::NotSealed)?;
        if epoch != frame.epoch {
            return Err(DeliveryError::Malformed("the message is of another epoch than its frame"));
        }
        self.queue(asked, frame.body.into(), Wish::Message { epoch }).await
    }

    /// Judges a handshake and submits it, again if another one came first and it may still hold.
    async fn submit_handshake(&mut self, asked: Asked, frame: Submit) -> Result<(), DeliveryError> {
        loop {
            if self.repeat(&asked).await? {
                return Ok(());
            }
            let judged = Box::new(judge(&self.stage, &self.caller, &frame).await?);
            let (again, judge_again) = oneshot::channel();
            let body = frame.body.as_slice().to_vec();
            self.queue(asked, body, Wish::Handshake { judged, again }).await?;
            // When the batching task drops its end without a word, it has answered.
            if judge_again.await.is_err() {
                return Ok(());
            }
        }
    }

    /// Gives the submission to the batching task, once there is room for it.
    async fn queue(&self, asked: Asked, body: Vec<u8>, wish: Wish) -> Result<(), DeliveryError> {
        let answer = Answer::reserve(self, body.len()).await?;
        let submission = Submission { asked, desk: self.desk.clone(), body, wish, answer };
        let sent = self.stage.queue.send(Item::Submission(Box::new(submission))).await;
        sent.map_err(|_| DeliveryError::Busy)
    }

    /// Answers a submission that was accepted before; `false` when it was not.
    async fn repeat(&self, asked: &Asked) -> Result<bool, DeliveryError> {
        let found = rooms::repeats(&mut self.stage.floor.db.reader(), &[asked.key()]).await?;
        let Some(place) = found.get(&asked.key()) else { return Ok(false) };
        if !asked.is_at(place) {
            return Err(DeliveryError::IdReused);
        }
        self.tap.send([accepted(place)]).await;
        Ok(true)
    }
}

/// Checks what the frame alone says: sizes, and parts that belong to its kind.
fn fits(frame: &Submit) -> Result<(), DeliveryError> {
    let (welcome, info) = (frame.welcome.as_slice().len(), frame.group_info.as_slice().len());
    if frame.body.as_slice().len() > frame.kind.limit() || welcome.max(info) > HANDSHAKE_LIMIT {
        return Err(DeliveryError::TooLarge);
    }
    if frame.kind != Kind::Commit && welcome + info > 0 {
        return Err(DeliveryError::Malformed("only a commit has a welcome and a group info"));
    }
    Ok(())
}

/// A kind as a metrics label.
fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Message => "message",
        Kind::Commit => "commit",
        Kind::Proposal => "proposal",
    }
}
