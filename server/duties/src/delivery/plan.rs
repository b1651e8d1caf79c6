//! The plan of a batch: what `decide` finds, `write` makes durable, and `finish` tells.

use std::collections::HashMap;

use chancery_wire::ids::{DeviceId, RoomId};

use super::{error::DeliveryError, submit::Submission};
use crate::rooms::{Place, Standing};

/// A submission with its place in the log.
#[derive(Debug)]
pub(super) struct Planned {
    pub submission: Submission,
    pub place: Place,
}

/// What becomes of a batch.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Submissions with their places, in order.
    pub lines: Vec<Planned>,
    /// Submissions that are refused, unless they were accepted before.
    pub refused: Vec<(Submission, DeliveryError)>,
    /// Submissions that can be decided only after this batch.
    pub later: Vec<Submission>,
    /// Handshakes that have to be judged again.
    pub again: Vec<Submission>,
    /// Where the rooms stand after it.
    pub standings: HashMap<RoomId, Standing>,
    /// Cursors that move on.
    pub cursors: Vec<(RoomId, DeviceId, u64)>,
    /// Devices whose welcome has served.
    pub joined: Vec<(RoomId, DeviceId)>,
    /// Up to which entry everybody in a room keeps everything now.
    pub kept_by_all: Vec<(RoomId, u64)>,
    /// Bodies that nobody needs any more: of which room, after which and up to which entry.
    pub forgotten: Vec<(RoomId, u64, u64)>,
}

/// What devices acknowledged since the last batch.
pub(super) type Acknowledged = HashMap<(RoomId, DeviceId), u64>;

impl Plan {
    /// Whether there is nothing to write.
    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
            && self.cursors.is_empty()
            && self.joined.is_empty()
            && self.forgotten.is_empty()
    }
}
