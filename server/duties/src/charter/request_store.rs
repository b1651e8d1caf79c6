//! The SQL of requests that wait for another person.

use chancery_floor::{
    store::{Read, Row, StoreError, Tx},
    values,
};
use chancery_transparency::Act;
use chancery_wire::{
    ids::{DeviceId, Digest, RequestId, SessionId},
    names::Handle,
    time::Instant,
};

/// A request that waits for another person, as it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Waiting {
    pub id: RequestId,
    pub asked: Instant,
    pub handle: Handle,
    pub device: DeviceId,
    pub session: SessionId,
    /// From which zone it came; empty where from none.
    pub zone: String,
    /// The act that it asked to be permitted, as policy calls it.
    pub act: String,
    pub method: String,
    pub path: String,
    pub body: Vec<u8>,
}

impl Waiting {
    /// What is done by it: this request, of this device.
    pub(super) fn act_of(&self) -> Act<'_> {
        Act::new(self.device, (&self.method, &self.path), &self.body)
    }

    /// What whoever agrees signs: that, under this name.
    pub(crate) fn digest(&self) -> Digest {
        self.act_of().challenge(self.id.0)
    }
}

fn waiting(row: &Row) -> Result<Waiting, StoreError> {
    Ok(Waiting {
        id: RequestId(row.fixed(0)?),
        asked: Instant(row.integer(1)?),
        handle: row.parsed(2)?,
        device: DeviceId(row.fixed(3)?),
        session: SessionId(row.fixed(4)?),
        zone: row.text(5)?,
        act: row.text(6)?,
        method: row.text(7)?,
        path: row.text(8)?,
        body: row.bytes(9)?,
    })
}

/// Keeps a request.
pub(super) async fn keep(tx: &mut Tx, it: &Waiting) -> Result<(), StoreError> {
    const INSERT: &str = "INSERT INTO charter_requests
        (id, asked, handle, device, session, zone, act, method, path, body)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let who = values![it.id.0, it.asked.0, it.handle.as_str(), it.device.0, it.session.0, it.zone.as_str()];
    let what = values![it.act.as_str(), it.method.as_str(), it.path.as_str(), it.body.clone()];
    tx.execute(INSERT, [who, what].concat()).await.map(drop)
}

/// The requests since that time, the oldest first.
pub(super) async fn since(from: &mut impl Read, since: Instant) -> Result<Vec<Waiting>, StoreError> {
    const SELECT: &str = "SELECT id, asked, handle, device, session, zone, act, method, path, body
        FROM charter_requests WHERE asked >= $1 ORDER BY asked, id";
    from.rows(SELECT, values![since.0]).await?.iter().map(waiting).collect()
}

/// A request.
pub(super) async fn find(from: &mut impl Read, id: RequestId) -> Result<Option<Waiting>, StoreError> {
    const SELECT: &str = "SELECT id, asked, handle, device, session, zone, act, method, path, body
        FROM charter_requests WHERE id = $1";
    from.row(SELECT, values![id.0]).await?.as_ref().map(waiting).transpose()
}

/// Takes a request away; `false` where somebody else has.
pub(super) async fn take(tx: &mut Tx, id: RequestId) -> Result<bool, StoreError> {
    Ok(tx.execute("DELETE FROM charter_requests WHERE id = $1", values![id.0]).await? == 1)
}

/// Deletes requests from before that time, to which nobody has agreed.
pub(super) async fn forget(tx: &mut Tx, before: Instant) -> Result<(), StoreError> {
    tx.execute("DELETE FROM charter_requests WHERE asked < $1", values![before.0]).await.map(drop)
}
