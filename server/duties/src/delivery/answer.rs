//! Answers: the frames that go back, and the room kept for them while a submission is under way.

use std::sync::Arc;

use bytes::Bytes;
use chancery_floor::bus::Tap;
use chancery_wire::{
    frames::{Accepted, Entry, Refused, ServerFrame},
    ids::{RoomId, SubmissionId},
};
use tokio::sync::OwnedSemaphorePermit;

use super::{error::DeliveryError, socket::Socket};
use crate::{counter::Refusal, rooms::Place};

/// The way back to whoever submitted. While it lives, it takes up room: that bounds how much is under way.
#[derive(Debug)]
pub(super) struct Answer {
    tap: Tap<RoomId>,
    _slot: OwnedSemaphorePermit,
    _weight: OwnedSemaphorePermit,
}

impl Answer {
    /// Waits until there is room for one more submission of `bytes`.
    pub(super) async fn reserve(socket: &Socket, bytes: usize) -> Result<Self, DeliveryError> {
        let stage = &socket.stage;
        let kibibytes = (bytes / 1024 + 1).min(stage.bounds.kibibytes);
        let kibibytes = u32::try_from(kibibytes).unwrap_or(u32::MAX);
        let slot = Arc::clone(&socket.slots).acquire_owned().await.map_err(|_| DeliveryError::Busy)?;
        let weight = Arc::clone(&stage.weight).acquire_many_owned(kibibytes).await;
        let weight = weight.map_err(|_| DeliveryError::Busy)?;
        Ok(Self { tap: socket.tap.clone(), _slot: slot, _weight: weight })
    }

    /// Says that it is durable, and where.
    pub(super) fn accept(self, place: &Place) {
        self.accept_quietly(place).wake();
    }

    /// Says that it is durable, and where; the listener is to be woken once there is nothing more for it.
    pub(super) fn accept_quietly(self, place: &Place) -> Tap<RoomId> {
        self.tap.push(accepted(place));
        self.tap
    }

    /// Says why not.
    pub(super) fn refuse(self, id: SubmissionId, room: RoomId, refusal: &Refusal) {
        self.tap.push(refused(id, room, refusal));
        self.tap.wake();
    }
}

/// The frame that says: durable, at this place.
pub(super) fn accepted(place: &Place) -> Bytes {
    let at = u64::try_from(place.at.0).unwrap_or_default();
    let frame = Accepted { id: place.id, room: place.room, seq: place.seq, at, head: place.head };
    ServerFrame::Accepted(frame).encode().into()
}

/// The frame that says: refused, nothing changed.
pub(super) fn refused(id: SubmissionId, room: RoomId, refusal: &Refusal) -> Bytes {
    metrics::counter!("chancery_refused_total", "code" => refusal.code.as_str()).increment(1);
    let title = refusal.title.clone().unwrap_or_else(|| refusal.code.title().to_owned());
    let code = refusal.code.as_str().as_bytes().to_vec().into();
    ServerFrame::Refused(Refused { id, room, code, title: title.into_bytes().into() }).encode().into()
}

/// The frame of an entry: built once, shared by all who get it.
pub(super) fn entry(place: &Place, body: Option<Vec<u8>>) -> Bytes {
    let Place { room, seq, kind, at, id, head, digest } = *place;
    let at = u64::try_from(at.0).unwrap_or_default();
    ServerFrame::Entry(Entry { room, seq, kind, at, id, head, digest, body: body.map(Into::into) })
        .encode()
        .into()
}
