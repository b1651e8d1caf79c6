//! Fetch: read a room's log from a place on, and hear it live from its end on.
//!
//! A `Fetch` frame, permitted by `Delivery::"fetch"` to whoever is or was a leaf: from the entry after the one that added the
//! device, up to the one that removed it. Answered with entries and `UpTo`; when there is more, the device fetches again.

use chancery_floor::work::Action;
use chancery_wire::{
    frames::{Fetch, PAGE_LIMIT, ServerFrame, UpTo},
    ids::{RoomId, SubmissionId},
};

use super::{answer::entry, error::DeliveryError, socket::Socket};
use crate::rooms::{self, Seen};

/// With how many bytes of bodies a page ends; the last entry may go beyond.
const PAGE_BYTES: usize = 4 * 1024 * 1024;

/// The right to read a room's log.
#[derive(Debug)]
pub(super) enum FetchEntries {}

impl Action for FetchEntries {
    type Resource = Seen;
    const NAME: &'static str = r#"Delivery::Action::"fetch""#;
}

/// How far a page went.
struct Page {
    sent: u64,
    last: u64,
    live: bool,
}

impl Socket {
    /// Answers a fetch.
    pub(super) async fn fetch(&mut self, frame: Fetch) {
        let room = frame.room;
        // From here on, hints are noticed: what comes while the range is read is read as well.
        self.stage.bus.catch(&self.tap, room);
        let mut after = frame.after;
        loop {
            match self.page(room, after).await {
                Ok(page) => {
                    let end =
                        ServerFrame::UpTo(UpTo { room, seq: page.sent, last: page.last }).encode().into();
                    if !page.live {
                        self.stage.bus.leave(&self.tap, room);
                        self.tap.send([end]).await;
                        return;
                    }
                    if self.stage.bus.go_live(&self.tap, room, end) {
                        return;
                    }
                    after = page.sent;
                }
                Err(error) => {
                    self.stage.bus.leave(&self.tap, room);
                    return self.refuse(SubmissionId([0; 16]), room, error, FetchEntries::NAME).await;
                }
            }
        }
    }

    /// Sends one page of entries.
    async fn page(&mut self, room: RoomId, after: u64) -> Result<Page, DeliveryError> {
        let reach = self.reach(room).await?;
        let permit =
            self.desk.permit::<FetchEntries>(Seen { room, reach }).map_err(|_| DeliveryError::NoRoom)?;
        let mut from = self.desk.look(&permit);
        let part = rooms::part(&mut from, room, self.caller.device, after).await?;
        let reach = part.or(reach).ok_or(DeliveryError::NoRoom)?;
        let last = rooms::last(&mut from, room).await?.min(reach.removed.unwrap_or(u64::MAX));
        let after = after.max(reach.joined);
        let lines = rooms::page(&mut from, room, (after, last), (PAGE_LIMIT, PAGE_BYTES)).await?;
        let upto = lines.last().map_or(after, |line| line.place.seq);
        self.tap.send(lines.into_iter().map(|line| entry(&line.place, line.body))).await;
        Ok(Page { sent: upto, last, live: reach.removed.is_none() && upto >= last })
    }
}
