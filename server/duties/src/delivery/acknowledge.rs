//! Acknowledge: the device keeps everything up to here; bodies that nobody in the room needs any more are deleted.
//!
//! An `Acknowledge` frame, permitted by `Delivery::"acknowledge"` to whoever is or was a leaf, recorded as
//! `delivery.acknowledged`. It rides with the next batch, or is written a moment later; it needs no answer.

use chancery_floor::work::Action;
use chancery_wire::{frames::Acknowledge, ids::SubmissionId, problem::Code};

use super::socket::Socket;
use crate::rooms::Seen;

/// The most acknowledgements that wait for a batch. Beyond, they are dropped: the next one says the same and more.
const WAITING: usize = 100_000;

/// The right to acknowledge.
#[derive(Debug)]
pub(super) enum AcknowledgeEntries {}

impl Action for AcknowledgeEntries {
    type Resource = Seen;
    const NAME: &'static str = r#"Delivery::Action::"acknowledge""#;
}

impl Socket {
    /// Takes in an acknowledgement.
    pub(super) async fn acknowledge(&mut self, frame: Acknowledge) {
        let Acknowledge { room, seq } = frame;
        match self.permit_in::<AcknowledgeEntries>(room).await {
            Ok(_) => {
                let mut waiting = self.stage.acknowledged();
                let key = (room, self.caller.device);
                if waiting.len() < WAITING || waiting.contains_key(&key) {
                    let kept = waiting.entry(key).or_default();
                    *kept = seq.max(*kept);
                } else {
                    self.desk.note(Code::Busy, AcknowledgeEntries::NAME);
                }
            }
            Err(error) => self.refuse(SubmissionId([0; 16]), room, error, AcknowledgeEntries::NAME).await,
        }
    }
}
