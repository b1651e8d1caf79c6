//! Write a plan: one durable transaction for the whole batch, with the facts of it.

use std::collections::{BTreeMap, HashSet};

use chancery_floor::{
    bus::Notice,
    store::{StoreError, Tx},
    work::{Action, Work},
};
use chancery_wire::frames::Kind;

use super::{
    facts::{Accepted, Acknowledged, Committed, Proposed},
    judge::Judged,
    plan::{Plan, Planned},
    stage::Stage,
    store,
    submit::Wish,
};
use crate::{accounts, counter::Organisation, rooms};

/// The right to keep the log: the server's own. The right to each line is in the plan.
#[derive(Debug)]
pub(super) enum Keep {}

impl Action for Keep {
    type Resource = Organisation;
    const NAME: &'static str = r#"Delivery::Action::"keep""#;
}

/// Writes the plan; on success everything in it is durable.
pub(super) async fn write(stage: &Stage, plan: &Plan) -> Result<(), StoreError> {
    let desk = stage.house();
    let permit = desk.permit::<Keep>(Organisation);
    let permit = permit.map_err(|denied| StoreError::Failed(denied.to_string()))?;
    let mut work = desk.begin(permit).await?;
    let lines = plan.lines.iter();
    let rows = lines.map(|it| (it.submission.asked.device, &it.place, it.submission.body.as_slice()));
    // A place that was taken, by another node or by the same submission, is a race that was lost.
    if rooms::append(&mut work.tx, rows).await? != plan.lines.len() as u64 {
        return Err(StoreError::Raced);
    }
    holds(stage, &mut work.tx, plan).await?;
    work.tx.announce(Notice::Written(plan.standings.keys().copied().collect()));
    for line in &plan.lines {
        if let Wish::Handshake { judged, .. } = &line.submission.wish {
            handshake(&mut work, line, judged).await?;
        }
    }
    store::move_on(&mut work.tx, &plan.cursors).await?;
    for (room, device) in &plan.joined {
        rooms::joined(&mut work.tx, *room, *device).await?;
    }
    let mut forgotten = Vec::new();
    for (room, after, upto) in &plan.forgotten {
        // Another node may have deleted them, or this one before it started anew.
        if rooms::forget(&mut work.tx, *room, *after, *upto).await? > 0 {
            forgotten.push((*room, *after, *upto));
        }
    }
    let tells = !plan.cursors.is_empty() || !plan.joined.is_empty() || !forgotten.is_empty();
    let acknowledged = Acknowledged { cursors: plan.cursors.len(), forgotten };
    if plan.lines.is_empty() {
        return if tells { work.commit(&acknowledged).await } else { Ok(()) };
    }
    if tells {
        work.tell(&acknowledged);
    }
    work.commit(&accepted(plan)).await
}

/// Whether what the plan goes by beside the places in the log still holds: another node may have taken in an amendment, or found that
/// people are together who may not meet.
async fn holds(stage: &Stage, tx: &mut Tx, plan: &Plan) -> Result<(), StoreError> {
    if !stage.has_neighbours() {
        return Ok(());
    }
    let mut handshakes = plan.lines.iter().filter_map(|line| match &line.submission.wish {
        Wish::Handshake { judged, .. } => Some(judged),
        Wish::Message { .. } => None,
    });
    if let Some(first) = handshakes.next() {
        let separated = stage.charter(tx).await?.separated();
        if first.separated != separated || handshakes.any(|judged| judged.separated != separated) {
            return Err(StoreError::Raced);
        }
    }
    let said = plan.lines.iter().filter(|line| matches!(line.submission.wish, Wish::Message { .. }));
    let said: HashSet<_> = said.map(|line| line.place.room).collect();
    // Where devices only say how far they have got, nothing is looked up.
    if said.is_empty() {
        return Ok(());
    }
    // There are few such rooms, or none.
    let apart = rooms::apart(tx).await?;
    if apart.iter().any(|room| said.contains(room)) { Err(StoreError::Raced) } else { Ok(()) }
}

/// By room, the first and last line. Ordered, so that the same batch is always the same fact.
fn accepted(plan: &Plan) -> Accepted {
    let mut rooms = BTreeMap::new();
    for line in &plan.lines {
        let span = rooms.entry(line.place.room).or_insert((line.place.seq, line.place.seq, line.place.head));
        (span.1, span.2) = (line.place.seq, line.place.head);
    }
    Accepted {
        rooms: rooms.into_iter().map(|(room, (first, last, head))| (room, first, last, head)).collect(),
    }
}

/// What a handshake changes beside the log.
async fn handshake(work: &mut Work<Keep>, line: &Planned, judged: &Judged) -> Result<(), StoreError> {
    let (place, by, at) = (&line.place, line.submission.asked.device, line.place.at);
    let (room, seq) = (place.room, place.seq);
    if !rooms::advance(&mut work.tx, room, judged.stands_on, seq, &judged.next).await? {
        return Err(StoreError::Raced);
    }
    if place.kind != Kind::Commit {
        // There is no other proposal than to leave.
        rooms::leaves(&mut work.tx, room, by).await?;
        work.tell(&Proposed { room, seq, by });
        return Ok(());
    }
    let tx: &mut Tx = &mut work.tx;
    rooms::stays(tx, room).await?;
    let mut settled = judged.accounts.clone();
    // Who is away and has a device again waits to be brought: it may have called while this was under way.
    for handle in judged.away.iter().flatten() {
        if !accounts::devices_of(tx, handle).await?.is_empty() {
            settled.retain(|other| other != handle);
        }
    }
    if let Some(away) = &judged.away {
        rooms::keep_away(tx, room, away).await?;
    }
    rooms::take_out(tx, room, seq, &judged.removed).await?;
    rooms::put_in(tx, room, seq, &judged.added).await?;
    // Nor is it over while a device is in the room that speaks for nobody: another one may have been touched.
    for handle in std::mem::take(&mut settled) {
        let mut still = false;
        for (device, _) in accounts::silent_of(tx, &handle, at).await? {
            still |= rooms::is_in(tx, room, device).await?;
        }
        if !still {
            settled.push(handle);
        }
    }
    rooms::settle(tx, room, &settled).await?;
    if let Some((welcome, tree)) = &judged.welcome {
        rooms::welcome(tx, (room, seq, place.head), &judged.added, (welcome, tree), at).await?;
    }
    let (added, removed) = (judged.added.clone(), judged.removed.clone());
    work.tx.announce(Notice::Went(room, removed.clone()));
    work.tx.announce(Notice::Came(room, added.clone()));
    work.tell(&Committed { room, seq, epoch: judged.next.epoch, by, added, removed });
    Ok(())
}
