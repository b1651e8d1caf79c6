//! Pending: rooms in which a leaf does not fit its account's chain, because a device was revoked or the account came back as another one.
//!
//! `GET /v1/rooms/pending` shows a device those of its own rooms, permitted by `Rooms::"see-pending"`; whoever is in the room sees to it, by the
//! chain and not by this word. A room is pending until a commit has taken a leaf of that account in or out.

use axum::Json;
use chancery_floor::{
    bus::Notice,
    store::{Read, StoreError, Tx},
    values,
    work::{Action, Desk},
};
use chancery_wire::{
    api,
    ids::{DeviceId, RoomId},
    names::Handle,
    problem::Problem,
    time::Instant,
};

use super::facts::Pending;
use crate::counter::{Organisation, Refusal, Visitor};

/// The right to mark rooms as pending: the server's own, when a chain has said so.
#[derive(Debug)]
pub(crate) enum Pend {}

impl Action for Pend {
    type Resource = Organisation;
    const NAME: &'static str = r#"Rooms::Action::"pend""#;
}

/// The right to see which of one's own rooms are pending.
#[derive(Debug)]
pub(crate) enum SeePending {}

impl Action for SeePending {
    type Resource = Organisation;
    const NAME: &'static str = r#"Rooms::Action::"see-pending""#;
}

/// The right to have others told that the own leaves are to be seen to.
#[derive(Debug)]
pub(crate) enum Call {}

impl Action for Call {
    type Resource = Organisation;
    const NAME: &'static str = r#"Rooms::Action::"call""#;
}

/// The rooms of the calling device that are pending, and because of whom.
#[utoipa::path(get, path = "/v1/rooms/pending", tag = "rooms", operation_id = "rooms.see-pending",
    responses((status = 200, description = "The rooms.", body = api::PendingRooms),
        (status = "default", description = "Refused.", body = Problem)))]
pub(super) async fn handle(Visitor { desk, caller }: Visitor) -> Result<Json<api::PendingRooms>, Refusal> {
    const SELECT: &str =
        "SELECT p.room, p.handle FROM rooms_pending p JOIN rooms_devices d ON d.room = p.room
        WHERE d.device = $1 AND d.removed IS NULL ORDER BY p.room, p.handle";
    let permit = desk.permit::<SeePending>(Organisation)?;
    let rows = desk.look(&permit).rows(SELECT, values![caller.device.0]).await?;
    let one = |row: &chancery_floor::store::Row| -> Result<api::PendingRoom, StoreError> {
        Ok(api::PendingRoom { room: RoomId(row.fixed(0)?), handle: row.parsed(1)? })
    };
    Ok(Json(api::PendingRooms { pending: rows.iter().map(one).collect::<Result<_, _>>()? }))
}

/// Marks the rooms that these devices of an account are in, and those that it is away from; answers which those are.
pub(crate) async fn pend(desk: &Desk, handle: &Handle, devices: &[DeviceId]) -> Result<Vec<RoomId>, Refusal> {
    let permit = desk.permit::<Pend>(Organisation)?;
    let mut work = desk.begin(permit).await?;
    let at = work.at();
    let rooms = mark(&mut work.tx, handle, devices, at).await?;
    if !rooms.is_empty() {
        work.commit(&Pending { handle: handle.clone(), rooms: rooms.clone() }).await?;
    }
    Ok(rooms)
}

/// The same, as part of what has made them pending.
pub(crate) async fn mark(
    tx: &mut Tx,
    handle: &Handle,
    devices: &[DeviceId],
    at: Instant,
) -> Result<Vec<RoomId>, StoreError> {
    const INSERT: &str =
        "INSERT INTO rooms_pending (room, handle, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    let rooms = rooms_of(tx, handle, devices).await?;
    for room in &rooms {
        tx.execute(INSERT, values![room.0, handle.as_str(), at.0]).await?;
    }
    tx.announce(Notice::Look(rooms.clone()));
    Ok(rooms)
}

/// The rooms that an account is in with one of these devices, or is away from.
pub(crate) async fn rooms_of(
    from: &mut impl Read,
    handle: &Handle,
    devices: &[DeviceId],
) -> Result<Vec<RoomId>, StoreError> {
    const ROOMS: &str =
        "SELECT DISTINCT room FROM rooms_devices WHERE device = $1 AND removed IS NULL ORDER BY room";
    const AWAY: &str = "SELECT room FROM rooms_away WHERE handle = $1 ORDER BY room";
    let mut rooms: Vec<RoomId> = Vec::new();
    for device in devices {
        for row in from.rows(ROOMS, values![device.0]).await? {
            rooms.push(RoomId(row.fixed(0)?));
        }
    }
    for row in from.rows(AWAY, values![handle.as_str()]).await? {
        rooms.push(RoomId(row.fixed(0)?));
    }
    rooms.sort_unstable_by_key(|room| room.0);
    rooms.dedup();
    Ok(rooms)
}

/// No room is pending because of an account any more: what is amiss, its chain says anew.
pub(crate) async fn unmark(tx: &mut Tx, handle: &Handle) -> Result<(), StoreError> {
    tx.execute("DELETE FROM rooms_pending WHERE handle = $1", values![handle.as_str()]).await?;
    Ok(())
}

/// Whether a device is in a room.
pub(crate) async fn is_in(from: &mut impl Read, room: RoomId, device: DeviceId) -> Result<bool, StoreError> {
    const SELECT: &str = "SELECT 1 FROM rooms_devices WHERE room = $1 AND device = $2 AND removed IS NULL";
    Ok(from.row(SELECT, values![room.0, device.0]).await?.is_some())
}

/// The rooms that are pending because of an account.
pub(crate) async fn pending_of(from: &mut impl Read, handle: &Handle) -> Result<Vec<RoomId>, StoreError> {
    const SELECT: &str = "SELECT room FROM rooms_pending WHERE handle = $1 ORDER BY room";
    from.rows(SELECT, values![handle.as_str()]).await?.iter().map(|row| row.fixed(0).map(RoomId)).collect()
}

/// The accounts because of which a room is pending.
pub(crate) async fn pending(from: &mut impl Read, room: RoomId) -> Result<Vec<Handle>, StoreError> {
    const SELECT: &str = "SELECT handle FROM rooms_pending WHERE room = $1 ORDER BY handle";
    from.rows(SELECT, values![room.0]).await?.iter().map(|row| row.parsed(0)).collect()
}

/// These accounts are in a room without any device from now on, and no others.
pub(crate) async fn keep_away(tx: &mut Tx, room: RoomId, handles: &[Handle]) -> Result<(), StoreError> {
    const INSERT: &str = "INSERT INTO rooms_away (room, handle) VALUES ($1, $2)";
    tx.execute("DELETE FROM rooms_away WHERE room = $1", values![room.0]).await?;
    for handle in handles {
        tx.execute(INSERT, values![room.0, handle.as_str()]).await?;
    }
    Ok(())
}

/// A commit has taken leaves of these accounts in or out of a room.
pub(crate) async fn settle(tx: &mut Tx, room: RoomId, handles: &[Handle]) -> Result<(), StoreError> {
    const DELETE: &str = "DELETE FROM rooms_pending WHERE room = $1 AND handle = $2";
    for handle in handles {
        tx.execute(DELETE, values![room.0, handle.as_str()]).await?;
    }
    Ok(())
}
