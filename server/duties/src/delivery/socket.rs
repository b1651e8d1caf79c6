//! A device's connection, as delivery sees it: frames come in one by one, what goes out waits in an inbox.

use std::{collections::HashSet, sync::Arc};

use chancery_floor::{
    bus::{Bounds as Inboxes, Inbox, Tap},
    work::{Action, Desk, Permit},
};
use chancery_wire::{
    frames::ClientFrame,
    ids::{RoomId, SubmissionId},
};
use tokio::sync::Semaphore;

use super::{
    answer::refused,
    error::DeliveryError,
    stage::{Delivery, Stage},
};
use crate::{
    counter::{Caller, Organisation, Refusal, Told},
    rooms::{self, Reach, Seen},
};

/// The right to connect.
#[derive(Debug)]
pub(crate) enum Connect {}

impl Action for Connect {
    type Resource = Organisation;
    const NAME: &'static str = r#"Delivery::Action::"connect""#;
}

/// A device's connection. Dropped, it is gone.
#[derive(Debug)]
pub(crate) struct Socket {
    pub(super) stage: Arc<Stage>,
    pub(super) caller: Caller,
    pub(super) desk: Desk,
    pub(super) tap: Tap<RoomId>,
    /// Room for submissions that wait for their answer.
    pub(super) slots: Arc<Semaphore>,
    /// Rooms the device was seen in. It may have been removed since; the batching task knows.
    known: HashSet<RoomId>,
}

impl Delivery {
    /// Connects a device.
    pub(crate) fn connect(
        &self,
        desk: Desk,
        caller: Caller,
    ) -> Result<(Socket, Inbox<RoomId>), DeliveryError> {
        desk.permit::<Connect>(Organisation)?;
        if self.0.is_stopping() {
            return Err(DeliveryError::Busy);
        }
        let bounds = self.0.bounds;
        let (tap, inbox) = self.0.bus.attach(Inboxes { count: bounds.frames, bytes: bounds.bytes });
        if !self.0.enter(caller.device, &tap) {
            return Err(DeliveryError::TooManyConnections);
        }
        let (stage, slots) = (Arc::clone(&self.0), Arc::new(Semaphore::new(bounds.submissions)));
        Ok((Socket { stage, caller, desk, tap, slots, known: HashSet::new() }, inbox))
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.stage.leave(self.caller.device, &self.tap);
    }
}

impl Socket {
    /// Takes in one frame. Returns when the next one may come.
    pub(crate) async fn hear(&mut self, frame: &[u8]) {
        match ClientFrame::decode(frame) {
            Ok(ClientFrame::Submit(frame)) => self.submit(frame).await,
            Ok(ClientFrame::Fetch(frame)) => self.fetch(frame).await,
            Ok(ClientFrame::Acknowledge(frame)) => self.acknowledge(frame).await,
            Err(_) => self.hear_nonsense().await,
        }
    }

    /// Answers what is no frame.
    pub(crate) async fn hear_nonsense(&mut self) {
        let error = DeliveryError::Malformed("the bytes are not one whole frame");
        self.refuse(SubmissionId([0; 16]), RoomId([0; 16]), error, Connect::NAME).await;
    }

    /// The way to the device.
    pub(crate) fn tap(&self) -> &Tap<RoomId> {
        &self.tap
    }

    /// How far the device reaches into a room, as it is now.
    pub(super) async fn reach(&mut self, room: RoomId) -> Result<Option<Reach>, DeliveryError> {
        let reach = rooms::reach(&mut self.stage.floor.db.reader(), room, self.caller.device).await?;
        if reach.is_some_and(|reach| reach.removed.is_none()) {
            self.known.insert(room);
        }
        Ok(reach)
    }

    /// Asks for a right in a room, going by what was seen of it before if there was anything.
    pub(super) async fn permit_in<A: Action<Resource = Seen>>(
        &mut self,
        room: RoomId,
    ) -> Result<Permit<A>, DeliveryError> {
        let reach = if self.known.contains(&room) {
            Some(Reach { joined: 0, removed: None })
        } else {
            self.reach(room).await?
        };
        self.desk.permit(Seen { room, reach }).map_err(|_| DeliveryError::NoRoom)
    }

    /// Refuses something of this socket's, once there is room for the answer.
    pub(super) async fn refuse(&self, id: SubmissionId, room: RoomId, error: DeliveryError, asked: &str) {
        let refusal = Refusal::from(error);
        if let Told::No(code) = refusal.told {
            self.desk.note(code, asked);
        }
        self.tap.send([refused(id, room, &refusal)]).await;
    }
}
