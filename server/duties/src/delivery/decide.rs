//! Decide what becomes of a batch: which submissions get which place, which are refused, and what was acknowledged.
//!
//! Pure: it changes nothing. What it plans is written by `write` and taken over by `batch` once it is durable.

use std::collections::HashSet;

use chancery_floor::work::Permit;
use chancery_trail::room_next;
use chancery_wire::{frames::Kind, ids::RoomId, time::Instant};

use super::{
    PAST_EPOCHS,
    error::DeliveryError,
    forget::forget,
    heads::{Head, Heads},
    plan::{Acknowledged, Plan, Planned},
    submit::{Submission, SubmitEntry, Wish},
};
use crate::rooms::{self, Place, Reach, Seen, Standing};

/// What becomes of one submission.
enum Fate {
    Accepted(Permit<SubmitEntry>),
    Refused(DeliveryError),
    Later,
    Again,
}

/// Decides a batch at `at`, with what was acknowledged, and the rooms that are looked through for what nobody needs; `separated` is the
/// number of the amendment that says last who may meet whom.
pub(super) fn decide(
    heads: &Heads,
    batch: Vec<Submission>,
    settled: (&Acknowledged, &HashSet<RoomId>),
    (at, separated): (Instant, u64),
) -> Plan {
    let mut plan = Plan::default();
    let (mut seen, mut closed) = (HashSet::new(), HashSet::new());
    for submission in batch {
        let asked = submission.asked;
        let head = heads.find(asked.room);
        let standing = plan.standings.get(&asked.room).copied().or(head.map(|head| head.standing));
        // After a handshake the room is another one; and of two equal submissions, the second one is a repeat of the
        // first, once that is durable.
        let waits = closed.contains(&asked.room) || !seen.insert(asked.key());
        match if waits { Fate::Later } else { fate(head, standing, &submission, (at, separated)) } {
            Fate::Accepted(permit) => {
                let Some(standing) = standing else { continue };
                if asked.kind != Kind::Message {
                    closed.insert(asked.room);
                }
                let planned = place(submission, standing, at, permit);
                plan.standings.insert(asked.room, after(standing, &planned));
                plan.lines.push(planned);
            }
            Fate::Refused(error) => plan.refused.push((submission, error)),
            Fate::Later => plan.later.push(submission),
            Fate::Again => plan.again.push(submission),
        }
    }
    forget(&mut plan, heads, settled);
    plan
}

/// The rooms that something is refused in, or cut short, if what is known by heart of them holds. On several nodes it may be old; whatever
/// is accepted by it is found out when it is written, and this is not.
pub(super) fn doubtful(heads: &Heads, batch: &[Submission], acknowledged: &Acknowledged) -> Vec<RoomId> {
    let refused = batch.iter().filter(|submission| {
        let Some(head) = heads.find(submission.asked.room) else { return false };
        let fits = match &submission.wish {
            Wish::Message { epoch } => is_of_now(*epoch, &head.standing) && !head.standing.apart,
            Wish::Handshake { judged, .. } => {
                judged.stands_on == (head.standing.epoch, head.standing.handshake)
            }
        };
        !fits || !head.members.contains_key(&submission.asked.device)
    });
    let ahead = acknowledged.iter().filter(|((room, device), seq)| {
        heads.find(*room).is_some_and(|head| {
            let is_there = head.members.contains_key(device) || head.removed.contains_key(device);
            !is_there || **seq > head.standing.seq
        })
    });
    refused.map(|submission| submission.asked.room).chain(ahead.map(|((room, _), _)| *room)).collect()
}

/// The rules: who may put what into a room that stands there.
fn fate(
    head: Option<&Head>,
    standing: Option<Standing>,
    submission: &Submission,
    (at, separated): (Instant, u64),
) -> Fate {
    let asked = &submission.asked;
    let mark = head.and_then(|head| head.members.get(&asked.device));
    let reach = mark.map(|mark| Reach { joined: mark.joined, removed: None });
    let permit = submission.desk.permit::<SubmitEntry>(Seen { room: asked.room, reach });
    let (Ok(permit), Some(standing)) = (permit, standing) else {
        return Fate::Refused(DeliveryError::NoRoom);
    };
    match &submission.wish {
        Wish::Message { epoch } if !is_of_now(*epoch, &standing) => Fate::Refused(DeliveryError::WrongEpoch),
        Wish::Handshake { judged, .. } if judged.stands_on.0 != standing.epoch => {
            Fate::Refused(DeliveryError::WrongEpoch)
        }
        Wish::Handshake { judged, .. }
            if judged.stands_on.1 != standing.handshake
                || judged.separated != separated
                || judged.bounds.iter().any(|until| (judged.asked_at < *until) != (at < *until)) =>
        {
            Fate::Again
        }
        Wish::Message { .. } if standing.apart => Fate::Refused(DeliveryError::Apart),
        Wish::Message { .. } | Wish::Handshake { .. } => Fate::Accepted(permit),
    }
}

/// Whether something may still be said for an epoch.
fn is_of_now(epoch: u64, standing: &Standing) -> bool {
    epoch <= standing.epoch && standing.epoch - epoch <= PAST_EPOCHS
}

/// Gives a submission the next place.
///
/// INVARIANT: nothing gets a place without the right to it, and only in the room the right is for.
fn place(submission: Submission, standing: Standing, at: Instant, permit: Permit<SubmitEntry>) -> Planned {
    let asked = submission.asked;
    let seq = standing.seq + 1;
    let head = room_next(standing.head, seq, asked.kind, asked.digest);
    let room = permit.into_resource().room;
    let (kind, id, digest) = (asked.kind, asked.id, asked.digest);
    Planned { submission, place: Place { room, seq, kind, at, id, head, digest } }
}

/// Where the room stands after a line.
fn after(standing: Standing, planned: &Planned) -> Standing {
    let Place { seq, head, .. } = planned.place;
    match &planned.submission.wish {
        Wish::Message { .. } => Standing { seq, head, ..standing },
        Wish::Handshake { judged, .. } => {
            let rooms::Next { epoch, apart, .. } = judged.next;
            Standing { seq, head, epoch, handshake: seq, apart }
        }
    }
}
