//! Part: rooms in which people are who may not meet, because a barrier has come between them since. Nothing is said there until those of
//! one side have gone.
//!
//! Looked for when an amendment says anew who may meet whom, over all rooms of those it is about; what is found is decided and written by
//! the batching task, which alone writes where rooms stand. Recorded as `delivery.parted`.

use std::collections::{BTreeMap, BTreeSet};

use chancery_floor::{bus::Notice, store::StoreError};
use chancery_groups::{Face, bridged};
use chancery_wire::{ids::RoomId, names::Handle};
use tokio::sync::oneshot;

use super::{
    facts::Parted,
    stage::{Delivery, Item, Stage},
    write::Keep,
};
use crate::{accounts, counter::Organisation, rooms};

impl Delivery {
    /// Looks for rooms in which people are who may not meet as the charter stands; when this returns, nothing more is said in them.
    pub(crate) async fn part(&self) -> Result<(), StoreError> {
        let stage = &self.0;
        // Whatever was decided by the charter as it was is written first, so that it is seen here.
        self.part_these(vec![]).await?;
        let mut from = stage.floor.db.reader();
        let charter = stage.charter(&mut from).await?;
        let before: BTreeSet<[u8; 16]> = rooms::apart(&mut from).await?.iter().map(|room| room.0).collect();
        if charter.segments().barriers().is_empty() && before.is_empty() {
            return Ok(());
        }
        let attended = accounts::attended(&mut from).await?;
        let whose = |handle: &Handle| attended.get(handle).cloned();
        // Whoever belongs to no segment, by themselves or by who answers for them, can meet everybody, and is not looked for.
        let all: BTreeSet<&Handle> = charter.segments().members().keys().chain(attended.keys()).collect();
        let mut there: BTreeMap<[u8; 16], BTreeSet<&Handle>> = BTreeMap::new();
        for handle in all {
            let devices = accounts::all_devices_of(&mut from, handle).await?;
            for room in rooms::rooms_of(&mut from, handle, &devices).await? {
                there.entry(room.0).or_default().insert(handle);
            }
        }
        there.retain(|_, handles| charter.segments().bridged(handles.iter().copied(), &whose).is_some());
        let now: BTreeSet<[u8; 16]> = there.into_keys().collect();
        let differ: Vec<RoomId> = now.symmetric_difference(&before).map(|room| RoomId(*room)).collect();
        if differ.is_empty() {
            return Ok(());
        }
        self.part_these(differ.clone()).await?;
        self.look(&differ);
        Ok(())
    }

    /// Has the batching task look at these rooms, and waits until that is written.
    async fn part_these(&self, rooms: Vec<RoomId>) -> Result<(), StoreError> {
        let (done, wait) = oneshot::channel();
        let gone = || StoreError::Failed("rooms could not be looked at".to_owned());
        self.0.queue.send(Item::Part(rooms, done)).await.map_err(|_| gone())?;
        wait.await.map_err(|_| gone())
    }
}

/// Looks at these rooms, by who is in them at this moment, and writes down in which nothing more is said, or something again.
pub(super) async fn part(stage: &Stage, rooms: &[RoomId]) -> Result<(), StoreError> {
    let desk = stage.house();
    let permit = desk.permit::<Keep>(Organisation);
    let mut work = desk.begin(permit.map_err(|denied| StoreError::Failed(denied.to_string()))?).await?;
    let charter = stage.charter(&mut work.tx).await?;
    let attended = accounts::attended(&mut work.tx).await?;
    let whose = |handle: &Handle| attended.get(handle).cloned();
    let (mut apart, mut again) = (Vec::new(), Vec::new());
    for room in rooms {
        let Some((.., face)) = rooms::face(&mut work.tx, *room).await? else { continue };
        let damaged = |breach| StoreError::Failed(format!("the face of a room: {breach}"));
        let face = Face::load(&face).map_err(damaged)?;
        let leaves = face.leaves().map_err(damaged)?;
        let is_apart = bridged(&leaves, &face.policy().away, &charter, &whose).is_err();
        if rooms::set_apart(&mut work.tx, *room, is_apart).await? {
            if is_apart { &mut apart } else { &mut again }.push(*room);
        }
    }
    if apart.is_empty() && again.is_empty() {
        return Ok(());
    }
    work.tx.announce(Notice::Written(apart.iter().chain(&again).copied().collect()));
    work.commit(&Parted { apart, again }).await
}
