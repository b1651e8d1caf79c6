//! Finish a batch: answer and deliver what is durable now, and keep in step with it.

use chancery_floor::bus::Tap;
use chancery_wire::ids::{DeviceId, RoomId};

use super::{
    answer::entry,
    heads::Heads,
    plan::{Plan, Planned},
    stage::Stage,
    submit::Wish,
};

/// Answers and delivers what is durable now, and keeps in step with it.
pub(super) fn finish(stage: &Stage, heads: &mut Heads, mut plan: Plan) {
    let lines = std::mem::take(&mut plan.lines);
    keep_in_step(heads, plan);
    metrics::counter!("chancery_accepted_total").increment(lines.len() as u64);
    let (mut answered, mut hints) = (Vec::with_capacity(lines.len()), Vec::with_capacity(lines.len()));
    let mut moves = Vec::new();
    for Planned { submission, place } in lines {
        answered.push(submission.answer.accept_quietly(&place));
        hints.push((place.room, entry(&place, Some(submission.body))));
        if let Wish::Handshake { judged, .. } = submission.wish {
            moves.push((place.room, place.seq, judged.added, judged.removed));
        }
    }
    let delivered = stage.bus.publish(&hints);
    metrics::counter!("chancery_deliveries_total").increment(delivered as u64);
    answered.iter().for_each(Tap::wake);
    // Only now: whoever was removed has heard the commit that did it, and hears nothing more.
    for (room, seq, added, removed) in moves {
        take_out(stage, heads, room, seq, &removed);
        put_in(stage, heads, room, seq, &added);
    }
}

/// Takes over what the plan says about rooms and their members.
fn keep_in_step(heads: &mut Heads, plan: Plan) {
    for (room, standing) in plan.standings {
        if let Some(head) = heads.find_mut(room) {
            head.standing = standing;
        }
    }
    for (room, device, seq) in plan.cursors {
        if let Some(head) = heads.find_mut(room) {
            head.move_on(device, seq);
        }
    }
    for (room, device) in plan.joined {
        if let Some(mark) = heads.find_mut(room).and_then(|head| head.members.get_mut(&device)) {
            mark.waits = false;
        }
    }
    for (room, upto) in plan.kept_by_all {
        if let Some(head) = heads.find_mut(room) {
            head.forgotten = upto;
        }
    }
}

fn take_out(stage: &Stage, heads: &mut Heads, room: RoomId, seq: u64, devices: &[DeviceId]) {
    for device in devices {
        if let Some(head) = heads.find_mut(room) {
            head.take_out(*device, seq);
        }
        for tap in stage.taps_of(*device) {
            stage.bus.leave(&tap, room);
        }
    }
}

fn put_in(stage: &Stage, heads: &mut Heads, room: RoomId, seq: u64, devices: &[DeviceId]) {
    for device in devices {
        if let Some(head) = heads.find_mut(room) {
            head.put_in(*device, seq);
        }
        for tap in stage.taps_of(*device) {
            tap.nudge(room);
        }
    }
}
