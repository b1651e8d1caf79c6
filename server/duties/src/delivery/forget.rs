//! Forget: take in what was acknowledged, and find the bodies that nobody needs any more.
//!
//! A body is needed by everybody who is in the room, and by whoever was removed later than it: such a device reads up to the
//! commit that removed it. Pure, as `decide` is. What nobody fetches is deleted by `expire` in the end.

use std::collections::{HashMap, HashSet};

use chancery_wire::ids::{DeviceId, RoomId};

use super::{
    heads::{Head, Heads, Rest},
    plan::{Acknowledged, Plan},
    submit::Wish,
};

/// Entries after the first number, up to the second one.
type Span = (u64, u64);

/// Who moves in one room by a batch.
#[derive(Debug, Default)]
struct Moved {
    /// Members and former ones, and how far they have got.
    cursors: HashMap<DeviceId, u64>,
    /// Who is removed, and by which entry.
    removed: HashMap<DeviceId, u64>,
}

/// Adds to the plan what `acknowledged` and the removals in it lead to, and whatever else nobody needs in rooms that are `unsettled`.
pub(super) fn forget(
    plan: &mut Plan,
    heads: &Heads,
    (acknowledged, unsettled): (&Acknowledged, &HashSet<RoomId>),
) {
    let mut rooms: HashMap<RoomId, Moved> = unsettled.iter().map(|room| (*room, Moved::default())).collect();
    for ((room, device), seq) in acknowledged {
        let Some(head) = heads.find(*room) else { continue };
        // Nobody can have what is not there. A device may be in the room, and have been in it before.
        let rest = head.removed.get(device).map(|rest| (rest.acknowledged, rest.removed));
        let mark = head.members.get(device);
        let here = mark.map(|mark| (mark.acknowledged, head.standing.seq));
        let moves = |(kept, last): (u64, u64)| Some((*seq).min(last)).filter(|seq| *seq > kept);
        if let Some(seq) = here.and_then(moves).or(rest.and_then(moves)) {
            plan.cursors.push((*room, *device, seq));
            rooms.entry(*room).or_default().cursors.insert(*device, seq);
        }
        if mark.is_some_and(|mark| mark.waits && (*seq).min(head.standing.seq) >= mark.joined) {
            plan.joined.push((*room, *device));
        }
    }
    for line in &plan.lines {
        if let Wish::Handshake { judged, .. } = &line.submission.wish {
            for device in &judged.removed {
                rooms.entry(line.place.room).or_default().removed.insert(*device, line.place.seq);
            }
        }
    }
    for (room, moved) in rooms {
        let Some(head) = heads.find(room) else { continue };
        let low = moved.low(head);
        if low > head.forgotten {
            plan.kept_by_all.push((room, low));
        }
        let spans = moved.freed(head, low).into_iter().map(|(after, upto)| (room, after, upto));
        plan.forgotten.extend(spans);
    }
}

impl Moved {
    /// How far a device has got by this batch; nowhere when it does not move.
    fn cursor(&self, device: &DeviceId) -> u64 {
        self.cursors.get(device).copied().unwrap_or(0)
    }

    /// Up to which entry everybody who stays keeps everything.
    fn low(&self, head: &Head) -> u64 {
        let stay = head.members.iter().filter(|(device, _)| !self.removed.contains_key(device));
        let kept = stay.map(|(device, mark)| self.cursor(device).max(mark.acknowledged));
        kept.min().map_or(head.forgotten, |low| low.max(head.forgotten))
    }

    /// What nobody needs any more that somebody needed before.
    fn freed(&self, head: &Head, low: u64) -> Vec<Span> {
        let mut needed: Vec<Span> = Vec::new();
        let mut freed: Vec<Span> = vec![(head.forgotten, low)];
        for (device, Rest { acknowledged, removed }) in &head.removed {
            let kept = self.cursor(device).max(*acknowledged).min(*removed);
            needed.push((kept, *removed));
            freed.push((*acknowledged, kept.min(head.forgotten)));
        }
        for (device, removed) in &self.removed {
            let kept = head.members.get(device).map_or(*removed, |mark| mark.acknowledged);
            needed.push((self.cursor(device).max(kept), *removed));
        }
        needed.into_iter().fold(freed, without)
    }
}

/// The spans without what is in `taken`; empty ones are left out.
fn without(spans: Vec<Span>, taken: Span) -> Vec<Span> {
    let parts = spans.into_iter().flat_map(|(after, upto)| {
        if taken.0 >= taken.1 {
            return [(after, upto), (0, 0)];
        }
        [(after, upto.min(taken.0)), (after.max(taken.1), upto)]
    });
    parts.filter(|(after, upto)| after < upto).collect()
}

#[cfg(test)]
mod tests {
    use super::without;

    #[test]
    fn what_somebody_needs_is_cut_out() {
        assert_eq!(without(vec![(0, 10)], (3, 5)), [(0, 3), (5, 10)]);
        assert_eq!(without(vec![(0, 10)], (0, 10)), []);
        assert_eq!(without(vec![(0, 10)], (10, 12)), [(0, 10)]);
        assert_eq!(without(vec![(4, 10)], (0, 4)), [(4, 10)]);
        assert_eq!(without(vec![(4, 10)], (2, 6)), [(6, 10)]);
        assert_eq!(without(vec![(4, 10), (7, 7)], (5, 5)), [(4, 10)]);
    }
}
